package io.sereno.tck.recipes;

import io.sereno.Barrier;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.spi.Entry;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Parties of several clients that meet at one barrier again and again; some give up soon. More parties come than cross together. One run without faults,
 * one while connections break.
 */
final class BarrierRun {
    private static final String NAME = "run";
    private static final String DIRECTORY = "barrier/" + NAME;
    private static final int PARTIES = 3;
    private static final int CALLERS = 2;
    private static final int CROSSINGS = 24;
    /** On a store whose notices take seconds, fewer crossings are enough. */
    private static final Duration LONG = Duration.ofSeconds(40);

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    /**
     * One call of a party, between two ticks.
     *
     * @param crossed null if the outcome is unknown
     */
    private record Call(
            String party, long began, long ended, @Nullable Boolean crossed) {
        boolean hasCrossed() {
            return Boolean.TRUE.equals(crossed);
        }

        /** It was under way when the other one returned. */
        boolean mayCrossWith(Call earlier) {
            return began < earlier.ended && !party.equals(earlier.party);
        }
    }

    private final Bench bench;
    private final Chronicle chronicle;
    private final Duration longest;
    private final List<Node> nodes = new ArrayList<>();
    private final AtomicInteger told = new AtomicInteger();
    private final AtomicInteger names = new AtomicInteger();
    // Guarded by this.
    private final List<Call> calls = new ArrayList<>();

    private BarrierRun(Bench bench, Duration longest) {
        this.bench = bench;
        this.longest = longest;
        this.chronicle = new Chronicle(bench);
    }

