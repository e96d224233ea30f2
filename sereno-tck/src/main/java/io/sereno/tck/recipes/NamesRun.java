package io.sereno.tck.recipes;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LockSet;
import io.sereno.NotAppliedException;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.WriteGrant;
import io.sereno.spi.Entry;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Callers of several clients that read and write one lock, or several names of a lock set. One run without faults, one while connections break.
 */
final class NamesRun {
    private static final String NAME = "run";
    private static final String LOCK = "lock";
    private static final List<String> NAMES = List.of("a", "b", "c", "d");
    private static final int CALLERS = 2;
    /** On a store whose notices take seconds, fewer rounds are enough. */
    private static final Duration LONG = Duration.ofSeconds(50);

    /** The recipe under test, and the rule that conflicting rights of it break. */
    private enum Kind {
        READ_WRITE("rwlock", "RWL-1"),
        SET("lockset", "MLK-1");

        private final String recipe;
        private final String conflicts;

        Kind(String recipe, String conflicts) {
            this.recipe = recipe;
            this.conflicts = conflicts;
        }
    }

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private record CalmSet(Chronicle chronicle) {}

    private record RoughSet(Chronicle chronicle) {}

    /** What a caller asks for, or an entry claims. */
    private record Claim(Set<String> write, Set<String> read) {
        boolean conflictsWith(Claim other) {
            return !Collections.disjoint(write, other.write)
                    || !Collections.disjoint(write, other.read)
                    || !Collections.disjoint(read, other.write);
        }

        boolean covers(Claim other) {
            Set<String> all = new LinkedHashSet<>(read);
            all.addAll(write);
            return write.containsAll(other.write) && all.containsAll(other.read);
        }

        static Claim of(Entry entry) {
            return new Claim(words(entry, "write "), words(entry, "read "));
        }

        private static Set<String> words(Entry entry, String first) {
            return entry.value()
                    .toUtf8()
                    .lines()
                    .filter(line -> line.startsWith(first))
                    .map(line -> line.substring(first.length()))
                    .collect(Collectors.toSet());
        }
    }

    /** A right that was given and not given back. */
    private record Holder(String client, Claim claim, Right right, String since) {
        @Override
        public String toString() {
            return client + ", which writes " + claim.write + " and reads " + claim.read + " since " + since;
        }
    }

    private final Bench bench;
    private final Kind kind;
    private final Chronicle chronicle;
    private final Queues queue;
    private final int rounds;
    private final Duration longest;
    private final List<Node> nodes = new ArrayList<>();
    // Guarded by this.
    private final List<Holder> holders = new ArrayList<>();
    private final Map<String, Long> greatest = new HashMap<>();

    private NamesRun(Bench bench, Kind kind, int rounds, Duration longest) {
        this.bench = bench;
        this.kind = kind;
        this.rounds = rounds;
        this.longest = longest;
        this.chronicle = new Chronicle(bench);
        this.queue = new Queues(bench.judge(), kind.recipe + "/" + NAME);
    }

