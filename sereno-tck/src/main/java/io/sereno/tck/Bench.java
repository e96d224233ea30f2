package io.sereno.tck;

import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Guarantees;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One run of one rule: its clients, its namespace, its time, and what it has seen so far. Everything that was opened here is
 * closed with it.
 */
final class Bench implements AutoCloseable {
    /** The steps that a failure shows. */
    private static final int REMEMBERED = 30;

    private static final Duration LONG_STALL = Duration.ofMillis(250);
    private static final Duration FAULTY_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration CLOSING = Duration.ofSeconds(10);
    private static final Duration FAULTY_CONNECT = Duration.ofSeconds(5);

    private final Kit kit;
    private final String namespace;
    private final long began;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Deque<String> steps = new ArrayDeque<>();
    private final Map<String, Long> evidence = new LinkedHashMap<>();
    private final RandomGenerator random;
    private final Doubts doubts = new Doubts(this);
    private @Nullable Client judge;
    private boolean simulated;
    private int clients;

    Bench(Kit kit, String namespace, long seed) {
        this.kit = kit;
        this.namespace = namespace;
        this.random = new java.util.SplittableRandom(seed);
        this.began = kit.pace().time().nanoTime();
    }

    // ---- clients

    /** A new client, independent of all others, in the namespace of this run. */
    Client client() {
        return client(config -> config);
    }

    /** A new client with another configuration than usual. */
    Client client(UnaryOperator<KitConfig> change) {
        return closeLater(new Client(this, nextName("c"), connect(change), false));
    }

    private String nextName(String prefix) {
        synchronized (opened) {
            return prefix + ++clients;
        }
    }

    /** A client whose way to the store can be broken, with an operation timeout of a second. */
    Faulty faulty() {
        if (kit.fixture().inProcess()) {
            return decorated();
        }
        String name = nextName("f");
        ProxyFaults faults = closeLater(proxies());
        Client client = closeLater(new Client(
                this,
                name,
                connect(config ->
                        config.withEndpoints(faults.endpoints()).withTimeouts(FAULTY_CONNECT, FAULTY_TIMEOUT)),
                true));
        if (faults.accepted() == 0 || faults.sent() == 0) {
            throw unverified("the client does not go through the proxy: the fixture has to use the endpoints of the"
                    + " configuration");
        }
        return new Faulty(this, client, faults, FAULTY_TIMEOUT);
    }

    /** The same, broken by a decorator: the recipes above cannot tell that from a network. */
    Faulty decorated() {
        simulated();
        Backend store = connect(config -> config.withTimeouts(FAULTY_CONNECT, FAULTY_TIMEOUT));
        FaultyBackend backend = new FaultyBackend(doubts.witness(store), time(), kit.crew());
        Client client = closeLater(new Client(this, nextName("f"), above(backend), true));
        return new Faulty(this, client, closeLater(new SimulatedFaults(backend, FAULTY_TIMEOUT)), FAULTY_TIMEOUT);
    }

    /** With what a client library has on its own side of the network that the kit makes up. */
    Backend above(Backend network) {
        return kit.fixture() instanceof AboveTheNetwork library ? library.above(network, kit.crew()) : network;
    }

    /** Proxies before all servers, without a client yet. */
    ProxyFaults proxies() {
        if (kit.endpoints().isEmpty()) {
            throw unverified("the fixture gives no endpoints, so nothing can be put between a client and the store");
        }
        return new ProxyFaults(kit.endpoints());
    }

    boolean inProcess() {
        return kit.fixture().inProcess();
    }

    /** What can be done to the servers. */
    ServerControl server(ServerControl.Ability ability) {
        return kit.fixture()
                .server()
                .filter(server -> server.abilities().contains(ability))
                .orElseThrow(() -> unverified("the fixture cannot "
                        + ability.name().toLowerCase(Locale.ROOT) + " its servers; see BackendFixture.server()"));
    }

    /** A backend as the fixture opens it, closed by the caller; {@link #client} is for everybody else. */
    Backend connect(UnaryOperator<KitConfig> change) {
        try {
            return kit.fixture().connect(change.apply(kit.config(namespace)));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("the fixture cannot connect: " + e.getMessage(), e);
        }
    }

    /** A client that is there from the first call on and looks on from outside; never given faults. */
    Client judge() {
        if (judge == null) {
            judge = client();
        }
        return judge;
    }

    Guarantees guarantees() {
        return judge().guarantees();
    }

    boolean hasJudge() {
        return judge != null;
    }

    String namespace() {
        return namespace;
    }

    Kit kit() {
        return kit;
    }

    /** What is done about commits in doubt. */
    Doubts doubts() {
        return doubts;
    }

    RandomGenerator random() {
        return random;
    }

