@NullMarked
package io.sereno.backend.etcd.jetcd;

import org.jspecify.annotations.NullMarked;
