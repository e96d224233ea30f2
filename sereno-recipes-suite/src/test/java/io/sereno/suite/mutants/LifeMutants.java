package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Clients that do not open, do not end, or get in each other's way. */
final class LifeMutants {
    private LifeMutants() {}

    static void addTo(Mutants all) {
        closing(all);
        remains(all);
        opening(all);
        threads(all);
    }

    private static void closing(Mutants all) {
        all.connected("LIF-1a", "a second close() is an error").by((world, config) -> {
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
        });
        all.client("LIF-1a", "close() waits until no listener runs").with(LifeMutants::orderly);
        all.library("LIF-1b", "close() sends a farewell, and waits for the answer")
                .with(LifeMutants::polite);
        all.library("LIF-2", "close() leaves open stages incomplete").with(LifeMutants::pendingClose);
        all.library("LIF-2", "close() reports a commit under way as NOT_APPLIED")
                .failures((commit, failure) -> Failures.notApplied("closed", failure));
        all.client("LIF-3", "reads work after close")
                .reads((world, below, query) ->
                        below.read(query).exceptionally(closed -> new Snapshot(List.of(), false)));
        all.client("LIF-3", "a call after close is a NullPointerException").with((world, below) -> {
            AtomicBoolean closed = new AtomicBoolean();
            return new Hooks(below)
                    .commits(commit -> {
                        if (closed.get()) {
                            throw new NullPointerException("channel");
                        }
                        return below.commit(commit);
                    })
                    .closes(() -> {
                        closed.set(true);
                        below.close();
                    });
        });
        all.connected("LIF-3", "a lease is renewed after close").by((world, config) -> {
            PlainStore store = world.store(config);
            return new Hooks(new PlainClient(store, config))
                    .leases(lease -> Hooks.renewing(
                            lease, () -> completedFuture(store.step(() -> store.renew((PlainLease) lease)))));
        });
        all.client("LIF-3", "after close a call ends by its timeout")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> below.watch(target, listener)
                                .exceptionallyCompose(closed -> {
                                    CompletableFuture<Watch> late = new CompletableFuture<>();
                                    world.later(Duration.ofSeconds(1), () -> late.completeExceptionally(closed));
                                    return late;
                                })));
    }

    private static void remains(Mutants all) {
        all.connected("LIF-4a", "a thread is left for each client")
                .by((world, config) -> new ThreadLeft(world, config));
        all.connected("LIF-4a", "a timer is left for each client").by((world, config) -> {
            config.time().schedule(Duration.ofHours(2), config.executor(), () -> {});
            return new PlainClient(world.store(config), config);
        });
        all.connected("LIF-4b", "a thread is left for each client that was opened and closed")
                .by((world, config) -> new ThreadLeft(world, config));
    }

    private static void opening(Mutants all) {
        all.connected("LIF-5", "opening without a server succeeds")
                .by((world, config) -> new PlainClient(world.store(config), without(config)));
        all.connected("LIF-5", "the error does not name the address without an answer")
                .by((world, config) -> {
                    if (!config.endpoints().isEmpty()) {
                        throw Failures.notApplied("cannot connect");
                    }
                    return new PlainClient(world.store(config), config);
                });
        all.connected("LIF-5", "opening without an answer fails for good").by((world, config) -> {
            if (!config.endpoints().isEmpty()) {
                throw new BackendException(Outcome.NOT_APPLIED, true, "cannot connect to " + config.endpoints(), null);
            }
            return new PlainClient(world.store(config), config);
        });
    }

    private static void threads(Mutants all) {
        all.library("LIF-6a", "a renewal waits for the renewal before")
                .grants((world, below, ttl) -> below.grantLease(ttl).thenApply(LifeMutants::patient));
        all.library("LIF-6a", "a method waits for its answer").reads((world, below, query) -> {
            CompletableFuture<Snapshot> read = below.read(query).toCompletableFuture();
            try {
                read.get(2, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                return read;
            }
            return read;
        });
        all.library("LIF-6b", "a call that is not answered never ends").grants((world, below, ttl) -> {
            CompletableFuture<Lease> endless = new CompletableFuture<>();
            below.grantLease(ttl).thenAccept(endless::complete);
            return endless;
        });
        all.library("LIF-6b", "deadlines start again with each attempt")
                .reads((world, below, query) -> below.read(query).exceptionallyCompose(lost -> below.read(query)));
        all.connected("LIF-7a", "callbacks run on the only thread").by((world, config) -> {
            Executor one = new InTurn(config.executor());
            return new PlainClient(world.store(config), config) {
                @Override
                PlainWatch open(Target target, WatchListener listener) {
                    return new PlainWatch(store, target, listener, one);
                }
            };
        });
        all.connected("LIF-7a", "one thread delivers notices and answers").by((world, config) -> {
            Executor one = new InTurn(config.executor());
            return new OneThread(new PlainClient(world.store(config), config), one);
        });
        all.client("LIF-7b", "completions run under a lock of the client").with(LifeMutants::locking);
        all.client("LIF-7c", "the client keeps its request in a field").with(LifeMutants::shared);
        all.store("LIF-8", "something is kept for every directory that was used")
                .with((world, store) -> {
                    Map<String, byte[]> kept = new HashMap<>();
                    world.kept().add(kept);
                    store.emptied = directory -> {
                        store.emptied(directory);
                        kept.put(directory, new byte[200]);
                    };
                });
    }

    /** The configuration, for a client that ignores parameters and hosts. */
    static BackendConfig without(BackendConfig config) {
        return RecipeMutants.changed(BackendConfig.class, config, (method, call) -> switch (method) {
            case "endpoints" -> List.of();
            case "parameters" -> Map.of();
            default -> call.go();
        });
    }

    /** Forgets the pending reads when it is closed. */
    private static Backend pendingClose(Backend below) {
        AtomicBoolean closed = new AtomicBoolean();
        return new Hooks(below)
                .reads(query -> unlessClosed(closed, below.read(query)))
                .closes(() -> {
                    closed.set(true);
                    below.close();
                });
    }

    /** The same answer, but no failure once the client is closed. */
    static <T> CompletionStage<T> unlessClosed(AtomicBoolean closed, CompletionStage<T> right) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        right.whenComplete((result, failure) -> {
            if (failure == null) {
                answer.complete(result);
            } else if (!closed.get()) {
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    /** Waits for running listeners before it closes. */
    private static Backend orderly(Backend below) {
        AtomicInteger running = new AtomicInteger();
        return new Hooks(below)
                .watches((target, listener) -> below.watch(target, counting(running, listener)))
                .closes(() -> {
                    await(() -> completedFuture(running.get() == 0));
                    below.close();
                });
    }

    static WatchListener counting(AtomicInteger running, WatchListener listener) {
        return Hooks.listener(
                (name, revision) -> {
                    running.incrementAndGet();
                    listener.changed(name, revision);
                    running.decrementAndGet();
                },
                listener::reset);
    }

    /** Waits at close until the server answers. */
    private static Backend polite(Backend below) {
        return new Hooks(below).closes(() -> {
            await(() -> below.read(new Query.All("good-bye")).handle((read, failure) -> failure == null));
            below.close();
        });
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
    private static Lease patient(Lease lease) {
        Deque<CompletableFuture<Boolean>> last = new ArrayDeque<>(List.of(completedFuture(true)));
        return Hooks.renewing(lease, () -> {
            synchronized (last) {
                try {
                    last.element().get(500, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (ExecutionException | TimeoutException e) {
                    // It has failed, or takes too long: the next one is sent.
                }
                last.remove();
                last.add(lease.renew().toCompletableFuture());
                return last.element();
            }
        });
    }

    /** Completes its stages while it holds its lock. */
    private static Backend locking(Backend below) {
        ReentrantLock lock = new ReentrantLock();
        return new Hooks(below).reads(query -> new UnderLock<>(below.read(query).toCompletableFuture(), lock));
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
        public CompletableFuture<Void> thenAccept(Consumer<? super T> action) {
            return whenComplete((result, failure) -> action.accept(result)).thenApply(result -> null);
        }

        @Override
        public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> action) {
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
    private static Backend shared(Backend below) {
        AtomicReference<Commit> next = new AtomicReference<>();
        return new Hooks(below).commits(commit -> {
            next.set(commit);
            LockSupport.parkNanos(1_000);
            return below.commit(Objects.requireNonNull(next.get()));
        });
    }
}
