package io.sereno.tck.run;

import io.sereno.spi.Guarantees;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.Verdict;
import io.sereno.tck.Waiver;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.rules.RuleTable;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.rules.Specification;
import io.sereno.tck.time.Crew;
import io.sereno.tck.time.MachineTime;
import io.sereno.tck.time.Pace;
import io.sereno.tck.time.Stalls;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of the kit on one fixture: opens benches, runs tests, keeps the outcomes. JUnit drives it through
 * {@link SerenoTck}; the kit's own tests use it without JUnit.
 */
public final class Kit implements AutoCloseable {
    /** Reproduces a run, as far as the kit's own randomness goes. */
    public static final String SEED_PROPERTY = "sereno.tck.seed";

    private static final Duration OPERATION_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** Enough for one attempt to succeed on a store where one commit in twenty has an unknown outcome. */
    private static final int MOST_RESTARTS = 40;

    /** If a machine stalls more often than this, nothing can be measured. */
    private static final int MOST_REPEATS = 3;

    /**
     * How many waiting tests run concurrently. Most do little but wait, but each opens clients, and two cores have to
     * suffice.
     */
    private static final int MOST_WAITING = 16;

    private final BackendFixture fixture;
    private final RuleSet rules;
    private final @Nullable Class<? extends SerenoTck> tck;
    private final Recipes recipes;
    private final Specification specification = Specification.shipped();
    private final long seed;
    private final List<InetSocketAddress> endpoints;
    private final Crew crew;
    private final MachineTime machineTime = new MachineTime();
    private final Stalls stalls = new Stalls();
    private final Pace pace;
    private final Semaphore waitingTests = new Semaphore(MOST_WAITING);
    private final AtomicInteger benches = new AtomicInteger();
    private final String run = Long.toString(System.nanoTime() & Long.MAX_VALUE, 36);
    private final List<Outcome> outcomes = new ArrayList<>();
    private final Map<Class<?>, SharedResult> shared = new ConcurrentHashMap<>();
    private final Map<String, String> attachments = new ConcurrentHashMap<>();
    private @Nullable Map<RuleTest, CompletableFuture<Outcome>> waiting;
    private volatile @Nullable Guarantees guarantees;

    /** Without a second JVM, and with the shipped recipes. */
    public Kit(BackendFixture fixture, RuleSet rules, long seed) {
        this(fixture, rules, null, Recipes.SHIPPED, seed);
    }

    /**
     * Makes a run.
     *
     * @param fixture the backend
     * @param rules that are to be tested
     * @param tck the class with which a second JVM creates the fixture
     * @param recipes to test with the backend
     * @param seed of all random choices
     */
    public Kit(
            BackendFixture fixture,
            RuleSet rules,
            @Nullable Class<? extends SerenoTck> tck,
            Recipes recipes,
            long seed) {
        this.fixture = fixture;
        this.rules = rules;
        this.tck = tck;
        this.recipes = recipes;
        this.seed = seed;
        this.crew = new Crew(fixture.clock().isPresent());
        this.pace = fixture.clock()
                .<Pace>map(clock -> new Pace.Manual(clock, crew))
                .orElseGet(() -> new Pace.Real(machineTime, crew));
        this.endpoints = List.copyOf(fixture.endpoints());
    }

    /** Runs a test and keeps the outcome. */
    public Outcome run(RuleTest test) {
        Outcome outcome = judge(test);
        keep(outcome);
        return outcome;
    }

    /**
     * Starts a test again, in a namespace of its own each time, while the outcomes of its preparations are unknown, and
     * a few times if a standstill spoilt a measurement; its leases are then twice as long each time. A failure or a pass
     * is final.
     */
    private Outcome judge(RuleTest test) {
        int unknownCommits = 0;
        int spoilt = 0;
        Outcome outcome = judge(test, open(test, spoilt));
        Set<String> wrong = new HashSet<>();
        while (true) {
            if (outcome.failure() instanceof UnknownPreparation unknown) {
                wrong.add(unknown.wrong(test.method().getDeclaringClass()));
                if (unknownCommits++ == MOST_RESTARTS) {
                    return wrong.size() == 1 && !wrong.contains("") ? each(outcome, unknown) : outcome;
                }
            } else if (outcome.failure() instanceof Inconclusive
                    && outcome.verdict() == Verdict.UNKNOWN
                    && spoilt < MOST_REPEATS) {
                spoilt++;
            } else {
                return spoilt == 0 ? outcome : outcome.with("attempts that a stall spoilt", spoilt);
            }
            outcome = judge(test, open(test, spoilt));
        }
    }

