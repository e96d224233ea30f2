package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Write;
import io.sereno.suite.mutants.RecipeMutants.Call;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Generators that generate an id twice, go back, extend too often or too late, or continue when they must not. */
final class IdMutants {
    private IdMutants() {}

    static void addTo(Mutants all) {
        slots(all);
        windows(all);
        clocks(all);
        marks(all);
        layouts(all);
    }

    private static void slots(Mutants all) {
        all.backend("IDS-1", "a mark goes with the session of its slot").with(IdMutants::leasedMarks);
        all.backend("IDS-1", "a slot is drawn without a check")
                .with((world, below) -> new Hooks(below)
                        .reads(query ->
                                query instanceof Query.One one && one.name().startsWith("hw-")
                                        ? completedFuture(new Snapshot(List.of(), false))
                                        : below.read(query))
                        .commits(commit -> below.commit(without(
                                commit,
                                condition -> condition.name().startsWith("hw-")
                                        || condition.name().startsWith("slot-")))));
        all.recipe("IDS-2", "ids that were taken together are returned in reverse order")
                .in(ids((gen, method, call) -> method.equals("nextId") ? gen.fromTheEnd() : call.go()));
        all.recipe("IDS-2", "the tick of an id is the time of its request")
                .in(ids((gen, method, call) -> method.equals("nextId")
                        ? gen.byTheClock((long) Objects.requireNonNull(call.go()))
                        : call.go()));
    }

    private static void windows(Mutants all) {
        all.recipe("IDS-3", "the layout is read from the store for each id")
                .with((store, settings) -> generators(store, settings, (gen, method, call) -> {
                    if (method.equals("nextId")) {
                        store.read(new Query.One("ids/" + gen.name, "layout"))
                                .toCompletableFuture()
                                .join();
                    }
                    return call.go();
                }));
        all.backend("IDS-3", "the next window is reserved only at the end of the last one")
                .with(IdMutants::atTheEnd);
        all.recipe("IDS-4", "at the end of its window a generator counts on").in(ids((gen, method, call) -> {
            try {
                Object id = call.go();
                if (method.equals("nextId")) {
                    gen.last.set((long) Objects.requireNonNull(id));
                }
                return id;
            } catch (NotAppliedException atTheEnd) {
                if (!method.equals("nextId")) {
                    throw atTheEnd;
                }
                return gen.last.incrementAndGet();
            }
        }));
        all.recipe("IDS-4", "without a session a generator makes no ids").in(ids((gen, method, call) -> {
            if (method.equals("nextId") && gen.last.get() != 0 && gen.sereno.sessionState() != SessionState.CONNECTED) {
                throw new NotAppliedException("no session");
            }
            gen.last.set(1);
            return call.go();
        }));
    }

    private static void clocks(Mutants all) {
        all.recipe("IDS-5", "tryNextId waits for its clock as long as nextId does")
                .in(ids((gen, method, call) ->
                        method.equals("tryNextId") ? OptionalLong.of(gen.right.nextId()) : call.go()));
        all.recipe("IDS-5", "the tick of an id follows the clock in both directions")
                .in(ids((gen, method, call) -> {
                    Object made = call.go();
                    return method.equals("tryNextId") && made instanceof OptionalLong id && id.isPresent()
                            ? OptionalLong.of(gen.byTheClock(id.getAsLong()))
                            : made;
                }));
    }

    private static void marks(Mutants all) {
        all.backend("IDS-6", "a mark is put without a condition on its former value")
                .requests(commit -> reserves(commit)
                        ? without(
                                commit,
                                condition -> condition.name().startsWith("hw-")
                                        || condition.name().startsWith("x-"))
                        : commit);
        all.backend("IDS-6", "a reservation of unknown outcome counts as made")
                .afterFailures((below, commit, lost) -> reserves(commit) && Failures.isUnknown(lost)
                        ? completedFuture(new CommitResult.Committed(1, Optional.empty()))
                        : failedFuture(lost));
    }

    private static void layouts(Mutants all) {
        all.backend("IDS-7", "layouts are not compared")
                .with((world, below) -> new Hooks(below)
                        .reads(query ->
                                query instanceof Query.One one && one.name().equals("layout")
                                        ? completedFuture(new Snapshot(List.of(), false))
                                        : below.read(query))
                        .commits(commit -> below.commit(
                                without(commit, condition -> condition.name().equals("layout")))));
        all.recipe("IDS-7", "a lack of free slots is reported as a timeout").in(ids((gen, method, call) -> {
            try {
                return call.go();
            } catch (NotAppliedException why) {
                throw new NotAppliedException("nextId was not answered in time");
            }
        }));
        all.recipe("IDS-7", "a clock before the epoch counts as the epoch").in(outside("epoch"));
        all.recipe("IDS-7", "a clock beyond the time bits begins again at 0").in(outside("time bits"));
    }

    private static Mutants.Client outside(String word) {
        return ids((gen, method, call) -> {
            try {
                return call.go();
            } catch (NotAppliedException refused) {
                if (!String.valueOf(refused.getMessage()).contains(word) || !method.equals("nextId")) {
                    throw refused;
                }
                return gen.byTheClock(0);
            }
        });
    }

