@NullMarked
package io.sereno.backend.etcd;

import org.jspecify.annotations.NullMarked;
