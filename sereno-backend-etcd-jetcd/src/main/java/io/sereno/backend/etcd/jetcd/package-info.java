/**
 * Sereno on etcd for applications with jetcd: {@link io.sereno.backend.etcd.jetcd.JetcdBridge} uses the connections of a jetcd client,
 * {@link io.sereno.backend.etcd.jetcd.JetcdBackends} opens connections of its own from the settings of a builder. The backend above them is that
 * of sereno-backend-etcd.
 */
@NullMarked
package io.sereno.backend.etcd.jetcd;

import org.jspecify.annotations.NullMarked;