    private static boolean reserves(Commit commit) {
        return commit.writes().stream().anyMatch(write -> write.name().startsWith("hw-"));
    }

    private static Commit without(Commit commit, Predicate<Condition> left) {
        List<Condition> kept =
                commit.conditions().stream().filter(left.negate()).toList();
        return commit.directory().startsWith("ids/") ? Commits.conditioned(commit, kept) : commit;
    }

    private interface Broken {
        @Nullable
        Object of(Generator generator, String method, Call call) throws Throwable;
    }

    private static Mutants.Client ids(Broken broken) {
        return (world, store, settings) -> generators(store, settings, broken);
    }

    private static Sereno generators(Backend store, UnaryOperator<Sereno.Builder> settings, Broken broken) {
        Clock clock = new Clock();
        Sereno sereno =
                settings.apply(clock.seenBy(Sereno.builder().backend(store))).connect();
        Map<String, Generator> all = new ConcurrentHashMap<>();
        return changed(Sereno.class, sereno, (make, made) -> {
            Object result = made.go();
            if (!(result instanceof IdGenerator right)) {
                return result;
            }
            String name = made.given(0, String.class);
            Generator generator = all.computeIfAbsent(name, n -> new Generator(name, right, sereno, clock));
            return changed(IdGenerator.class, right, (method, call) -> broken.of(generator, method, call));
        });
    }

    /** The shared state of the objects of one name within a client. */
    private static final class Generator {
        final String name;
        final IdGenerator right;
        final Sereno sereno;
        private final Clock clock;
        private final Deque<Long> taken = new ArrayDeque<>();
        final AtomicLong last = new AtomicLong();

        Generator(String name, IdGenerator right, Sereno sereno, Clock clock) {
            this.name = name;
            this.right = right;
            this.sereno = sereno;
            this.clock = clock;
        }

        long fromTheEnd() {
            synchronized (taken) {
                if (taken.isEmpty()) {
                    for (long id : right.nextIds(4)) {
                        taken.addFirst(id);
                    }
                }
                return taken.removeFirst();
            }
        }

        /** The same slot and sequence, at the time of the clock. */
        long byTheClock(long id) {
            IdLayout layout = right.layout();
            int low = layout.sequenceBits() + layout.slotBits();
            long ticks = Math.max(
                    0, Duration.between(layout.epoch(), clock.time().wall()).dividedBy(layout.tick()));
            long kept = ticks & ((1L << layout.timeBits()) - 1);
            return (kept << low) | (id & ((1L << low) - 1));
        }
    }

    /** The clock that a client gets. */
    private static final class Clock {
        private final AtomicReference<TimeSource> time = new AtomicReference<>();

        TimeSource time() {
            return Objects.requireNonNull(time.get());
        }

        Sereno.Builder seenBy(Sereno.Builder builder) {
            AtomicReference<Sereno.Builder> self = new AtomicReference<>();
            self.set(changed(Sereno.Builder.class, builder, (method, call) -> {
                if (method.equals("timeSource")) {
                    time.set(call.given(0, TimeSource.class));
                }
                Object result = call.go();
                return result instanceof Sereno.Builder ? Objects.requireNonNull(self.get()) : result;
            }));
            return Objects.requireNonNull(self.get());
        }
    }

    /** Puts all entries of a slot under one lease. */
    private static Backend leasedMarks(Backend below) {
        Map<String, Long> leases = new ConcurrentHashMap<>();
        return new Hooks(below).commits(commit -> {
            if (!commit.directory().startsWith("ids/") || !reserves(commit)) {
                return below.commit(commit);
            }
            long own = PlainStore.leaseOf(commit);
            List<Write> writes = commit.writes().stream()
                    .map(write -> {
                        if (!(write instanceof Write.Put put) || !put.name().startsWith("hw-")) {
                            return write;
                        }
                        String mark = commit.directory() + put.name();
                        if (own != 0) {
                            leases.put(mark, own);
                        }
                        return new Write.Put(put.name(), put.value(), leases.getOrDefault(mark, 0L));
                    })
                    .toList();
            return below.commit(Commits.writing(commit, writes));
        });
    }

    /** Delays an extension as long as there are ticks left. */
    private static Backend atTheEnd(World world, Backend below) {
        return new Hooks(below).commits(commit -> {
            boolean extendsWindow = reserves(commit)
                    && commit.writes().stream().noneMatch(write -> write.name().startsWith("slot-"));
            if (!extendsWindow) {
                return below.commit(commit);
            }
            CompletableFuture<CommitResult> later = new CompletableFuture<>();
            world.later(Duration.ofSeconds(2), () -> {
                CompletionStage<CommitResult> unused = below.commit(commit).whenComplete((result, failure) -> {
                    if (failure == null) {
                        later.complete(result);
                    } else {
                        later.completeExceptionally(failure);
                    }
                });
            });
            return later;
        });
    }
}
