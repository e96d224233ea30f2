package io.sereno.tck;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Gives the kit access to a backend. Only {@link #connect} is abstract, so a lambda is enough; each other method lets the
 * kit try more rules. Facts about the backend are not repeated here: the kit takes them from {@code Backend.guarantees()},
 * and checks whether they are true.
 *
 * <p>One fixture serves one run of the kit. Several threads may call its methods.
 */
@FunctionalInterface
public interface BackendFixture extends AutoCloseable {
    /**
     * Opens a new connection, independent of all others, as a separate process would. Use what the configuration says, as
     * in production: addresses (they may be those of a fault proxy), namespace, timeouts, clock and executor.
     *
     * @param config the configuration to connect with
     * @return a backend, which the kit closes
     * @throws Exception if it cannot be opened
     */
    Backend connect(BackendConfig config) throws Exception;

    /**
     * The scheme for the configuration.
     *
     * @return such as {@code etcd}
     */
    default String scheme() {
        return "tck";
    }

    /**
     * The parameters for the configuration.
     *
     * @return values by name
     */
    default Map<String, String> parameters() {
        return Map.of();
    }

    /**
     * The addresses of the servers. If given, a proxy between client and server makes the faults. Called once, before the
     * first connection; a fixture that starts servers may do so here.
     *
     * @return addresses; empty leaves the rules with faults UNVERIFIED, unless {@link #inProcess()}
     */
    default List<InetSocketAddress> endpoints() {
        return List.of();
    }

    /**
     * Whether the store is inside this process, without a network that could fail. A decorator then makes the faults, and
     * the verdict of rules with faults is {@code PASS (simulated)}.
     *
     * @return false unless the backend has no network by its nature
     */
    default boolean inProcess() {
        return false;
    }

    /**
     * How many keys, nodes or rows the store has below a namespace, counted by its own tools. Count everything that a
     * directory in use needs, and nothing that the store keeps once for the whole namespace.
     *
     * @param namespace as in a configuration
     * @return the number; empty leaves the rule about what emptied directories leave behind UNVERIFIED, unless {@link
     *     #inProcess()}
     */
    default OptionalLong stored(String namespace) {
        return OptionalLong.empty();
    }

    /**
     * What can be done to the servers.
     *
     * @return the control; empty leaves the rules about frozen and restarted servers UNVERIFIED
     */
    default Optional<ServerControl> server() {
        return Optional.empty();
    }

    /**
     * The clock of the <em>store</em>, if it can be set by hand: then no rule waits.
     *
     * @return the clock by which leases expire; every configuration contains it too
     */
    default Optional<ManualTime> clock() {
        return Optional.empty();
    }

    /**
     * The rules that are known to be broken.
     *
     * @return waivers, at most one for each rule
     */
    default List<Waiver> waivers() {
        return List.of();
    }

    /** Called when the run is over. A fixture that started servers stops them here. */
    @Override
    default void close() {}
}
