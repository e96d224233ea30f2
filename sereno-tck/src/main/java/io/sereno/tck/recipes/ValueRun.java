package io.sereno.tck.recipes;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SharedValue;
import io.sereno.Versioned;
import io.sereno.tck.history.CounterModel;
import io.sereno.tck.history.Linearizability;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.FaultStorm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Callers of several clients who change one shared value in every way, each to a number of its own, while each client keeps it cached. 0 stands for no
 * value. So the value is a counter on which only {@code set}, {@code get} and {@code compareAndSet} are called. {@link MapRun} does so with the values
 * of a map at the same time.
 */
final class ValueRun {
    private static final String NAME = "value";
    static final Codec<Long> NUMBERS = Codec.of(
            number -> Codec.utf8().encode(Long.toString(number)),
            octets -> Long.valueOf(Codec.utf8().decode(octets)));
    private static final int CALLERS = 2;
    private static final long BUDGET = 3_000_000;

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private record Version(long incarnation, long change) {}

    /** What a client keeps cached of the value. */
    interface Cached {
        Optional<Versioned<Long>> get();

        boolean isCurrent();
    }

    /**
     * The value that is changed.
     *
     * @param history the rule about the order of its changes
     * @param view the rule about what is cached
     */
    record Subject(String history, String view, Function<Node, SharedValue<Long>> of) {}

    private final Bench bench;
    private final Chronicle chronicle;
    private final List<Node> nodes;
    private final int rounds;
    private final Subject subject;
    private final AtomicLong numbers = new AtomicLong();
    private final List<Linearizability.Call<CounterModel.Action>> calls = new ArrayList<>();
    private final Map<Long, Version> versions = new HashMap<>();

    ValueRun(Bench bench, Chronicle chronicle, List<Node> nodes, int rounds, Subject subject) {
        this.bench = bench;
        this.nodes = nodes;
        this.rounds = rounds;
        this.subject = subject;
        this.chronicle = chronicle;
    }

