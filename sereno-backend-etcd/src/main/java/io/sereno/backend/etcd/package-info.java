/**
 * The backend for etcd: {@code etcd://host:port[,host:port...]/namespace}, and {@code etcds:} for TLS.
 *
 * <p>Applications name it by URI and see none of its classes. From top to bottom: {@code EtcdBackend} is the five methods;
 * {@code Keys} and {@code Transactions} say how entries and commits look in etcd, {@code EtcdLimits} how large they may
 * be; {@code Calls} sends a request and knows how it ended, {@code Links} is the connection and the fail-over,
 * {@code Tokens} the log-in, {@code Failures} what an error means; {@code Watches} and {@code WatchStream}
 * are the way of a notice.
 */
@NullMarked
package io.sereno.backend.etcd;

import org.jspecify.annotations.NullMarked;
