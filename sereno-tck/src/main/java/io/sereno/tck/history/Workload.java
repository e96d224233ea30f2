package io.sereno.tck.history;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Several clients that get in each other's way: few entries, many commits on conditions that may just have become
 * false, reads of every kind, leases that are renewed, revoked and left to expire, watches that read on every notice. A
 * {@link Recorder} records what happens; the given backends must be recorded ones.
 *
 * <p>The workload runs in rounds, each in a directory of its own. At the end of a round every entry is changed once
 * more, and the round waits until every watch was notified and read that change, so that a lost notice is detected. A
 * notice after which the change cannot be read may belong to an earlier change: then the round goes on waiting.
 *
 * <p>Completions and timers drive everything; no thread waits. The same seed makes the same choices, as far as the
 * store gives the same answers in the same order.
 */
public final class Workload {
    private static final List<String> PLAIN = List.of("a", "b", "c");
    private static final List<String> SEESAW = List.of("x", "y");
    private static final List<String> LEASED = List.of("l", "m");
    private static final String LEFT_BEHIND = "n";
    private static final int LANES = 2;

    private final List<Backend> clients;
    private final TimeSource time;
    private final Executor executor;
    private final Settings settings;
    private final Weather weather;
    private final AtomicLong lastValue = new AtomicLong();

    /** Faults that are injected while the clients of a round are busy. */
    public interface Weather {
        /** Called when the clients begin. Must not block. */
        void begin();

        /** Called when the clients are done; ends the faults that are still active. Must not block for long. */
        void end();

        /** No faults. */
        static Weather calm() {
            return new Weather() {
                @Override
                public void begin() {}

                @Override
                public void end() {}
            };
        }
    }

    /**
     * The amount of work.
     *
     * @param seed decides every choice
     * @param firstRound the number of the first round, so that a second workload uses other directories than the first
     * @param rounds how many there are; every third has leases
     * @param operations of each of a client's two lanes in a round
     * @param think the longest time between two operations of a lane
     * @param ttl of leases
     * @param lateness how much later they may end
     * @param patience how long a round waits at its end for notices
     */
    public record Settings(
            long seed,
            int firstRound,
            int rounds,
            int operations,
            Duration think,
            Duration ttl,
            Duration lateness,
            Duration patience) {}

    /**
     * Prepares a workload.
     *
     * @param clients recorded backends, each with its own connection
     * @param time measures the waits between operations
     * @param executor runs the continuations
     * @param settings the amount of work
     * @param weather the faults that are injected meanwhile
     */
    public Workload(List<Backend> clients, TimeSource time, Executor executor, Settings settings, Weather weather) {
        this.weather = weather;
        this.clients = List.copyOf(clients);
        this.time = time;
        this.executor = executor;
        this.settings = settings;
    }

