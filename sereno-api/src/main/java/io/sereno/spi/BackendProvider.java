package io.sereno.spi;

import java.util.Optional;
import java.util.Set;

/**
 * Opens backends for one kind of store. The jar that contains it registers it with {@link java.util.ServiceLoader}, so
 * that it is found by the scheme of a URI.
 *
 * <p>Implementations have a public constructor without arguments that does no I/O, and are safe for use by multiple
 * threads.
 */
public interface BackendProvider {
    /**
     * The schemes of URIs that this provider opens. Two providers for one scheme are a class path error.
     *
     * @return at least one, in lower case
     */
    Set<String> schemes();

    /**
     * The default address of the store, with the port that is used if a URI gives none.
     *
     * @return a URI without namespace, such as {@code etcd://127.0.0.1:2379}; empty for a store that is never chosen by
     *     default, like the one in memory
     */
    Optional<String> defaultUri();

    /**
     * The parameter that the path of a URI stands for, for a store in whose URIs a path usually names something else than a
     * namespace, such as a database. The namespace is then given by the parameter {@code namespace}, as in
     * {@code postgresql://host:5432/app?namespace=billing}.
     *
     * @return the name of a parameter, which {@link BackendConfig#parameters()} has if there is a path; empty, unless
     *     overridden: the path is the namespace
     */
    default Optional<String> pathParameter() {
        return Optional.empty();
    }

    /**
     * Connects. Blocks until the store has answered, at most {@link BackendConfig#connectTimeout()} (LIF-5).
     *
     * @param config the configuration; unknown parameters are refused before any I/O (CFG-1)
     * @return a new backend, independent of all others
     * @throws IllegalArgumentException if a parameter is unknown, its value is not accepted, or the class path has client
     *     libraries that the backend does not work with; the message names it and says what is accepted
     * @throws BackendException not applied. Not permanent if waiting may help: nothing listens, the host is not known,
     *     the server is frozen or has no quorum, or the thread was interrupted (its interrupt flag is set then).
     *     Permanent if somebody has to change something: user, password or certificate, TLS on one side only, another
     *     protocol, or a layout of the namespace that this backend does not know. {@link PortProbe} detects some of
     *     these
     */
    Backend open(BackendConfig config);
}
