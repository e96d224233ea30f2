package io.sereno.tck.run;

import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.TimeSource;
import io.sereno.tck.ServerControl;
import io.sereno.tck.Verdict;
import io.sereno.tck.faults.AboveTheNetwork;
import io.sereno.tck.faults.ProxyFaults;
import io.sereno.tck.faults.SimulatedFaults;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One run of one rule: its clients, its namespace, its time, and what it has seen so far. Closing the bench closes
 * everything that was opened here.
 */
public final class Bench implements AutoCloseable {
    /** The number of steps that a failure shows. */
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
    private final int spoilt;
    private final UnknownCommits unknownCommits = new UnknownCommits(this);
    private @Nullable Client judge;
    private boolean simulated;
    private int clients;

    public Bench(Kit kit, String namespace, long seed) {
        this(kit, namespace, seed, 0);
    }

    /**
     * Makes a bench for a repetition.
     *
     * @param spoilt how many attempts a stall has spoilt before this one
     */
    Bench(Kit kit, String namespace, long seed, int spoilt) {
        this.kit = kit;
        this.namespace = namespace;
        this.spoilt = spoilt;
        this.random = new java.util.SplittableRandom(seed);
        this.began = kit.pace().time().nanoTime();
    }

    // ---- clients

    /** A new client, independent of all others, in the namespace of this run. */
    public Client client() {
        return client(config -> config);
    }

    /** A new client with a changed configuration. */
    public Client client(UnaryOperator<KitConfig> change) {
        return closeLater(new Client(this, nextName("c"), connect(change), false));
    }

    private String nextName(String prefix) {
        synchronized (opened) {
            return prefix + ++clients;
        }
    }

