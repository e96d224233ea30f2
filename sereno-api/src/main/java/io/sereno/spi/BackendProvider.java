package io.sereno.spi;

import java.util.Optional;
import java.util.Set;

/**
 * Makes the backends of one kind of store. Registered with {@link java.util.ServiceLoader} by the jar that brings it,
 * so that the scheme of a URI finds it.
 *
 * <p>Implementations have a public constructor without arguments that does no I/O, and are safe for use by multiple
 * threads.
 */
public interface BackendProvider {
    /**
     * The schemes of URIs that this provider opens. Two providers for one scheme are an error of the class path.
     *
     * @return at least one, in lower case
     */
    Set<String> schemes();

    /**
     * Where the store is when nobody says so, with the port that is used where a URI gives none.
     *
     * @return a URI without namespace, such as {@code etcd://127.0.0.1:2379}; empty for a store that is never taken
     *     unasked, like that in memory
     */
    Optional<String> defaultUri();

    /**
     * Connects. Blocks until the store has answered, at most {@link BackendConfig#connectTimeout()} (LIF-5).
     *
     * @param config with what; parameters that are unknown are refused before any I/O (CFG-1)
     * @return a backend of its own, independent of all others
     * @throws IllegalArgumentException if a parameter is unknown, its value is not accepted, or the class path has client
     *     libraries that the backend does not work with; the message names it and says what is accepted
     * @throws BackendException not applied; not permanent if waiting may help: nobody listens, the host is not known, the
     *     server is frozen or has no quorum, or the thread was interrupted, whose flag is set then; permanent if somebody
     *     has to change something: user, password or certificate, TLS on one side only, another protocol, or a layout of
     *     the namespace that this backend does not know. {@link PortProbe} finds out some of them
     */
    Backend open(BackendConfig config);
}
