package io.sereno.tck.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Clients that do not open, do not end, or get in each other's way; and guarantees that are not true. */
final class LifeMutants {
    private LifeMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.connected("LIF-1a", "to close twice is an error", (world, config) -> {
                    AtomicBoolean closed = new AtomicBoolean();
                    return new PlainClient(world.store(config), config) {
                        @Override
                        public void close() {
                            if (closed.getAndSet(true)) {
                                throw new IllegalStateException("closed already");
                            }
                            super.close();
                        }
                    };
                }),
                Mutant.client(
                        "LIF-1a", "close() waits until no listener runs", (world, below) -> new Orderly(world, below)),
                Mutant.library(
                        "LIF-1b",
                        "close() says good-bye, and waits for the answer",
                        (world, network, executor) -> new Polite(world, network)),
                Mutant.library(
                        "LIF-2",
                        "stages that are open are forgotten by close()",
                        (world, network, executor) -> new PendingClose(network)),
                Mutant.library(
                        "LIF-2",
                        "a commit that was under way is told as NOT_APPLIED by close()",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return super.commit(commit)
                                        .exceptionallyCompose(failure -> failedFuture(
                                                new BackendException(Outcome.NOT_APPLIED, false, "closed", failure)));
                            }
                        }),
                Mutant.client("LIF-3", "reads work after close", (world, below) -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Snapshot> read(Query query) {
                        return super.read(query).exceptionally(closed -> new Snapshot(List.of(), false));
                    }
                }),
                Mutant.client(
                        "LIF-3", "a call after close is a NullPointerException", (world, below) -> new Wrapper(below) {
                            private boolean closed;

                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                if (closed) {
                                    throw new NullPointerException("channel");
                                }
                                return super.commit(commit);
                            }

                            @Override
                            public void close() {
                                closed = true;
                                super.close();
                            }
                        }),
                Mutant.connected(
                        "LIF-4a", "a thread is left for each client", (world, config) -> new ThreadLeft(world, config)),
                Mutant.connected("LIF-4a", "a timer is left for each client", (world, config) -> {
                    config.time().schedule(Duration.ofHours(2), config.executor(), () -> {});
                    return new PlainClient(world.store(config), config);
                }),
                Mutant.connected(
                        "LIF-4b",
                        "a thread is left for each client that was opened and closed",
                        (world, config) -> new ThreadLeft(world, config)),
                Mutant.connected(
                        "LIF-5",
                        "opening against nobody succeeds",
                        (world, config) -> new PlainClient(world.store(config), without(config))),
                Mutant.library(
                        "LIF-6a", "a method waits for its answer", (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                CompletableFuture<Snapshot> read =
                                        super.read(query).toCompletableFuture();
                                try {
                                    read.get(2, TimeUnit.SECONDS);
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                } catch (java.util.concurrent.ExecutionException
                                        | java.util.concurrent.TimeoutException e) {
                                    return read;
                                }
                                return read;
                            }
                        }),
                Mutant.library(
                        "LIF-6b",
                        "a call that is not answered never ends",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                CompletableFuture<Lease> endless = new CompletableFuture<>();
                                super.grantLease(ttl).thenAccept(endless::complete);
                                return endless;
                            }
                        }),
                Mutant.library(
                        "LIF-6b",
                        "deadlines are begun anew with each attempt",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).exceptionallyCompose(lost -> super.read(query));
                            }
                        }),
                Mutant.connected("LIF-7a", "callbacks run on the only thread", (world, config) -> {
                    Executor one = WatchMutants.serial(config);
                    return new PlainClient(world.store(config), config) {
                        @Override
                        PlainWatch open(Target target, WatchListener listener) {
                            return new PlainWatch(store, target, listener, one);
                        }
                    };
                }),
                Mutant.client(
                        "LIF-7b", "completions run under a lock of the client", (world, below) -> new Locking(below)),
                Mutant.client("LIF-7c", "the client keeps its request in a field", (world, below) -> new Shared(below)),
                Mutant.store(
                        "LIF-8",
                        "something is kept for every directory that was used",
                        world -> new PlainStore(world.time()) {
                            private final java.util.Map<String, byte[]> kept = new java.util.HashMap<>();

                            @Override
                            void emptied(String directory) {
                                super.emptied(directory);
                                kept.put(directory, new byte[200]);
                            }
                        }),
                Mutant.connected(
                        "CFG-1",
                        "parameters that nobody knows are ignored",
                        (world, config) -> new PlainClient(world.store(config), without(config))),
                Mutant.connected("CFG-1", "an unknown parameter is refused without its name", (world, config) -> {
                    if (!config.parameters().isEmpty()) {
                        throw new IllegalArgumentException("bad configuration");
                    }
                    return new PlainClient(world.store(config), config);
                }),
                Mutant.connected(
                        "CFG-2",
                        "time is the system's",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            <T> CompletionStage<T> call(Supplier<T> request) {
                                try {
                                    return completedFuture(store.step(request));
                                } catch (BackendException refused) {
                                    return failedFuture(refused);
                                }
                            }
                        }),
                Mutant.connected(
                        "CFG-3",
                        "listeners run on a thread of the backend's",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            PlainWatch open(Target target, WatchListener listener) {
                                return new PlainWatch(store, target, listener, Runnable::run);
                            }
                        }),
                Mutant.connected(
                        "CFG-3",
                        "close() shuts down the executor that it was given",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public void close() {
                                super.close();
                                if (config.executor() instanceof ExecutorService service) {
                                    service.shutdown();
                                }
                            }
                        }),
                Mutant.library(
                        "CFG-4",
                        "guarantees are asked at the server",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public Guarantees guarantees() {
                                var unused = super.read(new Query.All("version"))
                                        .handle((read, failure) -> true)
                                        .toCompletableFuture()
                                        .join();
                                return super.guarantees();
                            }
                        }),
                Mutant.client(
                        "CFG-4", "guarantees change while the client lives", (world, below) -> new Wrapper(below) {
                            private int asked;

                            @Override
                            public Guarantees guarantees() {
                                Guarantees told = super.guarantees();
                                return ++asked < 3
                                        ? told
                                        : new Guarantees(
                                                told.backend(),
                                                told.serverVersion(),
                                                told.promises(),
                                                told.leastTtl(),
                                                told.greatestTtl(),
                                                told.ttlGranularity(),
                                                told.expiryLateness(),
                                                Duration.ofSeconds(asked),
                                                told.emptyDirectoryGrace(),
                                                told.maxLeases(),
                                                told.maxLeaseBytes(),
                                                told.maxValueBytes(),
                                                told.maxCommitBytes(),
                                                told.maxListingBytes(),
                                                told.maxConditions(),
                                                told.maxWrites());
                            }
                        }));
    }

    /** The configuration, as somebody sees it who does not look at parameters and hosts. */
    private static BackendConfig without(BackendConfig config) {
        return new Unread(config);
    }

    /** Forgets the reads that are open when it is closed. */
    private static final class PendingClose extends Wrapper {
        private volatile boolean closed;

        PendingClose(Backend network) {
            super(network);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            CompletableFuture<Snapshot> told = new CompletableFuture<>();
            super.read(query).whenComplete((read, failure) -> {
                if (failure == null) {
                    told.complete(read);
                } else if (!closed) {
                    told.completeExceptionally(failure);
                }
            });
            return told;
        }

        @Override
        public void close() {
            closed = true;
            super.close();
        }
    }

    /** Lets listeners come to their end before it closes. */
    private static final class Orderly extends Wrapper {
        private final World world;
        private final AtomicInteger running = new AtomicInteger();

        Orderly(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new OfListener(listener) {
                @Override
                public void changed(String name, long revision) {
                    running.incrementAndGet();
                    super.changed(name, revision);
                    running.decrementAndGet();
                }
            });
        }

        @Override
        public void close() {
            await(world, () -> completedFuture(running.get() == 0));
            super.close();
        }
    }

    /** Wants to be sure that the server knows. */
    private static final class Polite extends Wrapper {
        private final World world;

        Polite(World world, Backend network) {
            super(network);
            this.world = world;
        }

        @Override
        public void close() {
            await(world, () -> super.read(new Query.All("good-bye")).handle((read, failure) -> failure == null));
            super.close();
        }
    }

    /** Tries until it is so. Who waits is let go after some seconds of the machine's time. */
    private static void await(World world, Supplier<CompletionStage<Boolean>> attempt) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        attempt(world, attempt, done);
        var unused = done.completeOnTimeout(false, 20, TimeUnit.SECONDS).join();
    }

    private static void attempt(
            World world, Supplier<CompletionStage<Boolean>> attempt, CompletableFuture<Boolean> done) {
        attempt.get().thenAccept(held -> {
            if (held) {
                done.complete(true);
            } else if (!done.isDone()) {
                world.later(Duration.ofMillis(100), Runnable::run, () -> attempt(world, attempt, done));
            }
        });
    }

    /** A thread that nobody ends, until its world does. */
    private static final class ThreadLeft extends PlainClient {
        ThreadLeft(World world, BackendConfig config) {
            super(world.store(config), config);
            CountDownLatch end = world.end();
            Thread thread = new Thread(
                    () -> {
                        try {
                            end.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "client-io");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Completes its stages while it holds its lock. */
    private static final class Locking extends Wrapper {
        private final ReentrantLock lock = new ReentrantLock();

        Locking(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return new UnderLock<>(super.read(query).toCompletableFuture(), lock);
        }
    }

    /** Runs what hangs on it under a lock, which the next call needs as well. */
    private static final class UnderLock<T> extends CompletableFuture<T> {
        private final CompletableFuture<T> stage;
        private final ReentrantLock lock;

        UnderLock(CompletableFuture<T> stage, ReentrantLock lock) {
            this.stage = stage;
            this.lock = lock;
            lock.lock();
            try {
                CompletableFuture<T> unused = stage.whenComplete((result, failure) -> {
                    if (failure == null) {
                        complete(result);
                    } else {
                        completeExceptionally(failure);
                    }
                });
            } finally {
                lock.unlock();
            }
        }

        @Override
        public CompletableFuture<Void> thenAccept(java.util.function.Consumer<? super T> action) {
            return whenComplete((result, failure) -> action.accept(result)).thenApply(result -> null);
        }

        @Override
        public CompletableFuture<T> whenComplete(java.util.function.BiConsumer<? super T, ? super Throwable> action) {
            return stage.whenComplete((result, failure) -> {
                lock.lock();
                try {
                    action.accept(result, failure);
                } finally {
                    lock.unlock();
                }
            });
        }
    }

    /** Two threads at once meet in one field. */
    private static final class Shared extends Wrapper {
        private volatile Commit next = Commit.to("none").build();

        Shared(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            next = commit;
            LockSupport.parkNanos(1_000);
            return super.commit(next);
        }
    }
}