    /** Of a lock with readers and writers, without faults. */
    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> new Calm(calm(bench, Kind.READ_WRITE)))
                .chronicle();
    }

    /** Of a lock with readers and writers, while connections break. */
    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> new Rough(rough(bench, Kind.READ_WRITE)))
                .chronicle();
    }

    /** Of a lock set, without faults. */
    static Chronicle calmSet(Bench bench) {
        return bench.shared(CalmSet.class, () -> new CalmSet(calm(bench, Kind.SET)))
                .chronicle();
    }

    /** Of a lock set, while connections break. */
    static Chronicle roughSet(Bench bench) {
        return bench.shared(RoughSet.class, () -> new RoughSet(rough(bench, Kind.SET)))
                .chronicle();
    }

    private static Chronicle calm(Bench bench, Kind kind) {
        NamesRun run = new NamesRun(bench, kind, 12, Duration.ofSeconds(40));
        run.nodes.addAll(RunNodes.calm(bench, 3));
        return run.play(() -> {});
    }

    private static Chronicle rough(Bench bench, Kind kind) {
        NamesRun run = new NamesRun(bench, kind, 22, Duration.ofSeconds(20));
        FaultStorm storm = RunNodes.rough(bench, run.nodes);
        storm.begin();
        return run.play(storm::end);
    }

    private Chronicle play(Runnable calmDown) {
        chronicle.simulated(bench.inProcess());
        long began = bench.now();
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (Node node : nodes) {
            for (int i = 0; i < CALLERS; i++) {
                Random random = new Random(bench.random().nextLong());
                callers.add(bench.async(() -> {
                    for (int round = 0; round < rounds && bench.since(began).compareTo(LONG) < 0; round++) {
                        want(node, random);
                        bench.pass(Duration.ofMillis(random.nextInt(4)));
                    }
                    return true;
                }));
            }
        }
        try {
            bench.join(callers, Duration.ofMinutes(2));
        } finally {
            calmDown.run();
        }
        return chronicle;
    }

    private void want(Node node, Random random) throws Exception {
        Claim claim = claim(random);
        boolean patient = random.nextInt(10) < 8;
        Duration patience = patient ? longest : Duration.ofMillis(random.nextInt(2) * 15L);
        Optional<? extends Right> attempt;
        try {
            attempt = bench.kit().crew().waiting(() -> ask(node, claim, patience));
        } catch (NotAppliedException e) {
            // The store was out of reach, and nobody knows who was in front.
            bench.pass(Duration.ofMillis(10));
            return;
        }
        if (attempt.isPresent()) {
            hold(new Holder(node.name(), claim, attempt.get(), chronicle.at()), random);
        }
        if (patient) {
            chronicle.require(
                    "MLK-2",
                    attempt.isPresent(),
                    node + " waited " + Bench.text(longest) + " to write " + claim.write + " and to read " + claim.read
                            + ", while all others give back what they get within milliseconds");
        }
    }

    private Claim claim(Random random) {
        if (kind == Kind.READ_WRITE) {
            return random.nextBoolean() ? new Claim(Set.of(LOCK), Set.of()) : new Claim(Set.of(), Set.of(LOCK));
        }
        List<String> names = new ArrayList<>(NAMES);
        Collections.shuffle(names, random);
        int written = random.nextInt(3);
        return new Claim(
                new LinkedHashSet<>(names.subList(0, written)),
                new LinkedHashSet<>(names.subList(written, written + 1 + random.nextInt(2))));
    }

    private Optional<? extends Right> ask(Node node, Claim claim, Duration patience) throws InterruptedException {
        if (kind == Kind.READ_WRITE) {
            ReadWriteMutex lock = node.sereno().readWriteMutex(NAME);
            return claim.write.isEmpty() ? lock.tryAcquireRead(patience) : lock.tryAcquireWrite(patience);
        }
        LockSet locks = node.sereno().lockSet(NAME);
        return claim.write.isEmpty()
                ? locks.tryAcquireRead(claim.read, patience)
                : locks.tryAcquire(claim.write, claim.read, patience);
    }

    private void hold(Holder me, Random random) throws Exception {
        requireNoConflict(me);
        requireFirst(me);
        requireGreatest(me);
        bench.pass(Duration.ofMillis(1 + random.nextInt(3)));
        if (me.right instanceof WriteGrant grant && random.nextInt(3) > 0) {
            downgrade(me, grant);
        } else {
            leave(me);
            release(me.right);
        }
    }

    /** No other caller believes that it holds a name that conflicts at the same moment. */
    private void requireNoConflict(Holder me) {
        List<Holder> others;
        synchronized (this) {
            others = List.copyOf(holders);
            holders.add(me);
        }
        chronicle.tried(kind.conflicts);
        for (Holder other : others) {
            boolean before = me.right.isHeld();
            boolean his = other.right.isHeld();
            chronicle.require(
                    kind.conflicts,
                    !me.claim.conflictsWith(other.claim) || !(before && his && me.right.isHeld()),
                    "two callers rely on rights that conflict: " + other + ", and " + me);
        }
    }

    /** The entry of the right is in the store, and no live entry that conflicts is in front of it. */
    private void requireFirst(Holder me) {
        List<Entry> live = queue.live();
        if (!me.right.isHeld()) {
            return;
        }
        boolean found = false;
        boolean blocked = false;
        for (Entry entry : live) {
            Claim claim = Claim.of(entry);
            if (!blocked && claim.covers(me.claim) && isOf(me, entry)) {
                found = true;
            }
            blocked |= me.claim.conflictsWith(claim);
        }
        chronicle.require(
                "RWL-3",
                found,
                me + " has its right, and in the store it has no entry before which none conflicts: "
                        + queue.describe());
    }

    private static boolean isOf(Holder me, Entry entry) {
        return me.right instanceof Grant grant
                ? entry.createRevision() == grant.fencingToken() / 1_024
                : entry.value().toUtf8().contains("\nnode " + me.client.replace(" ", "%20") + "\n");
    }

    private synchronized void requireGreatest(Holder me) {
        if (!(me.right instanceof Grant grant)) {
            return;
        }
        boolean before = me.right.isHeld();
        long token = grant.fencingToken();
        for (String name : me.claim.write) {
            long last = greatest.getOrDefault(name, 0L);
            chronicle.require(
                    "RWL-2",
                    token > last || !(before && me.right.isHeld()),
                    me + " has token " + token + " for '" + name + "', which was granted with token " + last
                            + " before");
            greatest.put(name, Math.max(last, token));
        }
    }

    private void downgrade(Holder me, WriteGrant grant) throws Exception {
        Right reading;
        try {
            reading = grant.downgrade();
        } catch (GrantLostException e) {
            leave(me);
            return;
        }
        Holder reader = new Holder(me.client, new Claim(Set.of(), me.claim.write), reading, me.since);
        synchronized (this) {
            holders.add(reader);
        }
        leave(me);
        bench.pass(Duration.ofMillis(2));
        synchronized (this) {
            boolean before = reading.isHeld();
            long last = greatest.getOrDefault(LOCK, 0L);
            chronicle.require(
                    "RWL-4",
                    last == grant.fencingToken() || !(before && reading.isHeld()),
                    "token " + last + " was granted to write while " + reader + ", which was granted token "
                            + grant.fencingToken() + " to write before, still reads");
        }
        leave(reader);
        release(reading);
    }

    private synchronized void leave(Holder me) {
        holders.remove(me);
    }

    private void release(Right right) throws Exception {
        try {
            bench.kit().crew().waiting(() -> {
                right.release();
                return true;
            });
        } catch (GrantLostException e) {
            // A connection broke for longer than the session lives.
        }
    }
}