    /** Closes it with this run, before what was opened earlier. */
    <T extends AutoCloseable> T closeLater(T resource) {
        synchronized (opened) {
            opened.add(resource);
        }
        return resource;
    }

    // ---- time

    TimeSource time() {
        return kit.pace().time();
    }

    long now() {
        return time().nanoTime();
    }

    Duration since(long nanoTime) {
        return Duration.ofNanos(now() - nanoTime);
    }

    /** Lets time pass. */
    void pass(Duration duration) {
        try {
            kit.pace().pass(duration);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Waits until the condition holds; answers whether it did in time. */
    boolean reach(BooleanSupplier condition, Duration atMost) {
        try {
            return kit.pace().reach(condition, atMost.plus(kit.pace().isReal() ? atMost : Duration.ZERO));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** How long anything may take that is not measured by its rule: the operation timeout, and then some. */
    Duration patience() {
        return kit.operationTimeout().plus(Duration.ofSeconds(kit.pace().isReal() ? 3 : 1));
    }

    /** How long to wait for a notice, and for what hangs on one. */
    Duration noticePatience() {
        return afterNotice(patience());
    }

    /** A bound on what begins with a notice: the notice may be as late as the backend declares. */
    Duration afterNotice(Duration bound) {
        return bound.plus(guarantees().noticeLateness());
    }

    /** Wakes those who wait for a condition. */
    void stir() {
        kit.crew().stir();
    }

    /** Waits for the end of a stage. */
    <T> Ended<T> end(CompletionStage<T> stage, Duration atMost) {
        CompletableFuture<Ended<T>> ended = new CompletableFuture<>();
        stage.whenComplete((result, failure) -> {
            ended.complete(Ended.with(result, failure));
            stir();
        });
        return reach(ended::isDone, atMost) ? ended.join() : Ended.open();
    }

    /** Runs something beside the rule; with manual time, time stands while it is busy. */
    <T> CompletableFuture<T> async(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        kit.crew().execute(() -> {
            try {
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
            stir();
        });
        return result;
    }

    /** Closes a client in another thread, for the case that this does not come back. */
    CompletableFuture<?> closing(Client client) {
        return async(() -> kit.crew().waiting(() -> {
            client.close();
            return true;
        }));
    }

    /** Makes a call in a callback that is to return at once: if it waits, nobody is to think that this thread is at work. */
    void inCallback(Runnable call) {
        try {
            kit.crew().waiting(() -> {
                call.run();
                return true;
            });
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for all of them and throws what the first of them threw. */
    void join(List<? extends CompletableFuture<?>> works, Duration atMost) {
        if (!reach(() -> works.stream().allMatch(CompletableFuture::isDone), atMost)) {
            throw new RuleFailure(works.stream().filter(work -> !work.isDone()).count() + " of " + works.size()
                    + " threads have not come back after " + text(atMost));
        }
        for (CompletableFuture<?> work : works) {
            Ended<?> ended = end(work, atMost);
            if (ended.thrown() instanceof RuntimeException e) {
                throw e;
            } else if (ended.thrown() instanceof Error e) {
                throw e;
            } else if (ended.thrown() != null) {
                throw new IllegalStateException(ended.thrown());
            }
        }
    }

    /** A gate at which listeners block until it is opened; it is opened with the end of this run at the latest. */
    Gate gate() {
        return closeLater(new Gate(kit.crew()));
    }

    // ---- helpers of several groups

    /** Puts all of these names with one value, in as few commits as every backend takes. */
    void fill(Client client, String directory, List<String> names, Bytes value) {
        int perCommit = Math.max(1, Math.min(32, 120 * 1024 / (value.size() + 512)));
        for (int from = 0; from < names.size(); from += perCommit) {
            Commit.Builder commit = Commit.to(directory);
            names.subList(from, Math.min(names.size(), from + perCommit)).forEach(name -> commit.put(name, value));
            client.committed(commit.build());
        }
    }

    /** A ttl that does not end during a test. */
    Duration longTtl() {
        return ttl(Duration.ofSeconds(60));
    }

    /** The ttl nearest to this one that the store gives. */
    Duration ttl(Duration wanted) {
        Guarantees guarantees = guarantees();
        Duration least = guarantees.leastTtl().compareTo(wanted) > 0 ? guarantees.leastTtl() : wanted;
        return least.compareTo(guarantees.greatestTtl()) > 0 ? guarantees.greatestTtl() : least;
    }

    /** The shortest ttl that the store gives, but not shorter than a second, so that rounds of messages fit into it. */
    Duration shortTtl() {
        return ttl(Duration.ofSeconds(1));
    }

    // ---- what is seen

    /** States what has to be so. */
    void verify(boolean holds, Supplier<String> seen) {
        if (!holds) {
            throw new RuleFailure(seen.get());
        }
        verified();
    }

    /** Counts one thing that held. */
    void verified() {
        count("checks", 1);
    }

    /** States that two are equal. */
    void same(String what, @Nullable Object expected, @Nullable Object seen) {
        verify(
                expected == null ? seen == null : expected.equals(seen),
                () -> what + " is " + seen + ", and has to be " + expected);
    }

    /**
     * States that something ended in time. The bound is widened by how long this machine stood still meanwhile; when that is
     * long, nothing is said.
     */
    void within(Duration bound, long sinceNanoTime, String what) {
        Duration took = since(sinceNanoTime);
        Duration stalled = kit.stalledSince(sinceNanoTime);
        if (took.compareTo(bound.plus(stalled.multipliedBy(2))) > 0) {
            unlessStoodStill(sinceNanoTime, what + " took " + text(took) + " of at most " + text(bound));
            throw new RuleFailure(what + " took " + text(took) + "; at most " + text(bound) + " is allowed");
        }
        verified();
    }

    /**
     * To ask before something amiss is held against the store, where time may be the reason: when this machine stood still for
     * long since then, nothing is said.
     */
    void unlessStoodStill(long sinceNanoTime, String amiss) {
        Duration stalled = kit.stalledSince(sinceNanoTime);
        if (stalled.compareTo(LONG_STALL) > 0) {
            throw unknown(amiss + ", while this machine stood still for " + text(stalled));
        }
    }

    /** Adds to the evidence. */
    void count(String what, long number) {
        synchronized (evidence) {
            evidence.merge(what, number, Long::sum);
        }
    }

    /**
     * Adds to the evidence, and says how much of it there has to be for a verdict. Too little beside a long standstill may be
     * that one's work.
     */
    void evidence(String what, long number, long atLeast) {
        count(what, number);
        if (number < atLeast) {
            String why = what + ": " + number + " seen, at least " + atLeast + " needed";
            unlessStoodStill(began, why);
            throw vacuous(why);
        }
    }

    Map<String, Long> evidence() {
        synchronized (evidence) {
            return Collections.unmodifiableMap(new LinkedHashMap<>(evidence));
        }
    }

    /** The verdict is to be PASS (simulated) at best. */
    void simulated() {
        simulated = true;
    }

    boolean isSimulated() {
        return simulated;
    }

    /** To throw when the fixture lacks what the rule needs. */
    Inconclusive unverified(String why) {
        return new Inconclusive(Verdict.UNVERIFIED, why);
    }

    /** To throw when the rule does not concern this store. */
    Inconclusive untested(String why) {
        return new Inconclusive(Verdict.UNTESTED, why);
    }

    /** To throw when nothing can be said. */
    Inconclusive unknown(String why) {
        return new Inconclusive(Verdict.UNKNOWN, why);
    }

    /** To throw when too little was seen. */
    Inconclusive vacuous(String why) {
        return new Inconclusive(Verdict.VACUOUS, why);
    }

    /** What several rules of one run of the kit look at; made by the first that asks. */
    <T> T shared(Class<T> type, Supplier<T> make) {
        return kit.shared(type, make);
    }

    /** Writes a step down, to be shown with a failure. */
    void note(long from, String what) {
        String step = String.format(
                Locale.ROOT,
                "%+10.1f ms  %s",
                (from - began) / 1e6,
                what.length() > 400 ? what.substring(0, 400) + " ..." : what);
        synchronized (steps) {
            steps.addLast(step);
            if (steps.size() > REMEMBERED) {
                steps.removeFirst();
            }
        }
    }

    List<String> steps() {
        synchronized (steps) {
            return List.copyOf(steps);
        }
    }

    static String text(Duration duration) {
        return duration.toMillis() < 10_000
                ? String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6)
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }

    static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while a rule was being tried", e);
    }

    @Override
    public void close() {
        List<AutoCloseable> last;
        synchronized (opened) {
            last = new ArrayList<>(opened);
            opened.clear();
        }
        Collections.reverse(last);
        RuntimeException failed = null;
        for (AutoCloseable resource : last) {
            try {
                close(resource);
            } catch (Exception e) {
                if (failed == null) {
                    failed = new IllegalStateException("closing " + resource + " failed: " + e, e);
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** A client that does not come back is left behind: it is not to keep the whole run from ending. */
    private void close(AutoCloseable resource) throws Exception {
        if (!(resource instanceof Client client)) {
            resource.close();
            return;
        }
        CompletableFuture<?> closed = closing(client);
        if (!reach(closed::isDone, CLOSING)) {
            throw new IllegalStateException("close() has not returned after " + text(CLOSING));
        }
        Throwable thrown = end(closed, CLOSING).thrown();
        if (thrown != null) {
            throw new IllegalStateException(thrown);
        }
    }
}