    /** A client whose connection to the store can be broken, with an operation timeout of a second. */
    public Faulty faulty() {
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

    /** The same, broken by a decorator. The recipes above cannot distinguish a decorator from a network. */
    public Faulty decorated() {
        simulated();
        Backend store = connect(config -> config.withTimeouts(FAULTY_CONNECT, FAULTY_TIMEOUT));
        FaultyBackend backend = new FaultyBackend(unknownCommits.witness(store), time(), kit.crew());
        Client client = closeLater(new Client(this, nextName("f"), above(backend), true));
        return new Faulty(this, client, closeLater(new SimulatedFaults(backend, FAULTY_TIMEOUT)), FAULTY_TIMEOUT);
    }

    /** Adds what a client library has on its own side of the simulated network. */
    public Backend above(Backend network) {
        return kit.fixture() instanceof AboveTheNetwork library ? library.above(network, kit.crew()) : network;
    }

    /** Proxies before all servers, not used by any client yet. */
    public ProxyFaults proxies() {
        if (kit.endpoints().isEmpty()) {
            throw unverified(
                    "the fixture gives no endpoints, so the kit cannot put a proxy between a client and the store");
        }
        return new ProxyFaults(kit.endpoints());
    }

    public boolean inProcess() {
        return kit.fixture().inProcess();
    }

    /** The control of the servers, which has to have this ability. */
    public ServerControl server(ServerControl.Ability ability) {
        return kit.fixture()
                .server()
                .filter(server -> server.abilities().contains(ability))
                .orElseThrow(() -> unverified("the fixture cannot "
                        + ability.name().toLowerCase(Locale.ROOT) + " its servers; see BackendFixture.server()"));
    }

    /** A backend as the fixture opens it; the caller closes it. Other code uses {@link #client}. */
    public Backend connect(UnaryOperator<KitConfig> change) {
        try {
            return kit.fixture().connect(change.apply(kit.config(namespace)));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("the fixture cannot connect: " + e.getMessage(), e);
        }
    }

    /** A client that exists from the first call on and observes from outside; it never gets faults. */
    public Client judge() {
        if (judge == null) {
            judge = client();
        }
        return judge;
    }

    public Guarantees guarantees() {
        return judge().guarantees();
    }

    /** Whether the store makes this promise. If it does not, that is counted as evidence. */
    public boolean promises(Promise promise) {
        boolean isMade = guarantees().promises().contains(promise);
        if (!isMade) {
            count(promise + " not promised", 1);
        }
        return isMade;
    }

    boolean hasJudge() {
        return judge != null;
    }

    public String namespace() {
        return namespace;
    }

    public Kit kit() {
        return kit;
    }

    /** What the kit does about commits of unknown outcome. */
    public UnknownCommits unknownCommits() {
        return unknownCommits;
    }

    public RandomGenerator random() {
        return random;
    }

    /** Closes the resource with this run, before resources that were opened earlier. */
    public <T extends AutoCloseable> T closeLater(T resource) {
        synchronized (opened) {
            opened.add(resource);
        }
        return resource;
    }

    // ---- time

    public TimeSource time() {
        return kit.pace().time();
    }

    public long now() {
        return time().nanoTime();
    }

    public Duration since(long nanoTime) {
        return Duration.ofNanos(now() - nanoTime);
    }

    /** Lets time pass. */
    public void pass(Duration duration) {
        try {
            kit.pace().pass(duration);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Waits until the condition holds; returns whether it did in time. */
    public boolean reach(BooleanSupplier condition, Duration atMost) {
        try {
            return kit.pace().reach(condition, atMost.plus(kit.pace().isReal() ? atMost : Duration.ZERO));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** A time limit for anything that its rule does not measure: more than the operation timeout. */
    public Duration patience() {
        return kit.operationTimeout().plus(Duration.ofSeconds(kit.pace().isReal() ? 3 : 1));
    }

    /** How long to wait for a notice, and for what depends on a notice. */
    public Duration noticePatience() {
        return afterNotice(patience());
    }

    /** A bound on what begins with a notice: the notice may be as late as the backend declares. */
    public Duration afterNotice(Duration bound) {
        return bound.plus(guarantees().noticeLateness());
    }

    /** Wakes the threads that wait for a condition. */
    public void stir() {
        kit.crew().stir();
    }

    /** Waits for the end of a stage. */
    public <T> CallResult<T> end(CompletionStage<T> stage, Duration atMost) {
        CompletableFuture<CallResult<T>> ended = new CompletableFuture<>();
        stage.whenComplete((result, failure) -> {
            ended.complete(CallResult.with(result, failure));
            stir();
        });
        return reach(ended::isDone, atMost) ? ended.join() : CallResult.open();
    }

    /** Runs work concurrently with the rule. Manual time stands still while the work is busy. */
    public <T> CompletableFuture<T> async(Callable<T> work) {
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

    /** Makes calls, each on a thread of its own, and waits for their ends. Each may fail, but not for good. */
    public <T> List<CallResult<T>> ends(List<Callable<CompletionStage<T>>> calls) {
        List<CompletableFuture<CompletionStage<T>>> sent =
                calls.stream().map(this::async).toList();
        join(sent, patience());
        List<CallResult<T>> ends =
                sent.stream().map(call -> end(call.join(), patience())).toList();
        for (CallResult<T> end : ends) {
            verify(!end.isOpen(), () -> "a call beside others has not ended (LIF-6b)");
            verify(
                    end.succeeded()
                            || end.failure()
                                    .filter(failure -> !failure.permanent())
                                    .isPresent(),
                    () -> "a call beside others ended as " + end + " (OUT-6c)");
        }
        return ends;
    }

    /** Closes a client in another thread, in case close() does not return. */
    public CompletableFuture<?> closing(Client client) {
        return async(() -> kit.crew().waiting(() -> {
            client.close();
            return true;
        }));
    }

    /** Makes a call in a callback that should return at once. If the call waits, its thread does not count as busy. */
    public void inCallback(Runnable call) {
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

    /** Waits for all of them and throws the first failure. */
    public void join(List<? extends CompletableFuture<?>> works, Duration atMost) {
        if (!reach(() -> works.stream().allMatch(CompletableFuture::isDone), atMost)) {
            throw new RuleFailure(works.stream().filter(work -> !work.isDone()).count() + " of " + works.size()
                    + " threads have not returned after " + text(atMost));
        }
        for (CompletableFuture<?> work : works) {
            CallResult<?> ended = end(work, atMost);
            if (ended.thrown() instanceof RuntimeException e) {
                throw e;
            } else if (ended.thrown() instanceof Error e) {
                throw e;
            } else if (ended.thrown() != null) {
                throw new IllegalStateException(ended.thrown());
            }
        }
    }

    /** A gate at which listeners block until it is opened. The end of this run opens it at the latest. */
    public Gate gate() {
        return closeLater(new Gate(kit.crew()));
    }

    // ---- helpers for several groups

    /** Puts all of these names with one value, in as few commits as every backend accepts. */
    public void fill(Client client, String directory, List<String> names, Bytes value) {
        int perCommit = Math.max(1, Math.min(32, 120 * 1024 / (value.size() + 512)));
        for (int from = 0; from < names.size(); from += perCommit) {
            Commit.Builder commit = Commit.to(directory);
            names.subList(from, Math.min(names.size(), from + perCommit)).forEach(name -> commit.put(name, value));
            client.committed(commit.build());
        }
    }

    /** A ttl that does not end during a test. */
    public Duration longTtl() {
        return ttl(Duration.ofSeconds(60));
    }

    /** The nearest ttl that the store grants. */
    public Duration ttl(Duration wanted) {
        Guarantees guarantees = guarantees();
        Duration least = guarantees.leastTtl().compareTo(wanted) > 0 ? guarantees.leastTtl() : wanted;
        return least.compareTo(guarantees.greatestTtl()) > 0 ? guarantees.greatestTtl() : least;
    }

    /** The shortest ttl that the store grants, but at least a second, so that rounds of messages fit into it. */
    public Duration shortTtl() {
        return stretched(Duration.ofSeconds(1));
    }

    /** This ttl, twice as long after each attempt that a stall has spoilt: a slow machine needs longer leases. */
    public Duration stretched(Duration wanted) {
        return ttl(wanted.multipliedBy(1L << spoilt));
    }

    // ---- evidence

    /** Requires a condition. */
    public void verify(boolean holds, Supplier<String> seen) {
        if (!holds) {
            throw new RuleFailure(seen.get());
        }
        verified();
    }

    /** Requires that a property has found nothing wrong. */
    public void right(Optional<String> wrong) {
        verify(wrong.isEmpty(), () -> wrong.orElse(""));
    }

    /** Counts one condition that held. */
    public void verified() {
        count("checks", 1);
    }

    /** Requires that two values are equal. */
    public void same(String what, @Nullable Object expected, @Nullable Object seen) {
        verify(
                expected == null ? seen == null : expected.equals(seen),
                () -> what + " is " + seen + ", and has to be " + expected);
    }

    /**
     * Requires that something ended in time. The bound is widened by how long this machine stood still meanwhile; if
     * that is long, the verdict is UNKNOWN.
     */
    public void within(Duration bound, long sinceNanoTime, String what) {
        within(bound, sinceNanoTime, Duration.ZERO, what);
    }

    /** The same for something that also takes long if this machine stood still in this time before. */
    public void within(Duration bound, long sinceNanoTime, Duration before, String what) {
        Duration took = since(sinceNanoTime);
        long from = sinceNanoTime - before.toNanos();
        if (took.compareTo(bound.plus(kit.stalledSince(from).multipliedBy(2))) > 0) {
            unlessStoodStill(from, what + " took " + text(took) + " of at most " + text(bound));
            throw new RuleFailure(what + " took " + text(took) + "; at most " + text(bound) + " is allowed");
        }
        verified();
    }

    /**
     * Call this before blaming the store for something that may be due to time: if this machine has stood still for
     * long since then, the verdict is UNKNOWN.
     */
    public void unlessStoodStill(long sinceNanoTime, String amiss) {
        Duration stalled = kit.stalledSince(sinceNanoTime);
        if (stalled.compareTo(LONG_STALL) > 0) {
            throw unknown(amiss + ", while this machine stalled for " + text(stalled));
        }
    }

    /** Adds to the evidence. */
    public void count(String what, long number) {
        synchronized (evidence) {
            evidence.merge(what, number, Long::sum);
        }
    }

    /**
     * Adds to the evidence, and states how much evidence a verdict needs. A long standstill may be the reason for too
     * little evidence.
     */
    public void evidence(String what, long number, long atLeast) {
        count(what, number);
        if (number < atLeast) {
            String why = what + ": " + number + " seen, at least " + atLeast + " needed";
            unlessStoodStill(began, why);
            throw vacuous(why);
        }
    }

    public Map<String, Long> evidence() {
        synchronized (evidence) {
            return Collections.unmodifiableMap(new LinkedHashMap<>(evidence));
        }
    }

    /** Limits the verdict to PASS (simulated) at best. */
    public void simulated() {
        simulated = true;
    }

    boolean isSimulated() {
        return simulated;
    }

    /** To throw when the fixture lacks what the rule needs. */
    public Inconclusive unverified(String why) {
        return new Inconclusive(Verdict.UNVERIFIED, why);
    }

    /** To throw when the rule does not concern this store. */
    public Inconclusive untested(String why) {
        return new Inconclusive(Verdict.UNTESTED, why);
    }

    /** To throw when no verdict is possible. */
    public Inconclusive unknown(String why) {
        return new Inconclusive(Verdict.UNKNOWN, why);
    }

    /** To throw when there is too little evidence. */
    public Inconclusive vacuous(String why) {
        return new Inconclusive(Verdict.VACUOUS, why);
    }

    /** An object that several rules of one run of the kit share; the first caller creates it. */
    public <T> T shared(Class<T> type, Supplier<T> make) {
        return kit.shared(type, make);
    }

    /** Records a step, to be shown with a failure. */
    public void note(long from, String what) {
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

    public static String text(Duration duration) {
        return duration.toMillis() < 10_000
                ? String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6)
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }

    public static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while a rule was tested", e);
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

    /** Abandons a client that does not return from close(), so that it does not keep the whole run from ending. */
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
