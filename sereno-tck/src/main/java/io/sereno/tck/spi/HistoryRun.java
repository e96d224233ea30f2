package io.sereno.tck.spi;

import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.CommitResult;
import io.sereno.tck.history.FailurePage;
import io.sereno.tck.history.History;
import io.sereno.tck.history.HistoryCheck;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.history.Reply;
import io.sereno.tck.history.Shrinker;
import io.sereno.tck.history.Violation;
import io.sereno.tck.history.Workload;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Overlap;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.run.SlowNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * Contending clients, recorded and judged once for a run of the kit, for the rules about histories. There are three such
 * runs: one without faults, one whose calls run inside the backend at the same time, and one in which connections break
 * all the time.
 */
public final class HistoryRun {
    /** How many commits of unknown outcome, seen applied, a rough history tries to get; OUT-3 needs two. */
    private static final int UNKNOWN_AND_SEEN_AT_BEST = 3;

    /** A client that reconnects slowly has few operations under way when the next fault strikes. */
    private static final int MOST_ATTEMPTS = 10;

    /** How many calls of a parallel history have to begin while another one is inside the backend. */
    private static final long OVERLAPPING = 200;

    private static final int PARTS = 3;

    /** How often threads have to meet in commits, as the rules about that require: it is up to the machine how often they do. */
    private static final Map<String, Long> MEETINGS = Map.of("COM-1", 5L, "COM-3", 1L);

    /** By the machine's clock: long enough for threads that are seldom run at the same time, whatever the limit of a test. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    static final String NO_READS_RETURNED = "the store left the read out of each commit that asked for one, as it may";

    /** Rules that state for faults what another rule states in general. */
    private static final Map<String, String> GENERAL = Map.of("READ-6", "READ-1", "OUT-1", "READ-2a", "WAT-3", "WAT-1");

    private record Calm(HistoryRun run) {}

    private record Parallel(HistoryRun run, long overlapping, long began) {}

    private record Rough(HistoryRun run) {}

    private final String name;
    private final History history;
    private final HistoryCheck.Findings findings;
    private final boolean simulated;
    private final int faults;

    private HistoryRun(String name, History history, boolean simulated, int faults) {
        this.name = name;
        this.history = history;
        this.findings = HistoryCheck.of(history);
        this.simulated = simulated;
        this.faults = faults;
    }

    /** Without faults; over a backend without a network requests take some time, and a few are lost. */
    static HistoryRun calm(Bench bench) {
        return bench.shared(Calm.class, () -> new Calm(playCalm(bench))).run();
    }

    /**
     * Threads whose calls begin at the same moment, with nothing between them and the backend, judged by a rule. A
     * backend with a manual clock, too, has several calls inside it at the same time here.
     */
    static void judgeParallel(Bench bench, String rule, long atLeast) {
        Parallel parallel = bench.shared(Parallel.class, () -> playParallel(bench));
        if (parallel.overlapping() < OVERLAPPING) {
            String why = parallel.overlapping() + " calls were inside the backend beside another, at least "
                    + OVERLAPPING + " are needed";
            bench.unlessStoodStill(parallel.began(), why);
            if (Runtime.getRuntime().availableProcessors() == 1) {
                throw bench.unverified(
                        "one processor runs one thread at a time: " + why + "; run the kit on two processors");
            }
        }
        parallel.run().judge(bench, rule, atLeast);
        bench.evidence("calls inside the backend beside another", parallel.overlapping(), OVERLAPPING);
    }

    /** Faults strike two of three clients, one after another. */
    static HistoryRun rough(Bench bench) {
        return bench.shared(Rough.class, () -> new Rough(playRough(bench))).run();
    }

