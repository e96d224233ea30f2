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
 * <p>One fixture serves one run of the kit. The order of calls:
 *
 * <ol>
 *   <li>{@link SerenoTck#fixture()} creates the fixture. Its constructor starts nothing: the kit creates a second fixture
 *       in a second JVM, and calls only {@link #connect} there, with the endpoints of the first.
 *   <li>{@link #clock()} and then {@link #endpoints()} are called, before the first connection.
 *   <li>The rules are tested. {@link #connect} is called by several threads at once, some hundred times in a run; the
 *       other methods at any time, also while {@link #connect} runs. They return the same facts each time.
 *   <li>{@link #close()} is called once. By then the kit has closed all backends.
 * </ol>
 *
 * <p>An exception of {@link #connect}, {@link #stored} or {@link #server()} fails the rule that is being tested; the other
 * rules are tested all the same. An exception of another method fails the run.
 */
@FunctionalInterface
public interface BackendFixture extends AutoCloseable {
    /**
     * Opens a new connection, independent of all others, as a separate process would: usually it calls
     * {@code BackendProvider.open(config)} and nothing else. Use what the configuration says, as in production: addresses
     * (they may be those of a fault proxy), namespace, parameters, user, timeouts, clock and executor. Every test has
     * namespaces of its own, which the store has not seen before and which it need not forget.
     *
     * <p>May block. Throw what the provider throws, unchanged: some rules are about it (CFG-1, LIF-5, OUT-6d). If it
     * throws, nothing may be left open, since there is nothing to close.
     *
     * @param config the configuration to connect with
     * @return a new backend, which the kit closes
     * @throws Exception if it cannot be opened
     */
    Backend connect(BackendConfig config) throws Exception;

    /**
     * The scheme for the configuration, {@link BackendConfig#scheme()}.
     *
     * @return such as {@code etcd}; {@code tck} for a provider that does not look at it
     */
    default String scheme() {
        return "tck";
    }

    /**
     * The parameters for the configuration, {@link BackendConfig#parameters()}, such as {@code dbname=test}. The test of
     * CFG-1 adds one that no backend knows.
     *
     * @return values by name; empty if the defaults are right
     */
    default Map<String, String> parameters() {
        return Map.of();
    }

    /**
     * The addresses of the servers. If given, a proxy between client and server makes the faults: the configuration then
     * has the proxy's addresses, one for each of these. The client has to connect to them and nowhere else, so servers
     * must not tell their clients other addresses. Called once, before the first connection; a fixture that starts servers
     * may do so here, and returns when they answer. A server inside this process gives its threads names that begin with
     * {@code tck-}: other threads count as those of clients, which may leave none behind (LIF-4a).
     *
     * @return addresses with ports, in the order in which a URI would name them; empty leaves the rules with faults
     *     UNVERIFIED, unless {@link #inProcess()}
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
     * How many keys, nodes or rows the store has below a namespace now, counted by its own tools and not over the backend.
     * Count everything that a directory in use needs, and nothing that the store keeps once for the whole namespace. The
     * kit compares two counts (LIF-8), so a constant number more does no harm.
     *
     * @param namespace as in a configuration; the store may have nothing of it
     * @return the number; empty leaves the rule about what emptied directories leave behind UNVERIFIED, unless {@link
     *     #inProcess()}: then the kit looks at the memory of this process
     */
    default OptionalLong stored(String namespace) {
        return OptionalLong.empty();
    }

    /**
     * What can be done to the servers. Return a control only if the servers are the fixture's own: it stops all of them.
     *
     * @return the control; empty leaves the rules about frozen and restarted servers UNVERIFIED
     */
    default Optional<ServerControl> server() {
        return Optional.empty();
    }

    /**
     * The clock of the <em>store</em>, if it can be set by hand: then no rule waits. Only for a store in this process that
     * does all its work in the threads of its callers and of the executor of the configuration: the kit advances the clock
     * when those have nothing more to do, and does not see other threads or a network.
     *
     * @return the clock by which leases expire; every configuration contains it too. Empty for a store that has time of
     *     its own: rules about time then really wait
     */
    default Optional<ManualTime> clock() {
        return Optional.empty();
    }

    /**
     * The rules that are known to be broken. A rule with a waiver is tested, and has to fail.
     *
     * @return waivers, at most one for each rule
     */
    default List<Waiver> waivers() {
        return List.of();
    }

    /**
     * Called once, when the run is over. A fixture that started servers stops them here, also servers that are paused or
     * killed: a test that failed may have left them so. An exception fails the run.
     */
    @Override
    default void close() {}
}