    /** The same failure happened at the same place in every attempt, so no commit of unknown outcome caused it. */
    private static Outcome each(Outcome outcome, UnknownPreparation unknown) {
        String why = "in each of " + (MOST_RESTARTS + 1) + " attempts, after different commits of unknown outcome: "
                + first(String.valueOf(unknown.getCause()));
        return new Outcome(
                outcome.test(),
                Verdict.FAIL,
                outcome.evidence(),
                why,
                new AssertionError(unknown.page() + "\n  unknown  " + why, unknown.getCause()),
                outcome.millis());
    }

    /**
     * The outcome of a test that waits. If there is anything to wait for, the first call runs all such tests
     * concurrently, so that a run takes as long as the longest of them.
     */
    public Outcome runBesideOthers(RuleTest test, List<RuleTest> all) {
        if (!pace.isReal()) {
            return run(test);
        }
        Map<RuleTest, CompletableFuture<Outcome>> batch;
        synchronized (this) {
            if (waiting == null) {
                waiting = all.stream()
                        .filter(RuleTest::waits)
                        .sorted(Comparator.comparing(RuleTest::startsFirst).reversed())
                        .collect(Collectors.toMap(one -> one, this::start));
                waiting.values().forEach(CompletableFuture::join);
            }
            batch = waiting;
        }
        CompletableFuture<Outcome> result = batch.get(test);
        if (result == null) {
            return run(test);
        }
        Outcome outcome = result.join();
        keep(outcome);
        return outcome;
    }