    private static HistoryRun playCalm(Bench bench) {
        Random random = new Random(bench.random().nextLong());
        Recorder recorder = new Recorder(bench.time());
        List<Backend> clients = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            Backend backend = bench.client().backend();
            clients.add(recorder.record("c" + i, bench.inProcess() ? disturbed(bench, backend, random) : backend));
        }
        boolean real = bench.kit().pace().isReal();
        play(
                bench,
                recorder,
                new Workload(
                        clients,
                        bench.time(),
                        bench.kit().crew(),
                        settings(bench, random.nextLong(), 0, real ? 6 : 15, real ? 50 : 40, Duration.ofMillis(3)),
                        Workload.Weather.calm()));
        return new HistoryRun("history", recorder.history(), bench.inProcess(), 0);
    }

    private static Parallel playParallel(Bench bench) {
        Random random = new Random(bench.random().nextLong());
        Recorder recorder = new Recorder(bench.time());
        Overlap overlap = new Overlap();
        long began = bench.now();
        long end = System.nanoTime() + LONGEST.toNanos();
        List<Backend> clients = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            clients.add(recorder.record("c" + i, overlap.over(bench.client().backend())));
        }
        HistoryRun run;
        int part = 0;
        do {
            for (int i = 0; i < PARTS; i++) {
                // Two rounds of three: the third has leases, whose callers wait. A part is short, since manual time,
                // which limits it, counts threads as blocked that are busy for long.
                play(
                        bench,
                        recorder,
                        new Workload(
                                clients,
                                bench.time(),
                                bench.kit().crew(),
                                settings(bench, random.nextLong(), part++ * 3, 2, 40, Duration.ZERO),
                                Workload.Weather.calm()));
            }
            run = new HistoryRun("parallel-history", recorder.history(), false, 0);
        } while ((overlap.count() < OVERLAPPING || !run.hasMeetings())
                && run.findings.violations().isEmpty()
                && System.nanoTime() - end < 0);
        return new Parallel(run, overlap.count(), began);
    }

    private static HistoryRun playRough(Bench bench) {
        Random random = new Random(bench.random().nextLong());
        Recorder recorder = new Recorder(bench.time());
        List<Faulty> struck = List.of(bench.faulty(), bench.faulty());
        List<Backend> clients = new ArrayList<>();
        for (int i = 0; i < struck.size(); i++) {
            clients.add(recorder.record("c" + (i + 1), struck.get(i).client().backend()));
        }
        clients.add(recorder.record("c3", bench.client().backend()));
        FaultStorm storm = new FaultStorm(struck, List.of("c1", "c2"), bench, random, recorder);
        // It is up to chance what a fault strikes. So the run goes on until the client has lost track of some commits
        // and they turned out to be applied.
        int rounds = bench.kit().pace().isReal() ? 3 : 6;
        long lost = 0;
        for (int attempt = 0; attempt < MOST_ATTEMPTS && lost < UNKNOWN_AND_SEEN_AT_BEST; attempt++) {
            play(
                    bench,
                    recorder,
                    new Workload(
                            clients,
                            bench.time(),
                            bench.kit().crew(),
                            settings(bench, random.nextLong(), attempt * rounds, rounds, 50, Duration.ofMillis(80)),
                            storm));
            lost = recorder.history().unknownAndSeen();
        }
        return new HistoryRun("history-under-faults", recorder.history(), bench.inProcess(), storm.count());
    }

    private static void play(Bench bench, Recorder recorder, Workload workload) {
        CompletableFuture<Void> done = workload.run().toCompletableFuture();
        // A generous limit: the run ends by itself unless an operation never does.
        Duration atMost = Duration.ofMinutes(2)
                .plus(bench.guarantees().expiryLateness().multipliedBy(10))
                .plus(bench.guarantees().noticeLateness().multipliedBy(100))
                .plus(bench.shortTtl().multipliedBy(20));
        if (!bench.reach(done::isDone, atMost)) {
            throw new RuleFailure("clients that only waited for their own operations have not come to an end after "
                    + Bench.text(atMost) + ", with " + recorder.size()
                    + " operations begun: one of them does not end (LIF-6b)");
        }
        done.join();
    }

    private static Workload.Settings settings(
            Bench bench, long seed, int firstRound, int rounds, int operations, Duration think) {
        return new Workload.Settings(
                seed,
                firstRound,
                rounds,
                operations,
                think,
                bench.shortTtl(),
                bench.guarantees().expiryLateness(),
                bench.noticePatience().plus(bench.guarantees().recovery()));
    }

    /**
     * A backend without a network gets a simulated one: requests and replies take some time, so that operations
     * overlap, and some are lost.
     */
    private static Backend disturbed(Bench bench, Backend backend, Random random) {
        FaultyBackend faulty =
                new FaultyBackend(backend, bench.time(), bench.kit().crew());
        faulty.each(request -> request instanceof Request.Commit && random.nextInt(100) < 2, Fate.loseReply());
        faulty.each(request -> request instanceof Request.Commit && random.nextInt(100) < 1, Fate.loseRequest());
        faulty.each(
                request -> request instanceof Request.Commit && random.nextInt(100) < 2,
                Fate.applyLate(Duration.ofMillis(7)));
        faulty.each(request -> random.nextInt(100) < 1, Fate.refuse());
        SlowNetwork.delay(faulty, random);
        return bench.above(faulty);
    }

    /** Fails if the rule was broken; otherwise counts how often it was tested. */
    void judge(Bench bench, String rule, long atLeast) {
        String general = GENERAL.getOrDefault(rule, rule);
        if (simulated) {
            bench.simulated();
        }
        for (Violation violation : findings.violations()) {
            if (violation.breaks(general)) {
                throw new RuleFailure(violation.text() + "\n  drawn in " + drawn(bench, rule, violation)
                        + ", beside the report; rules broken in this history of "
                        + history.operations().size() + " operations: "
                        + findings.violations().size());
            }
        }
        bench.count("operations", history.operations().size());
        if (faults > 0) {
            bench.count("faults", faults);
        }
        if (rule.startsWith("READ-8")
                && history.operations().stream().noneMatch(operation -> returnsARead(operation, rule))) {
            throw bench.untested(NO_READS_RETURNED);
        }
        bench.evidence("tried", tried(general), atLeast);
    }

    private boolean hasMeetings() {
        return MEETINGS.entrySet().stream().allMatch(needed -> tried(needed.getKey()) >= needed.getValue());
    }

    private long tried(String rule) {
        return findings.evidence().getOrDefault(rule, 0L);
    }

    /** READ-8b is about the reads of commits that were applied. */
    private static boolean returnsARead(Operation operation, String rule) {
        return operation.commit().isPresent()
                && operation.snapshot().isPresent()
                && (!rule.equals("READ-8b")
                        || (operation.reply() instanceof Reply.Ended ended
                                && ended.result() instanceof CommitResult.Committed));
    }

    private String drawn(Bench bench, String rule, Violation violation) {
        History smaller = Shrinker.shrink(history, violation);
        String file = name + "-" + rule + ".html";
        bench.kit().attach(file, FailurePage.html(bench.guarantees().backend(), smaller, violation));
        return file;
    }
}
