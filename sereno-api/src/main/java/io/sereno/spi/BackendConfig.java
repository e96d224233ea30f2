package io.sereno.spi;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The configuration of a backend: made from a URI and the builder of the application, or by the compatibility kit with
 * the addresses of its fault proxy. Checked as far as possible without knowing the store.
 *
 * <p>Implementations are immutable and are safe for use by multiple threads. Their {@code toString()} shows no
 * password.
 */
public interface BackendConfig {
    /**
     * The scheme of the URI, one of {@link BackendProvider#schemes()}.
     *
     * @return for instance {@code etcd}
     */
    String scheme();

    /**
     * The addresses of the servers, with ports.
     *
     * @return the addresses, unresolved, in the order given; empty for a store that has none
     */
    List<InetSocketAddress> endpoints();

    /**
     * The namespace in which to keep everything. Two namespaces share nothing (NAM-2b, NAM-2c).
     *
     * @return any well-formed Unicode without U+0000, of 64 bytes of UTF-8 at most; empty is a namespace of its own
     */
    String namespace();

    /**
     * The parameters of the URI that are left for the backend. The backend refuses those that it does not know (CFG-1).
     *
     * @return values by name
     */
    Map<String, String> parameters();

    /**
     * The user to connect as.
     *
     * @return the user, if one was given
     */
    Optional<String> user();

    /**
     * The current password. A backend calls this at each login, since the password may change, and keeps no copy. The
     * method calls the application, so a backend never calls it under a lock.
     *
     * @return a copy, which the backend overwrites after use
     * @throws BackendException if the application has no password at the moment; the login may be retried
     */
    Optional<char[]> password();

    /**
     * The certificate authorities to trust.
     *
     * @return a PEM file of certificates of authorities; empty for those of the JVM
     */
    Optional<Path> trust();

    /**
     * The certificates by which the client identifies itself.
     *
     * @return a PEM file of the certificate chain, if one was given; then {@link #privateKey()} is given too
     */
    Optional<Path> certificates();

    /**
     * The key that belongs to {@link #certificates()}.
     *
     * @return a PEM file of a PKCS #8 key, if one was given
     */
    Optional<Path> privateKey();

    /**
     * How long {@link BackendProvider#open} may take (LIF-5).
     *
     * @return more than zero
     */
    Duration connectTimeout();

    /**
     * How long one request may take (LIF-6b).
     *
     * @return more than zero
     */
    Duration operationTimeout();

    /**
     * The only clock that the backend uses (CFG-2).
     *
     * @return never shut down by the backend
     */
    TimeSource time();

    /**
     * Runs listeners (CFG-3). It may run them in the thread that calls it, so a backend never calls it under a lock.
     *
     * @return never shut down by the backend
     */
    Executor executor();
}