    private CompletableFuture<Outcome> start(RuleTest test) {
        CompletableFuture<Outcome> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    waitingTests.acquireUninterruptibly();
                    try {
                        result.complete(judge(test));
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    } finally {
                        waitingTests.release();
                    }
                },
                "tck-" + test.id());
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private void keep(Outcome outcome) {
        synchronized (outcomes) {
            outcomes.add(outcome);
        }
    }

    public List<Outcome> outcomes() {
        synchronized (outcomes) {
            return List.copyOf(outcomes);
        }
    }

    private Bench open(RuleTest test, int spoilt) {
        return new Bench(
                this,
                "tck-" + run + "-" + benches.incrementAndGet(),
                seed ^ test.id().hashCode(),
                spoilt);
    }

    private static void invoke(RuleTest test, Bench bench) throws Throwable {
        try {
            Constructor<?> group = test.method().getDeclaringClass().getDeclaredConstructor();
            group.setAccessible(true);
            Method method = test.method();
            method.setAccessible(true);
            boolean isRow = method.isAnnotationPresent(RuleTable.class);
            method.invoke(group.newInstance(), isRow ? new Object[] {bench, test} : new Object[] {bench});
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    /** Runs a test in a thread of its own and returns its outcome. Closes the bench. */
    private Outcome judge(RuleTest test, Bench bench) {
        long from = System.nanoTime();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        invoke(test, bench);
                        ended.complete(null);
                    } catch (Throwable e) {
                        ended.completeExceptionally(e);
                    }
                },
                "tck-" + test.id());
        thread.setDaemon(true);
        thread.start();
        Throwable thrown = null;
        try {
            ended.get(limit().toMillis(), TimeUnit.MILLISECONDS);
            if (bench.evidence().isEmpty()) {
                throw bench.vacuous("no evidence was collected");
            }
        } catch (ExecutionException e) {
            thrown = unwrapped(e);
        } catch (TimeoutException e) {
            thrown = stuck(thread);
        } catch (InterruptedException e) {
            thread.interrupt();
            throw Bench.interrupted(e);
        } catch (Inconclusive e) {
            thrown = e;
        }
        if (thrown != null
                && !(thrown instanceof StuckTest)
                && bench.unknownCommits().open().isPresent()) {
            thrown = new UnknownPreparation(
                    bench.unknownCommits().open().get(), thrown, Failure.text(this, test, bench, thrown));
        }
        Map<String, Long> evidence = bench.evidence();
        try {
            noteGuarantees(bench);
            bench.close();
        } catch (RuntimeException e) {
            if (thrown == null) {
                thrown = e;
            } else {
                thrown.addSuppressed(e);
            }
        }
        long millis = (System.nanoTime() - from) / 1_000_000;
        return outcome(test, bench, thrown, evidence, millis);
    }

    /** How long one test may run before it counts as hanging. */
    private Duration limit() {
        return pace.isReal() ? Duration.ofMinutes(3) : Duration.ofSeconds(60);
    }

    /** Reports a method of the SPI that never returns, by the stack of its caller. */
    private RuleFailure stuck(Thread thread) {
        String stack = Arrays.stream(thread.getStackTrace())
                .limit(25)
                .map(frame -> "\n    at " + frame)
                .collect(Collectors.joining());
        thread.interrupt();
        return new StuckTest("the test has not returned after " + limit() + "; it does not end" + stack);
    }

    private Outcome outcome(
            RuleTest test, Bench bench, @Nullable Throwable thrown, Map<String, Long> evidence, long millis) {
        Optional<Waiver> waiver = fixture.waivers().stream()
                .filter(one -> one.rule().equals(test.rule()))
                .findFirst();
        if (thrown instanceof Inconclusive nothing) {
            return new Outcome(test, nothing.verdict(), evidence, first(nothing.getMessage()), thrown, millis);
        }
        if (thrown instanceof UnknownPreparation) {
            return new Outcome(test, Verdict.UNKNOWN, evidence, first(thrown.getMessage()), thrown, millis);
        }
        if (thrown != null) {
            String why = thrown instanceof RuleFailure ? first(thrown.getMessage()) : thrown.toString();
            AssertionError failure = new AssertionError(Failure.text(this, test, bench, thrown), thrown);
            if (waiver.isPresent() && !waiver.get().expires().isBefore(LocalDate.now(java.time.ZoneOffset.UTC))) {
                return new Outcome(test, Verdict.WAIVED, evidence, waiver.get().reason() + ": " + why, failure, millis);
            }
            return new Outcome(test, Verdict.FAIL, evidence, why, failure, millis);
        }
        return new Outcome(
                test, bench.isSimulated() ? Verdict.PASS_SIMULATED : Verdict.PASS, evidence, "", null, millis);
    }

    private static Throwable unwrapped(Throwable thrown) {
        Throwable inner = thrown;
        while ((inner instanceof CompletionException || inner instanceof ExecutionException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private static String first(@Nullable String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }

    private void noteGuarantees(Bench bench) {
        synchronized (outcomes) {
            if (guarantees == null && bench.hasJudge()) {
                guarantees = bench.guarantees();
            }
        }
    }

    /** The backend's guarantees, if any test has connected yet. */
    public Optional<Guarantees> guarantees() {
        synchronized (outcomes) {
            return Optional.ofNullable(guarantees);
        }
    }

    /** Adds a page to the report. */
    public void attach(String file, String page) {
        attachments.put(file, page);
    }

    /** The pages by file name. */
    public Map<String, String> attachments() {
        return Map.copyOf(attachments);
    }

    KitConfig config(String namespace) {
        return new KitConfig(
                fixture.scheme(),
                endpoints,
                namespace,
                fixture.parameters(),
                Optional.empty(),
                Optional.empty(),
                CONNECT_TIMEOUT,
                OPERATION_TIMEOUT,
                pace.time(),
                crew);
    }

    Optional<Class<? extends SerenoTck>> tck() {
        return Optional.ofNullable(tck);
    }

    public BackendFixture fixture() {
        return fixture;
    }

    /** The tests of the kit, whether or not they are selected. */
    public RuleSet rules() {
        return rules;
    }

    public Recipes recipes() {
        return recipes;
    }

    public Specification specification() {
        return specification;
    }

    public List<InetSocketAddress> endpoints() {
        return endpoints;
    }

    public long seed() {
        return seed;
    }

    public Pace pace() {
        return pace;
    }

    public Crew crew() {
        return crew;
    }

    MachineTime machineTime() {
        return machineTime;
    }

    public Duration operationTimeout() {
        return OPERATION_TIMEOUT;
    }

    public Stalls stalls() {
        return stalls;
    }

    public Duration stalledSince(long nanoTime) {
        return pace.isReal() ? stalls.since(nanoTime) : Duration.ZERO;
    }

    /**
     * The first caller creates the object; others wait for it, separately for each type. If creating it fails, the next
     * caller tries again.
     */
    <T> T shared(Class<T> type, Supplier<T> make) {
        return type.cast(shared.computeIfAbsent(type, t -> new SharedResult()).get(make));
    }

    private final class SharedResult {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable Object made;

        Object get(Supplier<?> make) {
            if (!lock.tryLock()) {
                // Dozens of tests may wait for one history; they must not keep others from starting.
                waitingTests.release();
                lock.lock();
                waitingTests.acquireUninterruptibly();
            }
            try {
                Object result = made == null ? make.get() : made;
                made = result;
                return result;
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public void close() {
        try {
            fixture.close();
        } finally {
            stalls.close();
            machineTime.close();
            crew.close();
        }
    }
}
