/**
 * The backend for etcd: {@code etcd://host:port[,host:port...]/namespace}, and {@code etcds:} for TLS.
 *
 * <p>Applications name it by URI and see none of its classes. From top to bottom: {@code EtcdBackend} has the methods
 * of the SPI; {@code Keys} and {@code Transactions} define how entries and commits are stored in etcd,
 * {@code EtcdLimits} how large they may be; {@code Calls} sends a request and reports its outcome, {@code Links} is the
 * connection and the fail-over, {@code Tokens} the log-in, {@code Failures} the meaning of errors; {@code Watches} and
 * {@code WatchStream} deliver notices.
 */
@NullMarked
package io.sereno.backend.etcd;

import org.jspecify.annotations.NullMarked;
