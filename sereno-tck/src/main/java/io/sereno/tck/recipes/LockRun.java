package io.sereno.tck.recipes;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LeaderElection;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.spi.Backend;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Linearizability;
import io.sereno.tck.history.LockModel;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.run.SlowNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Callers of several clients that contend for one mutex, with a resource that refuses tokens lower than the greatest it
 * has seen. One run without faults, one while connections break.
 */
public final class LockRun {
    private static final String NAME = "run";
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final long BUDGET = 300_000;

    /** How many grants the callers have to reach. */
    private static final int GRANTS = 30;

    /** The election rules that correspond to the rules of a mutex. */
    private static final Map<String, String> OF_ELECTIONS = Map.of(
            "LCK-1", "LDR-1",
            "LCK-2a", "LDR-1",
            "LCK-2b", "LDR-1",
            "LCK-5a", "LDR-1",
            "LCK-9a", "LDR-1",
            "LCK-10", "LDR-1",
            "LCK-3", "LDR-2",
            "LCK-4", "LDR-10",
            "LCK-11c", "LDR-7");

    /** The recipe under test. */
    private enum Kind {
        MUTEX("lock", 2),
        ELECTION("election", 1);

        private final String recipe;
        private final int callers;

        Kind(String recipe, int callers) {
            this.recipe = recipe;
            this.callers = callers;
        }

        /** The rule of this recipe that corresponds to a rule of a mutex. */
        String rule(String lock) {
            return this == MUTEX ? lock : OF_ELECTIONS.getOrDefault(lock, lock);
        }
    }

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private record CalmElection(Chronicle chronicle) {}

    private record RoughElection(Chronicle chronicle) {}

    /** A grant that was given and not given back; the next holder checks it. */
    private record Holder(String client, Grant grant, String since) {}

    private final Bench bench;
    private final Kind kind;
    private final Chronicle chronicle;
    private final Recorder recorder;
    private final Queues queue;
    private final Rounds rounds;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Holder> holders = new ArrayList<>();
    private final List<Linearizability.Call<LockModel.Action>> calls = new ArrayList<>();
    // Guarded by this: the state of the resource.
    private long greatest;
    private @Nullable Grant last;

    private LockRun(Bench bench, Kind kind, int rounds) {
        this.bench = bench;
        this.kind = kind;
        this.rounds = new Rounds(bench, rounds, this::hasEnough);
        this.chronicle = new Chronicle(bench);
        this.recorder = new Recorder(bench.time());
        this.queue = new Queues(bench.judge(), kind.recipe + "/" + NAME);
    }

