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
 * How the kit gets at a backend. Only {@link #connect} is abstract, so that a lambda will do; each of the others lets more
 * rules be tried. Facts about the backend are not repeated here: the kit takes them from {@code Backend.guarantees()}, and
 * tries whether they are true.
 *
 * <p>One fixture serves one run of the kit. Methods may be called by several threads.
 */
@FunctionalInterface
public interface BackendFixture extends AutoCloseable {
    /**
     * Opens a new connection, independent of all others, as a process of its own would. Use what the configuration says, as
     * in production: addresses (they may be those of a fault proxy), namespace, timeouts, clock and executor.
     *
     * @param config what to connect with
     * @return a backend, which the kit closes
     * @throws Exception if it cannot be opened
     */
    Backend connect(BackendConfig config) throws Exception;

    /**
     * The scheme that the configuration is to have.
     *
     * @return such as {@code etcd}
     */
    default String scheme() {
        return "tck";
    }

    /**
     * The parameters that the configuration is to have.
     *
     * @return values by name
     */
    default Map<String, String> parameters() {
        return Map.of();
    }

    /**
     * Where the servers are. With them, faults are made by a proxy between client and server. Called once, before the first
     * connection; a fixture that starts servers may do so here.
     *
     * @return addresses; empty leaves the rules with faults UNVERIFIED, unless {@link #inProcess()}
     */
    default List<InetSocketAddress> endpoints() {
        return List.of();
    }

    /**
     * Whether the store is inside this process, with no network that could break. Rules with faults are then tried over a
     * decorator, and their verdict is {@code PASS (simulated)}.
     *
     * @return false unless the backend has no network by its nature
     */
    default boolean inProcess() {
        return false;
    }

    /**
     * How many keys, nodes or rows the store has below a namespace, by its own tools: whatever a directory that is in use
     * needs, and nothing that the store keeps once for the whole namespace.
     *
     * @param namespace as in a configuration
     * @return empty leaves the rule about what emptied directories leave behind UNVERIFIED, unless {@link #inProcess()}
     */
    default OptionalLong stored(String namespace) {
        return OptionalLong.empty();
    }

    /**
     * What can be done to the servers.
     *
     * @return empty leaves the rules about frozen and restarted servers UNVERIFIED
     */
    default Optional<ServerControl> server() {
        return Optional.empty();
    }

    /**
     * The clock of the <em>store</em>, if it can be turned by hand: then no rule waits.
     *
     * @return the clock by which leases end; it is also the one in every configuration
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

    /** Called when the run is over; a fixture that started servers ends them here. */
    @Override
    default void close() {}
}
