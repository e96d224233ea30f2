package io.sereno.tck.recipes;

import io.sereno.GrantLostException;
import io.sereno.NotAppliedException;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.spi.Entry;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Callers of several clients that take slots of one pool, at times a preferred one. One run without faults, one while connections break. */
final class SlotRun {
    private static final String NAME = "run";
    private static final int COUNT = 3;
    private static final int CALLERS = 2;
    /** On a store whose notices take seconds, fewer rounds are enough. */
    private static final Duration LONG = Duration.ofSeconds(50);

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    /** A slot that was given and not given back. */
    private record Holder(String client, Slot slot, String since) {
        @Override
        public String toString() {
            return client + ", which has slot " + slot.number() + " with token " + slot.fencingToken() + " since "
                    + since;
        }
    }

    private final Bench bench;
    private final Chronicle chronicle;
    private final Queues queue;
    private final int rounds;
    private final Duration longest;
    private final List<Node> nodes = new ArrayList<>();
    // Guarded by this.
    private final List<Holder> holders = new ArrayList<>();
    /** By number. */
    private final long[] greatest = new long[COUNT];

    private SlotRun(Bench bench, int rounds, Duration longest) {
        this.bench = bench;
        this.rounds = rounds;
        this.longest = longest;
        this.chronicle = new Chronicle(bench);
        this.queue = new Queues(bench.judge(), "slots/" + NAME);
    }

    /** Without faults. */
    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    SlotRun run = new SlotRun(bench, 12, Duration.ofSeconds(40));
                    run.nodes.addAll(RunNodes.calm(bench, 3));
                    return new Calm(run.play(() -> {}));
                })
                .chronicle();
    }

    /** While connections break. */
    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    SlotRun run = new SlotRun(bench, 22, Duration.ofSeconds(20));
                    FaultStorm storm = RunNodes.rough(bench, run.nodes);
                    storm.begin();
                    return new Rough(run.play(storm::end));
                })
                .chronicle();
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
        boolean patient = random.nextInt(10) < 8;
        Duration patience = patient ? longest : Duration.ofMillis(random.nextInt(2) * 15L);
        int preferred = random.nextInt(COUNT);
        boolean prefers = random.nextInt(3) == 0;
        Optional<Slot> attempt;
        try {
            SlotPool pool = node.sereno().slotPool(NAME, COUNT);
            attempt = bench.kit()
                    .crew()
                    .waiting(() -> prefers ? pool.tryAcquire(preferred, patience) : pool.tryAcquire(patience));
        } catch (NotAppliedException e) {
            // The store was out of reach, and nobody knows who was in front.
            bench.pass(Duration.ofMillis(10));
            return;
        }
        if (attempt.isPresent()) {
            hold(new Holder(node.name(), attempt.get(), chronicle.at()), random);
        }
        if (patient) {
            chronicle.require(
                    "SLT-2",
                    attempt.isPresent(),
                    node + " waited " + Bench.text(longest)
                            + " for a slot, while all others give back what they get within milliseconds");
        }
    }

    private void hold(Holder me, Random random) throws Exception {
        requireToBeAlone(me);
        requireOtherNumbers(me);
        bench.pass(Duration.ofMillis(1 + random.nextInt(3)));
        synchronized (this) {
            holders.remove(me);
        }
        try {
            bench.kit().crew().waiting(() -> {
                me.slot.release();
                return true;
            });
        } catch (GrantLostException e) {
            // A connection broke for longer than the session lives.
        }
    }

    /** No other caller believes at the same moment in a slot with this number, and those before had smaller tokens. */
    private void requireToBeAlone(Holder me) {
        int number = me.slot.number();
        long token = me.slot.fencingToken();
        long before;
        List<Holder> others;
        synchronized (this) {
            before = greatest[number];
            greatest[number] = Math.max(before, token);
            others = holders.stream()
                    .filter(holder -> holder.slot.number() == number && holder.slot.isHeld())
                    .toList();
            holders.add(me);
        }
        // A slot that has ended does not come back: if both are held now, they were held together.
        boolean held = me.slot.isHeld();
        chronicle.require(
                "SLT-1", token > before || !held, me + " was granted after token " + before + " for that number");
        List<Holder> together =
                held ? others.stream().filter(holder -> holder.slot.isHeld()).toList() : List.of();
        chronicle.require("SLT-1", together.isEmpty(), me + " was granted beside " + together);
    }

    /** The entry of the slot is in the store, and all live entries in front of it say other numbers. */
    private void requireOtherNumbers(Holder me) {
        List<Entry> live = queue.live();
        if (!me.slot.isHeld()) {
            return;
        }
        boolean found = false;
        boolean passed = false;
        for (Entry entry : live) {
            String number = number(entry);
            boolean own = entry.createRevision() == me.slot.fencingToken() / 1_024;
            if (own) {
                found = number.isEmpty() || number.equals(String.valueOf(me.slot.number()));
            } else if (entry.createRevision() < me.slot.fencingToken() / 1_024) {
                passed |= number.isEmpty() || number.equals(String.valueOf(me.slot.number()));
            }
        }
        chronicle.require(
                "SLT-2",
                found && !passed,
                me
                        + " has a slot, and in the store its entry does not say so, or one in front of it has no other number: "
                        + queue.describe());
    }

    private static String number(Entry entry) {
        return entry.value()
                .toUtf8()
                .lines()
                .filter(line -> line.startsWith("number "))
                .map(line -> line.substring("number ".length()))
                .findFirst()
                .orElse("");
    }
}
