package io.sereno.tck.recipes;

import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.TimeSource;
import io.sereno.tck.faults.Faults;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.UnknownPreparation;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Stands for one process of an application: the recipes on a connection of its own, which a test may disturb. */
public final class Node implements AutoCloseable {
    private static final Duration STEADY = Duration.ofSeconds(20);
    private static final Duration BRIEF = Duration.ofSeconds(2);

    private final Bench bench;
    private final String name;
    private final Backend backend;
    private final Sereno sereno;
    private final @Nullable Faulty faulty;
    private final @Nullable FaultyBackend script;

    private Node(
            Bench bench,
            String name,
            Backend backend,
            Duration ttl,
            Duration timeout,
            @Nullable Faulty faulty,
            @Nullable FaultyBackend script,
            TimeSource time) {
        this.bench = bench;
        this.name = name;
        this.backend = backend;
        this.faulty = faulty;
        this.script = script;
        this.sereno = bench.kit()
                .recipes()
                .over(
                        backend,
                        builder -> builder.sessionTtl(ttl)
                                .operationTimeout(timeout)
                                .nodeId(name)
                                .timeSource(time)
                                .executor(bench.kit().crew()));
    }

    /** A node without faults. */
    public static Node in(Bench bench) {
        return in(bench, steady(bench));
    }

    public static Node in(Bench bench, Duration ttl) {
        return in(bench, ttl, backend -> backend);
    }

    /** With a layer of the kit between recipes and backend. */
    public static Node in(Bench bench, Duration ttl, UnaryOperator<Backend> around) {
        Client client = bench.client();
        return over(bench, client.toString(), around.apply(client.witnessed()), ttl);
    }

    /** With a clock of its own. */
    public static Node at(Bench bench, TimeSource time) {
        Client client = bench.client();
        return bench.closeLater(new Node(
                bench,
                client.toString(),
                client.witnessed(),
                steady(bench),
                bench.kit().operationTimeout(),
                null,
                null,
                time));
    }

    /** Another node over an open backend. */
    public static Node over(Bench bench, String name, Backend backend, Duration ttl) {
        return bench.closeLater(
                new Node(bench, name, backend, ttl, bench.kit().operationTimeout(), null, null, bench.time()));
    }

    /**
     * A node whose connection to the store can be broken: by a proxy where the fixture names the servers, otherwise by
     * a decorator. So the rules of the recipes are tested on every backend.
     */
    public static Node breakable(Bench bench, Duration ttl) {
        return breakable(bench, ttl, backend -> backend);
    }

    public static Node breakable(Bench bench, Duration ttl, UnaryOperator<Backend> around) {
        Faulty faulty = bench.kit().endpoints().isEmpty() ? bench.decorated() : bench.faulty();
        return bench.closeLater(new Node(
                bench,
                faulty.client().toString(),
                around.apply(faulty.client().backend()),
                ttl,
                faulty.timeout(),
                faulty,
                null,
                bench.time()));
    }

    /** A node with a decorator that sets the fate of each request; works on a store with a network too. */
    public static Node scripted(Bench bench, Duration ttl) {
        if (bench.inProcess()) {
            bench.simulated();
        }
        Client client = bench.client();
        FaultyBackend script =
                new FaultyBackend(client.witnessed(), bench.time(), bench.kit().crew());
        return bench.closeLater(new Node(
                bench, client.toString(), script, ttl, bench.kit().operationTimeout(), null, script, script.time()));
    }

    /** The ttl of a session that does not end during a test. */
    public static Duration steady(Bench bench) {
        return bench.ttl(STEADY);
    }

    /** The ttl of a session whose end a test waits for. */
    public static Duration brief(Bench bench) {
        return bench.ttl(BRIEF);
    }

    /** How much earlier than its lease a session counts itself as lost. */
    public static Duration margin(Duration ttl) {
        Duration share = ttl.dividedBy(20);
        return share.compareTo(Duration.ofMillis(50)) > 0 ? share : Duration.ofMillis(50);
    }

    /** By when everything of a dead process is gone from the store. */
    public static Duration gone(Bench bench, Duration ttl) {
        return ttl.plus(bench.guarantees().expiryLateness());
    }

    public Sereno sereno() {
        return sereno;
    }

    Backend backend() {
        return backend;
    }

    public String name() {
        return name;
    }

    public Faults faults() {
        return Optional.ofNullable(faulty)
                .orElseThrow(() -> new IllegalStateException(name + " is not breakable"))
                .faults();
    }

    public Optional<Faulty> faulty() {
        return Optional.ofNullable(faulty);
    }

    public FaultyBackend script() {
        return Optional.ofNullable(script).orElseThrow(() -> new IllegalStateException(name + " has no script"));
    }

    /** Calls a waiting method in a thread of its own. */
    public <T> Calling<T> calls(String what, Callable<T> call) {
        return Calling.of(bench, name + " " + what, call);
    }

    /** Calls a method while there is no fault. */
    public <T> T result(String what, Callable<T> call) {
        return calls(what, call).result();
    }

    /** Calls a waiting method that returns nothing in a thread of its own. */
    public Calling<Boolean> acts(String what, Act act) {
        return calls(what, () -> {
            act.run();
            return true;
        });
    }

    /** Calls a method that returns nothing while there is no fault. */
    public void run(String what, Act act) {
        acts(what, act).result();
    }

    /** A method that waits and returns nothing. */
    @FunctionalInterface
    public interface Act {
        /** Calls it. */
        void run() throws Exception;
    }

    /** Waits until its session exists, so that faults from now on meet one. */
    public Node awaitSession() {
        if (!bench.reach(() -> sereno.sessionState() == SessionState.CONNECTED, bench.patience())) {
            throw new UnknownPreparation("no session of " + name + " after " + Bench.text(bench.patience()));
        }
        return this;
    }

    @Override
    public void close() {
        if (acts("close", sereno::close).end(Duration.ofSeconds(10)).isOpen()) {
            throw new IllegalStateException("Sereno.close() of " + name + " has not returned after 10 s");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