    /** Runs the workload; completes when the last round is over, even if operations failed. */
    public CompletionStage<Void> run() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        next(settings.firstRound(), done);
        return done;
    }

    private void next(int round, CompletableFuture<Void> done) {
        if (round == settings.firstRound() + settings.rounds()) {
            done.complete(null);
            return;
        }
        new Round(round).run().whenComplete((nothing, failure) -> {
            if (failure == null) {
                next(round + 1, done);
            } else {
                done.completeExceptionally(failure);
            }
        });
    }

    /** One directory, and what is done there. */
    private final class Round {
        private final String directory;
        private final boolean withLeases;
        /** A directory with a seesaw is never empty, so only some rounds have one. */
        private final boolean withSeesaw;

        private final long seed;
        private final CompletableFuture<Void> over = new CompletableFuture<>();
        private final AtomicInteger lanesLeft;
        private final List<ReadingListener> watches = new CopyOnWriteArrayList<>();

        Round(int number) {
            this.directory = "round-" + number;
            this.withLeases = number % 3 == 2;
            this.withSeesaw = number % 2 == 1;
            this.seed = settings.seed() * 31 + number;
            this.lanesLeft = new AtomicInteger(clients.size() * LANES + (withLeases ? 1 : 0));
        }

        CompletionStage<Void> run() {
            List<CompletableFuture<?>> watching = new ArrayList<>();
            for (Backend client : clients) {
                watching.add(watch(client, Optional.empty()));
            }
            watching.add(watch(clients.get(0), Optional.of(PLAIN.get(0))));
            allOf(watching).whenComplete((live, failure) -> start());
            return over;
        }

        private CompletableFuture<?> watch(Backend client, Optional<String> name) {
            ReadingListener listener = new ReadingListener(client, new Target(directory, name));
            return client.watch(listener.target(), listener)
                    .thenAccept(watch -> watches.add(listener))
                    .toCompletableFuture();
        }

        private void start() {
            weather.begin();
            for (int client = 0; client < clients.size(); client++) {
                Tenancy tenancy = new Tenancy(clients.get(client));
                for (int lane = 0; lane < LANES; lane++) {
                    new Lane(client, lane, tenancy).goOn();
                }
            }
            if (withLeases) {
                new Succession(clients.get(clients.size() - 1), clients.get(0)).begin();
            }
        }

        void laneDone() {
            if (lanesLeft.decrementAndGet() == 0) {
                weather.end();
                finish(0, time.nanoTime());
            }
        }

        /** Changes every entry once more, one after another, each until the change is acknowledged. */
        private void finish(int place, long since) {
            boolean patient = time.nanoTime() - since < settings.patience().toNanos();
            if (place == PLAIN.size() || !patient) {
                readAll();
                return;
            }
            String name = PLAIN.get(place);
            Commit last = Commit.to(directory).put(name, value()).build();
            watches.forEach(listener -> listener.isDue(name));
            clients.get(place % clients.size()).commit(last).whenComplete((result, failure) -> {
                if (failure == null && result instanceof CommitResult.Committed committed) {
                    watches.forEach(listener -> listener.isDue(name, committed.revision()));
                    executor.execute(() -> finish(place + 1, since));
                } else {
                    watches.forEach(listener -> listener.isNotDue(name));
                    time.schedule(Duration.ofMillis(20), executor, () -> finish(place, since));
                }
            });
        }

        private void readAll() {
            List<CompletableFuture<Snapshot>> reads = new ArrayList<>();
            for (Backend client : clients) {
                reads.add(client.read(new Query.All(directory)).toCompletableFuture());
            }
            allOf(reads).whenComplete((read, failure) -> {
                reads.stream()
                        .filter(each -> !each.isCompletedExceptionally())
                        .forEach(each -> areDue(each.join().entries()));
                awaitNotices(time.nanoTime());
            });
        }

        /** A commit of unknown outcome may have changed an entry after the last commit of the round. */
        private void areDue(List<Entry> last) {
            last.forEach(entry -> watches.forEach(listener -> listener.isDue(entry.name(), entry.modRevision())));
        }

        private void awaitNotices(long since) {
            boolean patient = time.nanoTime() - since < settings.patience().toNanos();
            if (patient && watches.stream().anyMatch(ReadingListener::isOwedSomething)) {
                time.schedule(Duration.ofMillis(2), executor, () -> awaitNotices(since));
            } else {
                over.complete(null);
            }
        }

        /** What one client holds and knows in this round, shared by its lanes. */
        private static final class Tenancy {
            private final Backend backend;
            /** The last version that it saw of each entry. */
            private final Map<String, Entry> known = new ConcurrentHashMap<>();

            private volatile @Nullable Lease lease;

            Tenancy(Backend backend) {
                this.backend = backend;
            }

            void learn(Optional<Snapshot> snapshot) {
                snapshot.ifPresent(shown -> shown.entries().forEach(entry -> known.put(entry.name(), entry)));
            }
        }

        /**
         * A client puts an entry under a lease and leaves the lease to expire; another client reads until the entry is
         * gone; and then the first client tries to use the lease, again and again.
         */
        private final class Succession {
            private static final int TRIES = 6;

            private final Backend owner;
            private final Backend witness;
            private int looks = 40;

            Succession(Backend owner, Backend witness) {
                this.owner = owner;
                this.witness = witness;
            }

            void begin() {
                owner.grantLease(settings.ttl()).whenComplete((lease, failure) -> {
                    if (failure != null) {
                        laneDone();
                        return;
                    }
                    Commit put = Commit.to(directory)
                            .ifAbsent(LEFT_BEHIND)
                            .put(LEFT_BEHIND, value(), lease.id())
                            .build();
                    owner.commit(put).whenComplete((result, failed) -> later(() -> look(lease)));
                });
            }

            private void later(Runnable next) {
                Duration pause = settings.ttl().plus(settings.lateness()).dividedBy(10);
                time.schedule(pause, executor, next);
            }

            private void look(Lease lease) {
                witness.read(new Query.One(directory, LEFT_BEHIND)).whenComplete((snapshot, failure) -> {
                    if (failure == null && snapshot.entries().isEmpty()) {
                        executor.execute(() -> use(lease, TRIES));
                    } else if (looks-- > 0) {
                        later(() -> look(lease));
                    } else {
                        laneDone();
                    }
                });
            }

            private void use(Lease lease, int left) {
                if (left == 0) {
                    laneDone();
                    return;
                }
                Commit put = Commit.to(directory)
                        .ifAbsent(LEFT_BEHIND)
                        .put(LEFT_BEHIND, value(), lease.id())
                        .build();
                lease.renew()
                        .whenComplete((alive, failure) -> owner.commit(put)
                                .whenComplete((result, failed) -> executor.execute(() -> use(lease, left - 1))));
            }
        }

        /** A series of operations, each begun when the one before has ended. */
        private final class Lane {
            private final Tenancy tenancy;
            private final Backend backend;
            private final SplittableRandom random;
            private int left = settings.operations();

            Lane(int client, int lane, Tenancy tenancy) {
                this.tenancy = tenancy;
                this.backend = tenancy.backend;
                this.random = new SplittableRandom((seed * 31 + client) * 31 + lane);
            }

            void goOn() {
                long think = withLeases
                        ? settings.ttl()
                                .multipliedBy(5)
                                .dividedBy(2)
                                .plus(settings.lateness())
                                .multipliedBy(2)
                                .dividedBy(settings.operations())
                                .toNanos()
                        : settings.think().toNanos();
                time.schedule(Duration.ofNanos(random.nextLong(think + 1)), executor, this::step);
            }

            private void step() {
                if (left-- == 0) {
                    laneDone();
                    return;
                }
                operation().whenComplete((done, failure) -> goOn());
            }

            private CompletionStage<?> operation() {
                int dice = random.nextInt(100);
                if (withLeases && dice < 24) {
                    return underLease(dice);
                }
                if (dice < 50) {
                    return backend.read(query())
                            .whenComplete((snapshot, failure) -> tenancy.learn(Optional.ofNullable(snapshot)));
                }
                return commit();
            }

            private Query query() {
                int dice = random.nextInt(10);
                if (dice < 6) {
                    return new Query.All(directory);
                }
                return dice < 8
                        ? new Query.One(directory, any(PLAIN))
                        : new Query.Range(directory, random.nextBoolean() ? "" : "a", 1 + random.nextInt(3));
            }

            private CompletionStage<?> underLease(int dice) {
                Lease lease = tenancy.lease;
                if (lease == null) {
                    return backend.grantLease(settings.ttl()).thenAccept(granted -> tenancy.lease = granted);
                }
                boolean firstHalf = left > settings.operations() / 2;
                if (dice < 6 && firstHalf) {
                    return lease.renew();
                }
                if (dice < 3) {
                    // The lease has most likely ended by now, and the renewal should report that.
                    return lease.renew();
                }
                if (dice == 3) {
                    return lease.revoke();
                }
                String name = any(LEASED);
                Commit.Builder commit = Commit.to(directory);
                Entry seen = tenancy.known.get(name);
                if (seen != null && seen.leaseId() == lease.id() && random.nextBoolean()) {
                    commit.ifCreateRevision(name, seen.createRevision());
                } else {
                    commit.ifAbsent(name);
                }
                commit.put(name, value(), lease.id());
                return send(commit);
            }

            private CompletionStage<?> commit() {
                Commit.Builder commit = Commit.to(directory);
                String first = any(PLAIN);
                String second = other(first);
                switch (random.nextInt(withSeesaw ? 17 : 13)) {
                    case 0, 1, 2 -> commit.ifAbsent(first).put(first, value());
                    case 3, 4 -> condition(commit, first).put(first, value());
                    case 5 -> condition(commit, first).put(first, value()).put(second, value());
                    case 6 -> commit.put(first, value()).put(second, value());
                    case 7 -> condition(commit, first).delete(first);
                    case 8 -> commit.delete(first);
                    case 9 -> condition(commit, first).delete(second).put(first, value());
                    case 10, 11 -> condition(condition(commit, first), second);
                    case 13, 14 -> seesawCheck(commit);
                    case 15, 16 -> seesaw(commit, SEESAW.get(random.nextInt(2)));
                    default -> {
                        if (withLeases) {
                            commit.delete(any(LEASED));
                        } else {
                            condition(commit, first).put(second, value());
                        }
                    }
                }
                return send(commit);
            }

            /**
             * From the first of these commits on, exactly one of the two entries is present: separate reads find both,
             * or none.
             */
            private void seesaw(Commit.Builder commit, String up) {
                String down = SEESAW.get(1 - SEESAW.indexOf(up));
                commit.ifAbsent(up).put(up, value()).delete(down);
            }

            private void seesawCheck(Commit.Builder commit) {
                if (random.nextBoolean()) {
                    SEESAW.forEach(commit::ifPresent);
                } else {
                    SEESAW.forEach(commit::ifAbsent);
                }
            }

            private CompletionStage<?> send(Commit.Builder commit) {
                Commit built = returning(commit.build());
                return backend.commit(built).thenAccept(result -> {
                    if (result instanceof CommitResult.Committed committed) {
                        tenancy.learn(committed.snapshot());
                    } else if (result instanceof CommitResult.Conflict conflict) {
                        tenancy.learn(conflict.snapshot());
                    } else if (result instanceof CommitResult.LeaseDead && random.nextInt(3) == 0) {
                        tenancy.lease = null;
                    }
                });
            }

            /**
             * Two of five commits ask for a read in the result: of all entries, of those that were read or written, or
             * of some.
             */
            private Commit returning(Commit commit) {
                Optional<String> named = Stream.concat(
                                commit.conditions().stream().map(Condition::name),
                                commit.writes().stream().map(Write::name))
                        .findFirst();
                return switch (random.nextInt(10)) {
                    case 0 -> asking(commit, new Query.All(directory));
                    case 1, 2 -> asking(commit, new Query.One(directory, named.orElse(PLAIN.get(0))));
                    case 3 -> asking(commit, new Query.Range(directory, "", 1 + random.nextInt(PLAIN.size())));
                    default -> commit;
                };
            }

            private static Commit asking(Commit commit, Query query) {
                return new Commit(commit.directory(), commit.conditions(), commit.writes(), Optional.of(query));
            }

            private Commit.Builder condition(Commit.Builder commit, String name) {
                Entry seen = tenancy.known.get(name);
                int dice = random.nextInt(6);
                if (seen == null || dice == 0) {
                    return random.nextBoolean() ? commit.ifAbsent(name) : commit.ifPresent(name);
                }
                return dice < 4
                        ? commit.ifModRevision(name, seen.modRevision())
                        : commit.ifCreateRevision(name, seen.createRevision());
            }

            private String any(List<String> names) {
                return names.get(random.nextInt(names.size()));
            }

            private String other(String name) {
                return PLAIN.get((PLAIN.indexOf(name) + 1 + random.nextInt(PLAIN.size() - 1)) % PLAIN.size());
            }
        }
    }

    private static CompletionStage<Void> allOf(List<? extends CompletableFuture<?>> stages) {
        return CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new));
    }

    private Bytes value() {
        return Bytes.utf8("v" + lastValue.incrementAndGet());
    }
}
