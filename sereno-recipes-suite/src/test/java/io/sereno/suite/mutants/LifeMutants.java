package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Clients that do not open, do not end, or get in each other's way. */
final class LifeMutants {
    private LifeMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.connected("LIF-1a", "a second close() is an error", (world, config) -> {
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
                Mutant.client("LIF-1a", "close() waits until no listener runs", (world, below) -> new Orderly(below)),
                Mutant.library(
                        "LIF-1b",
                        "close() sends a farewell, and waits for the answer",
                        (world, network, executor) -> new Polite(network)),
                Mutant.library(
                        "LIF-2",
                        "close() leaves open stages incomplete",
                        (world, network, executor) -> new PendingClose(network)),
                Mutant.library(
                        "LIF-2",
                        "close() reports a commit under way as NOT_APPLIED",
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
                Mutant.connected("LIF-3", "a lease is renewed after close", (world, config) -> {
                    PlainStore store = world.store(config);
                    return new Wrapper(new PlainClient(store, config)) {
                        @Override
                        public CompletionStage<Lease> grantLease(Duration ttl) {
                            return super.grantLease(ttl).thenApply(lease -> new OfLease(lease) {
                                @Override
                                public CompletionStage<Boolean> renew() {
                                    return completedFuture(store.step(() -> store.renew((PlainLease) lease)));
                                }
                            });
                        }
                    };
                }),
                Mutant.client("LIF-3", "after close a call ends by its timeout", (world, below) -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                        return super.watch(target, listener).exceptionallyCompose(closed -> {
                            CompletableFuture<Watch> late = new CompletableFuture<>();
                            world.later(Duration.ofSeconds(1), Runnable::run, () -> late.completeExceptionally(closed));
                            return late;
                        });
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
                        "opening without a server succeeds",
                        (world, config) -> new PlainClient(world.store(config), without(config))),
                Mutant.connected("LIF-5", "the error does not name the address without an answer", (world, config) -> {
                    if (!config.endpoints().isEmpty()) {
                        throw new BackendException(Outcome.NOT_APPLIED, false, "cannot connect", null);
                    }
                    return new PlainClient(world.store(config), config);
                }),
                Mutant.connected("LIF-5", "opening without an answer fails for good", (world, config) -> {
                    if (!config.endpoints().isEmpty()) {
                        throw new BackendException(
                                Outcome.NOT_APPLIED, true, "cannot connect to " + config.endpoints(), null);
                    }
                    return new PlainClient(world.store(config), config);
                }),
                Mutant.library(
                        "LIF-6a",
                        "a renewal waits for the renewal before",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Lease> grantLease(Duration ttl) {
                                return super.grantLease(ttl).thenApply(Patient::new);
                            }
                        }),
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
                        "deadlines start again with each attempt",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Snapshot> read(Query query) {
                                return super.read(query).exceptionallyCompose(lost -> super.read(query));
                            }
                        }),
                Mutant.connected("LIF-7a", "callbacks run on the only thread", (world, config) -> {
                    Executor one = new InTurn(config.executor());
                    return new PlainClient(world.store(config), config) {
                        @Override
                        PlainWatch open(Target target, WatchListener listener) {
                            return new PlainWatch(store, target, listener, one);
                        }
                    };
                }),
                Mutant.connected("LIF-7a", "one thread delivers notices and answers", (world, config) -> {
                    Executor one = new InTurn(config.executor());
                    return new OneThread(new PlainClient(world.store(config), config), one);
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
                        }));
    }

    /** The configuration, for a client that ignores parameters and hosts. */
    static BackendConfig without(BackendConfig config) {
        return new Unread(config);
    }

    /** Forgets the pending reads when it is closed. */
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

    /** Waits for running listeners before it closes. */
    private static final class Orderly extends Wrapper {
        private final AtomicInteger running = new AtomicInteger();

        Orderly(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, counting(running, listener));
        }

        @Override
        public void close() {
            await(() -> completedFuture(running.get() == 0));
            super.close();
        }
    }

    static WatchListener counting(AtomicInteger running, WatchListener listener) {
        return new Wrapper.OfListener(listener) {
            @Override
            public void changed(String name, long revision) {
                running.incrementAndGet();
                super.changed(name, revision);
                running.decrementAndGet();
            }
        };
    }

    /** Waits at close until the server answers. */
    private static final class Polite extends Wrapper {
        Polite(Backend network) {
            super(network);
        }

        @Override
        public void close() {
            await(() -> super.read(new Query.All("good-bye")).handle((read, failure) -> failure == null));
            super.close();
        }
    }

    /** Retries until it succeeds, by the machine's time. Releases the waiting caller after some seconds. */
    static void await(Supplier<CompletionStage<Boolean>> attempt) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        attempt(attempt, done);
        var unused = done.completeOnTimeout(false, 20, TimeUnit.SECONDS).join();
    }

    private static void attempt(Supplier<CompletionStage<Boolean>> attempt, CompletableFuture<Boolean> done) {
        attempt.get().thenAccept(held -> {
            if (held) {
                done.complete(true);
            } else if (!done.isDone()) {
                CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS).execute(() -> attempt(attempt, done));
            }
        });
    }

    /** A thread that only ends with its world. */
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

    /** Sends one renewal at a time, and makes its callers wait for it. */
    private static final class Patient extends Wrapper.OfLease {
        private CompletableFuture<Boolean> last = completedFuture(true);

        Patient(Lease lease) {
            super(lease);
        }

        @Override
        public synchronized CompletionStage<Boolean> renew() {
            try {
                last.get(500, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                last = super.renew().toCompletableFuture();
                return last;
            }
            last = super.renew().toCompletableFuture();
            return last;
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

    /** Runs dependent actions under a lock that the next call also needs. */
    static final class UnderLock<T> extends CompletableFuture<T> {
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

    /** Two concurrent threads use the same field. */
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