    /** Without faults. */
    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    BarrierRun run = new BarrierRun(bench, Duration.ofSeconds(40));
                    run.nodes.addAll(RunNodes.calm(bench, 3));
                    return new Calm(run.play(() -> {}));
                })
                .chronicle();
    }

    /** While connections break. */
    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    BarrierRun run = new BarrierRun(bench, Duration.ofSeconds(20));
                    FaultStorm storm = RunNodes.rough(bench, run.nodes);
                    storm.begin();
                    return new Rough(run.play(storm::end));
                })
                .chronicle();
    }

    private Chronicle play(Runnable calmDown) {
        chronicle.simulated(bench.inProcess());
        long began = bench.now();
        BooleanSupplier goesOn =
                () -> told.get() < CROSSINGS * PARTIES && bench.since(began).compareTo(LONG) < 0;
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (Node node : nodes) {
            for (int i = 0; i < CALLERS; i++) {
                callers.add(caller(node, 7, () -> true, goesOn));
            }
        }
        // Whoever still waits at the end crosses with these.
        Node steady = nodes.get(nodes.size() - 1);
        List<CompletableFuture<?>> all = new ArrayList<>(callers);
        for (int i = 1; i < PARTIES; i++) {
            all.add(caller(
                    steady,
                    0,
                    () -> !goesOn.getAsBoolean(),
                    () -> !callers.stream().allMatch(CompletableFuture::isDone)));
        }
        try {
            bench.join(all, Duration.ofMinutes(2));
        } finally {
            calmDown.run();
        }
        judge();
        return chronicle;
    }

    /** A caller that comes again and again from one moment to another; of ten calls so many wait as long as it takes. */
    private CompletableFuture<Boolean> caller(Node node, int patient, BooleanSupplier begins, BooleanSupplier goesOn) {
        Random random = new Random(bench.random().nextLong());
        return bench.async(() -> {
            String party = next();
            while (!begins.getAsBoolean()) {
                bench.pass(Duration.ofMillis(20));
            }
            while (goesOn.getAsBoolean()) {
                boolean isPatient = random.nextInt(10) < patient;
                Duration patience = isPatient ? longest : Duration.ofMillis(random.nextInt(4) * 15L);
                if (!arrive(node, party, patience, isPatient)) {
                    party = next();
                }
                bench.pass(Duration.ofMillis(random.nextInt(4)));
            }
            return true;
        });
    }

    private String next() {
        return "party-" + names.incrementAndGet();
    }

    /** Returns false if the party may still be stored, so the next call has to be of another party. */
    private boolean arrive(Node node, String party, Duration patience, boolean isPatient) throws Exception {
        Barrier barrier = node.sereno().barrier(NAME, PARTIES);
        Set<String> before = waiting();
        long began = chronicle.tick();
        boolean crossed;
        try {
            crossed = bench.kit().crew().waiting(() -> barrier.await(party, patience));
        } catch (NotAppliedException e) {
            // The store was out of reach.
            bench.pass(Duration.ofMillis(10));
            return true;
        } catch (OutcomeUnknownException e) {
            record(new Call(party, began, Long.MAX_VALUE, null));
            return false;
        }
        record(new Call(party, began, chronicle.tick(), crossed));
        if (crossed) {
            told.incrementAndGet();
            Set<String> passed = waiting();
            passed.retainAll(before);
            chronicle.require(
                    "BAR-3",
                    passed.isEmpty(),
                    party + " of " + node + " has crossed, and has passed " + passed
                            + ", which waited before it came and still wait");
        } else if (isPatient) {
            chronicle.require(
                    "BAR-3",
                    false,
                    node + " waited " + Bench.text(patience) + " for others, while they come every few milliseconds");
        }
        return true;
    }

    private synchronized void record(Call call) {
        calls.add(call);
    }

    /**
     * The places that wait. The head is read first: the name of a place that is decided stays there for as long as the place exists. So a place that is shown by two calls of
     * this method had not crossed when the second one began.
     */
    private Set<String> waiting() {
        Set<String> decided = new HashSet<>();
        for (String line : head()) {
            if (line.startsWith("crossed ") || line.startsWith("replaced ")) {
                decided.addAll(List.of(line.split(" ", -1)));
            }
        }
        return new Queues(bench.judge(), DIRECTORY)
                .live().stream()
                        .map(Entry::name)
                        .filter(place -> !decided.contains(place))
                        .collect(Collectors.toSet());
    }

    private List<String> head() {
        return bench.judge().one(DIRECTORY, "h").stream()
                .flatMap(entry -> entry.value().toUtf8().lines())
                .toList();
    }

    /**
     * BAR-1 and BAR-2 from what the calls returned. Calls that cross together were under way at one moment. So the call that returned first crossed with others that had
     * begun by then, and might as well have crossed with those of them that returned next: if these groups do not exist, no others do.
     */
    private synchronized void judge() {
        List<Call> crossed = new ArrayList<>(calls.stream()
                .filter(Call::hasCrossed)
                .sorted(Comparator.comparingLong(Call::ended))
                .toList());
        List<Call> unknown = new ArrayList<>(
                calls.stream().filter(call -> call.crossed == null).toList());
        int unknowns = unknown.size();
        long returned = crossed.size();
        while (!crossed.isEmpty()) {
            Call first = crossed.remove(0);
            List<Call> group = new ArrayList<>(List.of(first));
            take(first, crossed, group);
            take(first, unknown, group);
            chronicle.require(
                    "BAR-1",
                    group.size() == PARTIES,
                    first
                            + " has crossed, and of the calls that were under way then only these may have crossed with it: "
                            + group);
            chronicle.require(
                    "BAR-2",
                    underWay(first) >= PARTIES,
                    first + " has crossed, and so many parties were there in all: " + underWay(first));
        }
        long stored = PARTIES
                * head().stream()
                        .filter(line -> line.startsWith("crossings "))
                        .mapToLong(line -> Long.parseLong(line.substring("crossings ".length())))
                        .sum();
        chronicle.require(
                "BAR-1",
                returned <= stored && stored <= returned + unknowns,
                stored + " parties have crossed, and " + returned + " calls said so, and of " + unknowns
                        + " it is not known");
    }

    private static void take(Call first, List<Call> from, List<Call> group) {
        for (Call call : List.copyOf(from)) {
            if (group.size() < PARTIES && call.mayCrossWith(first)) {
                group.add(call);
                from.remove(call);
            }
        }
    }

    /** The parties with a call that was under way together with this one. */
    private long underWay(Call call) {
        Set<String> parties = new HashSet<>();
        for (Call other : calls) {
            if (other.began < call.ended && other.ended > call.began) {
                parties.add(other.party);
            }
        }
        return parties.size();
    }
}