    /** Of a mutex, without faults. */
    public static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> new Calm(calm(bench, Kind.MUTEX, 14)))
                .chronicle();
    }

    /** Of a mutex, while connections break. */
    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> new Rough(rough(bench, Kind.MUTEX, 22)))
                .chronicle();
    }

    /** Of an election, without faults. */
    static Chronicle calmElection(Bench bench) {
        return bench.shared(CalmElection.class, () -> new CalmElection(calm(bench, Kind.ELECTION, 10)))
                .chronicle();
    }

    /** Of an election, while connections break. */
    static Chronicle roughElection(Bench bench) {
        return bench.shared(RoughElection.class, () -> new RoughElection(rough(bench, Kind.ELECTION, 12)))
                .chronicle();
    }

    private static Chronicle calm(Bench bench, Kind kind, int rounds) {
        LockRun run = new LockRun(bench, kind, rounds);
        Random random = new Random(bench.random().nextLong());
        for (int i = 0; i < 3; i++) {
            run.nodes.add(Node.in(bench, Node.steady(bench), backend -> run.record(bench, backend, random)));
        }
        return run.play(() -> {});
    }

    private static Chronicle rough(Bench bench, Kind kind, int rounds) {
        LockRun run = new LockRun(bench, kind, rounds);
        for (int i = 0; i < 2; i++) {
            run.nodes.add(Node.breakable(bench, Node.steady(bench), backend -> run.record("f", backend)));
        }
        FaultStorm storm = RunNodes.storm(bench, run.nodes);
        run.nodes.add(Node.in(bench));
        storm.begin();
        return run.play(storm::end);
    }

    private Backend record(Bench bench, Backend backend, Random random) {
        return record("c", bench.inProcess() ? SlowNetwork.over(bench, backend, random) : backend);
    }

    private Backend record(String kindOfClient, Backend backend) {
        return recorder.record(kindOfClient + nodes.size(), backend);
    }

    private Chronicle play(Runnable calmDown) {
        chronicle.simulated(bench.inProcess());
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (Node node : nodes) {
            for (int i = 0; i < kind.callers; i++) {
                Random random = new Random(bench.random().nextLong());
                callers.add(bench.async(() -> call(node, random)));
            }
        }
        try {
            bench.join(callers, Duration.ofMinutes(2));
        } finally {
            calmDown.run();
        }
        judgeOrder();
        judgeDeletes();
        return chronicle;
    }

    private boolean call(Node node, Random random) throws Exception {
        if (kind == Kind.MUTEX) {
            Mutex mutex = node.sereno().mutex(NAME);
            for (int round = 0; rounds.goOn(round); round++) {
                want(node, random, mutex::tryAcquire);
            }
            return true;
        }
        LeaderElection candidate = node.sereno().election(NAME).start();
        try {
            for (int round = 0; rounds.goOn(round); round++) {
                want(
                        node,
                        random,
                        patience -> candidate.awaitLeadership(patience).map(leadership -> leadership));
            }
        } finally {
            bench.kit().crew().waiting(() -> {
                candidate.close();
                return true;
            });
        }
        return true;
    }

    private boolean hasEnough() {
        synchronized (calls) {
            return calls.size() >= 2 * GRANTS;
        }
    }

    /** A way to acquire. */
    @FunctionalInterface
    private interface Attempt {
        Optional<Grant> within(Duration patience) throws InterruptedException;
    }

    private void want(Node node, Random random, Attempt way) throws Exception {
        int chance = random.nextInt(10);
        Duration patience = chance < 7 ? PATIENT : chance < 8 ? Duration.ofMillis(15) : Duration.ZERO;
        long invoked = chronicle.tick();
        Optional<Grant> attempt;
        try {
            attempt = bench.kit().crew().waiting(() -> way.within(patience));
        } catch (NotAppliedException e) {
            // The store was out of reach, and nobody knows who was in front. LCK-9c is tested elsewhere.
            bench.pass(Duration.ofMillis(10));
            return;
        }
        long returned = chronicle.tick();
        if (attempt.isPresent()) {
            hold(node, attempt.get(), invoked, returned, random);
        }
        bench.pass(Duration.ofMillis(random.nextInt(4)));
    }

    private void hold(Node node, Grant grant, long invoked, long returned, Random random) throws Exception {
        long token = grant.fencingToken();
        chronicle.require(
                kind.rule("LCK-9a"),
                grant.isHeld() || grant.lost().toCompletableFuture().isDone() || remains(grant),
                node + ": a grant was returned, token " + token + ", that is not held and was not lost");
        Holder me = new Holder(node.name(), grant, chronicle.at());
        requireAlone(me);
        requireFirst(me);
        boolean rolled = false;
        for (int i = 0; i < 3; i++) {
            write(me);
            rolled |= token != grant.fencingToken();
            bench.pass(Duration.ofMillis(1 + random.nextInt(3)));
        }
        chronicle.require(
                kind.rule("LCK-2b"), !rolled, node + ": the token of a grant was " + token + " and is another now");
        long lastHeld = chronicle.tick();
        boolean lost = !grant.isHeld();
        leave(me);
        long releasing = chronicle.tick();
        try {
            bench.kit().crew().waiting(() -> {
                grant.release();
                return true;
            });
        } catch (GrantLostException e) {
            lost = true;
        }
        long released = lost ? Long.MAX_VALUE : chronicle.tick();
        chronicle.require(
                kind.rule("LCK-11c"),
                lost || !grant.lost().toCompletableFuture().isDone(),
                node + ": lost() of a grant that was released in order is complete");
        synchronized (calls) {
            calls.add(new Linearizability.Call<>(node.name(), invoked, returned, new LockModel.Acquired(token)));
            calls.add(new Linearizability.Call<>(
                    node.name(), lost ? lastHeld : releasing, released, new LockModel.Released(token)));
        }
    }

    /** The loss is reported a moment after the deadline. */
    private boolean remains(Grant grant) {
        return bench.reach(() -> grant.lost().toCompletableFuture().isDone(), Duration.ofMillis(250));
    }

    /** No other client believes that it holds at the same moment. */
    private void requireAlone(Holder me) {
        List<Holder> others;
        synchronized (holders) {
            others = List.copyOf(holders);
            holders.add(me);
        }
        chronicle.tried(kind.rule("LCK-3"));
        for (Holder other : others) {
            boolean before = me.grant.isHeld();
            boolean his = other.grant.isHeld();
            chronicle.require(
                    kind.rule("LCK-3"),
                    !(before && his && me.grant.isHeld()),
                    "two clients rely on a grant: " + describe(other) + ", and " + describe(me));
        }
    }

    /** The grant's entry is in the store, and no live entry is in front of it. */
    private void requireFirst(Holder me) {
        List<Entry> live = queue.live();
        if (!me.grant.isHeld()) {
            return;
        }
        long revision = me.grant.fencingToken() / 1_024;
        chronicle.require(
                kind.rule("LCK-4"),
                !live.isEmpty() && live.get(0).createRevision() == revision,
                describe(me) + " is held, and in the store "
                        + (live.isEmpty() ? "nobody queues" : "the first is " + CallResult.describe(live.get(0))));
    }

    private synchronized void write(Holder me) {
        long token = me.grant.fencingToken();
        boolean before = me.grant.isHeld();
        if (token < greatest) {
            chronicle.require(
                    kind.rule("LCK-1"),
                    !(before && me.grant.isHeld()),
                    "the resource refuses its rightful holder: it has seen token " + greatest + ", and " + describe(me)
                            + " is held");
            return;
        }
        chronicle.require(
                kind.rule("LCK-1"),
                token > greatest || me.grant.equals(last),
                "two grants have one token, so that a resource sees their sections interleaved: " + describe(me));
        greatest = token;
        last = me.grant;
    }

    private void leave(Holder me) {
        synchronized (holders) {
            holders.remove(me);
        }
    }

    private static String describe(Holder holder) {
        return "the grant of " + holder.client + " with token " + holder.grant.fencingToken() + " (entry created at "
                + holder.grant.fencingToken() / 1_024 + ", granted " + holder.since + ")";
    }

    /** Grants do not overlap and tokens rise: the order of the grants is that of their entries. */
    private void judgeOrder() {
        Linearizability.Result<LockModel.Action> result = Linearizability.check(calls, new LockModel(), BUDGET);
        if (result.verdict() == Linearizability.Verdict.UNKNOWN) {
            chronicle.undecided("no order of " + calls.size() + " acquisitions and releases was found within " + BUDGET
                    + " steps, nor that there is none");
        }
        for (String rule : List.of("LCK-2a", "LCK-5a")) {
            for (int i = 0; i < calls.size() / 2; i++) {
                chronicle.tried(kind.rule(rule));
            }
            if (result.verdict() == Linearizability.Verdict.IMPOSSIBLE) {
                chronicle.breach(
                        kind.rule(rule),
                        "no order of the grants has one holder at a time and tokens that rise; the first that fits"
                                + " into none is "
                                + result.stuck()
                                        .map(call -> call.client() + ": " + call.action())
                                        .orElse("not known"));
            }
        }
    }

    /** Each delete names the incarnation that it deletes, and the entry is the client's own. */
    private void judgeDeletes() {
        Map<String, Set<String>> own = new HashMap<>();
        for (Operation operation : recorder.history().operations()) {
            if (operation.call() instanceof Call.Commit commit
                    && commit.commit().directory().equals(queue.directory())) {
                for (Write write : commit.commit().writes()) {
                    Set<String> names = own.computeIfAbsent(operation.client(), client -> new HashSet<>());
                    if (write instanceof Write.Put) {
                        names.add(write.name());
                    } else {
                        chronicle.require(
                                kind.rule("LCK-10"),
                                names.contains(write.name()),
                                operation.client() + " deleted entry " + write.name() + ", which is another client's");
                        chronicle.require(
                                kind.rule("LCK-10"),
                                commit.commit().conditions().stream()
                                        .anyMatch(condition -> condition instanceof Condition.CreateRevision
                                                && condition.name().equals(write.name())),
                                operation.client() + " deleted entry " + write.name()
                                        + " without a condition on its createRevision");
                    }
                }
            }
        }
    }
}