    private static ValueRun of(Bench bench, List<Node> nodes, int rounds) {
        Chronicle chronicle = new Chronicle(bench);
        chronicle.simulated(bench.inProcess());
        return new ValueRun(bench, chronicle, nodes, rounds, new Subject("SHV-1", "SHV-2", ValueRun::value));
    }

    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    List<Node> nodes = RunNodes.calm(bench, 3);
                    return new Calm(of(bench, nodes, 30).play(caches(nodes), () -> {}));
                })
                .chronicle();
    }

    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    List<Node> nodes = new ArrayList<>();
                    FaultStorm storm = RunNodes.rough(bench, nodes);
                    List<Cached> caches = caches(nodes);
                    storm.begin();
                    return new Rough(of(bench, nodes, 40).play(caches, storm::end));
                })
                .chronicle();
    }

    private static List<Cached> caches(List<Node> nodes) {
        return nodes.stream().map(ValueRun::cached).toList();
    }

    private static Cached cached(Node node) {
        CachedValue<Long> cached = node.result("cached", value(node)::cached);
        return new Cached() {
            @Override
            public Optional<Versioned<Long>> get() {
                return cached.get();
            }

            @Override
            public boolean isCurrent() {
                return cached.isCurrent();
            }
        };
    }

    private static SharedValue<Long> value(Node node) {
        return node.sereno().value(NAME, NUMBERS);
    }

    private Chronicle play(List<Cached> caches, Runnable calmDown) {
        try {
            bench.join(begin(caches), Duration.ofMinutes(2));
        } finally {
            calmDown.run();
        }
        judge(caches);
        return chronicle;
    }

    /** The callers. */
    List<CompletableFuture<?>> begin(List<Cached> caches) {
        List<CompletableFuture<?>> callers = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            Cached cached = caches.get(i);
            for (int j = 0; j < CALLERS; j++) {
                Random random = new Random(bench.random().nextLong());
                callers.add(bench.async(() -> {
                    Looking looking = new Looking(node, cached);
                    for (int round = 0; round < rounds; round++) {
                        change(node, looking, random);
                        looking.look(Optional.empty());
                        bench.pass(Duration.ofMillis(random.nextInt(6)));
                    }
                    return true;
                }));
            }
        }
        return callers;
    }

    void judge(List<Cached> caches) {
        judgeCaches(caches);
        judgeOrder();
    }

    /** Looks at the cache of its client. */
    private final class Looking {
        private final Node node;
        private final Cached cached;
        private Version last = new Version(0, 0);

        Looking(Node node, Cached cached) {
            this.node = node;
            this.cached = cached;
        }

        /** A change that this client has just completed has to be shown, if the cache is current. */
        void look(Optional<Version> least) {
            boolean current = cached.isCurrent();
            Optional<Versioned<Long>> state = cached.get();
            if (state.isEmpty()) {
                return; // It may have been deleted.
            }
            Version now = note(state.get());
            chronicle.require(
                    subject.view,
                    !isBefore(now, last),
                    "the cache of " + node.name() + " shows " + now + " after " + last);
            chronicle.require(
                    subject.view,
                    !current || least.isEmpty() || !isBefore(now, least.get()),
                    "the cache of " + node.name() + " is current and shows " + now + ", and a call of this client has"
                            + " made a change after " + least.orElse(last));
            last = now;
        }
    }

    private static boolean isBefore(Version one, Version other) {
        return one.incarnation < other.incarnation
                || (one.incarnation == other.incarnation && one.change < other.change);
    }

    /** Each number has one version. */
    private Version note(Versioned<Long> seen) {
        Version version = new Version(seen.incarnation(), seen.change());
        synchronized (versions) {
            Version known = versions.putIfAbsent(seen.value(), version);
            chronicle.require(
                    subject.history,
                    known == null || known.equals(version),
                    seen.value() + ", which was set once, has " + known + " and " + version);
        }
        return version;
    }

    private void change(Node node, Looking looking, Random random) throws Exception {
        SharedValue<Long> value = subject.of.apply(node);
        long number = numbers.incrementAndGet();
        switch (random.nextInt(8)) {
            case 0, 1 -> call(node, () -> read(value), CounterModel.Get::new, Optional.empty());
            case 2, 3 -> {
                Optional<Versioned<Long>> expected = bench.kit().crew().waiting(() -> quiet(value));
                long before = expected.map(Versioned::value).orElse(0L);
                Optional<Boolean> done = call(
                        node,
                        () -> expected.isPresent()
                                ? value.compareAndSet(expected.get(), number)
                                : value.setIfAbsent(number),
                        made -> new CounterModel.CompareAndSet(before, number, Optional.of(made)),
                        Optional.of(new CounterModel.CompareAndSet(before, number, Optional.empty())));
                if (done.orElse(false) && expected.isPresent()) {
                    Versioned<Long> replaced = expected.get();
                    looking.look(Optional.of(new Version(replaced.incarnation(), replaced.change() + 1)));
                }
            }
            case 4 -> {
                AtomicLong before = new AtomicLong();
                call(
                        node,
                        () -> value.updateAndGet(present -> {
                            before.set(present.orElse(0L));
                            return number;
                        }),
                        made -> new CounterModel.Set(number, Optional.of(before.get())),
                        Optional.of(new CounterModel.Set(number, Optional.empty())));
            }
            case 5 ->
                call(
                        node,
                        () -> {
                            value.delete();
                            return true;
                        },
                        done -> new CounterModel.Delete(),
                        Optional.of(new CounterModel.Delete()));
            default ->
                call(
                        node,
                        () -> {
                            value.set(number);
                            return true;
                        },
                        done -> new CounterModel.Set(number, Optional.empty()),
                        Optional.of(new CounterModel.Set(number, Optional.empty())));
        }
    }

    private long read(SharedValue<Long> value) {
        Optional<Versioned<Long>> state = value.get();
        state.ifPresent(this::note);
        return state.map(Versioned::value).orElse(0L);
    }

    /** What a compare-and-set expects; any state will do. */
    private static Optional<Versioned<Long>> quiet(SharedValue<Long> value) {
        try {
            return value.get();
        } catch (NotAppliedException e) {
            return Optional.empty();
        }
    }

    private <T> Optional<T> call(
            Node node,
            Callable<T> call,
            Function<T, CounterModel.Action> reported,
            Optional<CounterModel.Action> ifUnknown)
            throws Exception {
        long invoked = chronicle.tick();
        try {
            T answer = bench.kit().crew().waiting(call);
            long returned = chronicle.tick();
            add(new Linearizability.Call<>(node.name(), invoked, returned, reported.apply(answer)));
            return Optional.of(answer);
        } catch (OutcomeUnknownException e) {
            ifUnknown.ifPresent(
                    action -> add(new Linearizability.Call<>(node.name(), invoked, Long.MAX_VALUE, action)));
        } catch (NotAppliedException e) {
            // The call is not in the history. If it happened all the same, its number is read, and has no place there.
            chronicle.tried(subject.history);
        }
        return Optional.empty();
    }

    private void add(Linearizability.Call<CounterModel.Action> call) {
        synchronized (calls) {
            calls.add(call);
        }
    }

    /** All reach the last state. */
    private void judgeCaches(List<Cached> caches) {
        Node judge = nodes.get(nodes.size() - 1);
        Optional<Versioned<Long>> end = judge.result("get", subject.of.apply(judge)::get);
        // A watch that died in silence costs a period, which is a ttl or a little more.
        Duration patience = bench.noticePatience().plus(Node.steady(bench).multipliedBy(2));
        for (int i = 0; i < caches.size(); i++) {
            Cached cached = caches.get(i);
            boolean reached =
                    bench.reach(() -> cached.isCurrent() && cached.get().equals(end), patience);
            chronicle.require(
                    subject.view,
                    reached,
                    "in the end the value is " + end + ", and the cache of "
                            + nodes.get(i).name() + " shows " + cached.get()
                            + (cached.isCurrent() ? "" : " and is not current"));
        }
    }

    private void judgeOrder() {
        Linearizability.Result<CounterModel.Action> result = Linearizability.check(calls, new CounterModel(), BUDGET);
        if (result.verdict() == Linearizability.Verdict.UNKNOWN) {
            chronicle.undecided("no order of " + calls.size() + " calls of a shared value was found within " + BUDGET
                    + " steps, nor that there is none");
        }
        calls.forEach(call -> chronicle.tried(subject.history));
        if (result.verdict() == Linearizability.Verdict.IMPOSSIBLE) {
            chronicle.breach(
                    subject.history,
                    "no order of these calls explains their results; the first call that fits into no order is "
                            + result.stuck()
                                    .map(call -> call.client() + ": " + call.action())
                                    .orElse("not known"));
        }
    }
}
