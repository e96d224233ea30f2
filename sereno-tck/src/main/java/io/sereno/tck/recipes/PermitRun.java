package io.sereno.tck.recipes;

import io.sereno.GrantLostException;
import io.sereno.NotAppliedException;
import io.sereno.Permit;
import io.sereno.spi.Entry;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Callers of several clients that take permits of one pool, light and heavy. One run without faults, one while connections break. */
final class PermitRun {
    private static final String NAME = "run";
    private static final int LIMIT = 3;
    private static final int CALLERS = 2;
    /** On a store whose notices take seconds, fewer rounds are enough. */
    private static final Duration LONG = Duration.ofSeconds(50);

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    /** Permits that were given and not given back. */
    private record Holder(String client, Permit permit, String since) {
        @Override
        public String toString() {
            return client + ", which has " + permit.weight() + " since " + since;
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

    private PermitRun(Bench bench, int rounds, Duration longest) {
        this.bench = bench;
        this.rounds = rounds;
        this.longest = longest;
        this.chronicle = new Chronicle(bench);
        this.queue = new Queues(bench.judge(), "semaphore/" + NAME);
    }

    /** Without faults. */
    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    PermitRun run = new PermitRun(bench, 12, Duration.ofSeconds(40));
                    run.nodes.addAll(RunNodes.calm(bench, 3));
                    return new Calm(run.play(() -> {}));
                })
                .chronicle();
    }

    /** While connections break. */
    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    PermitRun run = new PermitRun(bench, 22, Duration.ofSeconds(20));
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
        int weight = random.nextInt(3) == 0 ? 2 + random.nextInt(LIMIT - 1) : 1;
        boolean patient = random.nextInt(10) < 8;
        Duration patience = patient ? longest : Duration.ofMillis(random.nextInt(2) * 15L);
        Optional<Permit> attempt;
        try {
            attempt = bench.kit()
                    .crew()
                    .waiting(() -> node.sereno().permitPool(NAME, LIMIT).tryAcquire(weight, patience));
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
                    "SEM-2",
                    attempt.isPresent(),
                    node + " waited " + Bench.text(longest) + " for " + weight
                            + " permits, while all others give back what they get within milliseconds");
        }
    }

    private void hold(Holder me, Random random) throws Exception {
        requireWithinLimit(me);
        requireRoom(me);
        bench.pass(Duration.ofMillis(1 + random.nextInt(3)));
        synchronized (this) {
            holders.remove(me);
        }
        try {
            bench.kit().crew().waiting(() -> {
                me.permit.release();
                return true;
            });
        } catch (GrantLostException e) {
            // A connection broke for longer than the session lives.
        }
    }

    /** The callers that believe at the same moment have no more permits together than there are. */
    private void requireWithinLimit(Holder me) {
        List<Holder> before;
        synchronized (this) {
            holders.add(me);
            before = holders.stream().filter(holder -> holder.permit.isHeld()).toList();
        }
        // A permit that has ended does not come back: those that are held now, too, were held together.
        List<Holder> together =
                before.stream().filter(holder -> holder.permit.isHeld()).toList();
        int sum = together.stream().mapToInt(holder -> holder.permit.weight()).sum();
        chronicle.require(
                "SEM-1",
                sum <= LIMIT,
                sum + " permits are relied on at the same moment, and there are " + LIMIT + ": " + together);
    }

    /** The entry of the permits is in the store, and fits into the limit together with all live entries in front of it. */
    private void requireRoom(Holder me) {
        List<Entry> live = queue.live();
        if (!me.permit.isHeld()) {
            return;
        }
        long sum = 0;
        boolean found = false;
        for (Entry entry : live) {
            if (!found) {
                sum += weight(entry);
                found = entry.name().equals(me.permit.id());
            }
        }
        chronicle.require(
                "SEM-2",
                found && sum <= LIMIT,
                me + " has permits, and in the store its entry " + me.permit.id() + " does not fit into the limit of "
                        + LIMIT + " with those in front: " + queue.describe());
    }

    private static int weight(Entry entry) {
        return entry.value()
                .toUtf8()
                .lines()
                .filter(line -> line.startsWith("weight "))
                .mapToInt(line -> Integer.parseInt(line.substring("weight ".length())))
                .sum();
    }
}
