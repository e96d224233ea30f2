package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/** Watches that report too little, too early, too much, or for too long. */
final class WatchMutants {
    private WatchMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.store("WAT-1", "one notice in five is lost", world -> new PlainStore(world.time()) {
                    @Override
                    void announce(PlainWatch watch, String name, long at) {
                        if (!world.chance(200)) {
                            super.announce(watch, name, at);
                        }
                    }
                }),
                Mutant.store(
                        "WAT-1",
                        "a watch reports nothing for a while after it began",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void watch(PlainWatch watch) {
                                world.later(
                                        Duration.ofSeconds(1),
                                        Runnable::run,
                                        () -> step(() -> {
                                            super.watch(watch);
                                            return null;
                                        }));
                            }
                        }),
                Mutant.store(
                        "WAT-1",
                        "of two changes to one entry the second is not announced",
                        world -> new PlainStore(world.time()) {
                            private final java.util.Set<String> told =
                                    java.util.concurrent.ConcurrentHashMap.newKeySet();

                            @Override
                            void announce(String directory, String name, long at) {
                                if (told.add(directory + "/" + name)) {
                                    super.announce(directory, name, at);
                                }
                            }
                        }),
                Mutant.store("WAT-2", "notices come before their commit", EarlyNotices::new),
                Mutant.store("WAT-2", "reads are answered by a server that lags behind the notices", Lagging::new),
                Mutant.library(
                        "WAT-3",
                        "changes during a lost connection are never announced",
                        (world, network, executor) -> watching(network, listener -> new Wrapper.OfListener(listener) {
                            @Override
                            public void reset() {}
                        })),
                Mutant.store("WAT-4", "expiry is not announced", world -> new PlainStore(world.time()) {
                    @Override
                    void expire(PlainLease lease) {
                        quiet = true;
                        super.expire(lease);
                        quiet = false;
                    }

                    private boolean quiet;

                    @Override
                    void announce(String directory, String name, long at) {
                        if (!quiet) {
                            super.announce(directory, name, at);
                        }
                    }
                }),
                Mutant.store("WAT-4", "deletes are not announced", world -> new PlainStore(world.time()) {
                    @Override
                    void announce(String directory, String name, long at) {
                        if (entry(directory, name).isPresent()) {
                            super.announce(directory, name, at);
                        }
                    }
                }),
                Mutant.store(
                        "WAT-4",
                        "revocation is not announced to watches of one entry",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void end(String directory, List<Entry> entries) {
                                ending = true;
                                super.end(directory, entries);
                                ending = false;
                            }

                            private boolean ending;

                            @Override
                            void announce(PlainWatch watch, String name, long at) {
                                if (!ending || watch.target().name().isEmpty()) {
                                    super.announce(watch, name, at);
                                }
                            }
                        }),
                Mutant.connected("WAT-5a", "each notice is a task of its own in the pool", (world, config) -> {
                    Executor pool = config.executor();
                    return watching(new PlainClient(world.store(config), config), listener -> handing(pool, listener));
                }),
                listening("WAT-5b", "exceptions of a listener are swallowed", (world, listener) -> new WatchListener() {
                    @Override
                    public void changed(String name, long revision) {
                        quietly(() -> listener.changed(name, revision));
                    }

                    @Override
                    public void reset() {
                        quietly(listener::reset);
                    }

                    private void quietly(Runnable notice) {
                        try {
                            notice.run();
                        } catch (RuntimeException swallowed) {
                            // This is the bug.
                            world.random();
                        }
                    }
                }),
                listening(
                        "WAT-5b",
                        "a listener that throws is not called again",
                        (world, listener) -> new WatchListener() {
                            private volatile boolean thrown;

                            @Override
                            public void changed(String name, long revision) {
                                once(() -> listener.changed(name, revision));
                            }

                            @Override
                            public void reset() {
                                once(listener::reset);
                            }

                            private void once(Runnable notice) {
                                if (!thrown) {
                                    thrown = true;
                                    notice.run();
                                    thrown = false;
                                }
                            }
                        }),
                listening("WAT-5b", "an Error of a listener ends its watch", (world, listener) -> new WatchListener() {
                    private volatile boolean over;

                    @Override
                    public void changed(String name, long revision) {
                        guarded(() -> listener.changed(name, revision));
                    }

                    @Override
                    public void reset() {
                        guarded(listener::reset);
                    }

                    private void guarded(Runnable notice) {
                        if (over) {
                            return;
                        }
                        try {
                            notice.run();
                        } catch (Error thrown) {
                            over = true;
                            throw thrown;
                        }
                    }
                }),
                Mutant.client("WAT-5c", "a second cancel() is an error", (world, below) -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                        AtomicBoolean cancelled = new AtomicBoolean();
                        return super.watch(target, listener).thenApply(watch -> () -> {
                            if (cancelled.getAndSet(true)) {
                                throw new IllegalStateException("no such watch");
                            }
                            watch.cancel();
                        });
                    }
                }),
                Mutant.client(
                        "WAT-5c", "cancel() waits until its listener has ended", (world, below) -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                AtomicInteger running = new AtomicInteger();
                                return super.watch(target, LifeMutants.counting(running, listener))
                                        .thenApply(watch -> () -> {
                                            watch.cancel();
                                            LifeMutants.await(() -> completedFuture(running.get() == 0));
                                        });
                            }
                        }),
                Mutant.connected(
                        "WAT-5c",
                        "waiting notices are delivered after cancel()",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(target, listener)
                                        .thenApply(watch ->
                                                () -> world.later(Duration.ofMillis(20), Runnable::run, watch::cancel));
                            }
                        }),
                Mutant.library(
                        "WAT-6a", "one thread delivers the notices of all watches", (world, network, executor) -> {
                            Executor one = new InTurn(executor);
                            return watching(network, listener -> handing(one, listener));
                        }),
                Mutant.library(
                        "WAT-6a",
                        "the thread of the notices reads the answers too",
                        (world, network, executor) -> new OneThread(network, new InTurn(executor))),
                Mutant.connected(
                        "WAT-6b",
                        "notices for a blocked listener are kept one by one",
                        (world, config) -> watching(
                                new PlainClient(world.store(config), config),
                                listener -> handing(new InTurn(config.executor()), listener))),
                Mutant.connected("WAT-7a", "a client has 500 watches", (world, config) -> new Few(world, config, true)),
                Mutant.connected(
                        "WAT-7a",
                        "one watch too many ends the oldest",
                        (world, config) -> new Few(world, config, false)),
                Mutant.store("WAT-7b", "an entry is watched by its prefix", world -> new PlainStore(world.time()) {
                    @Override
                    boolean covers(PlainWatch watch, String directory, String name) {
                        return watch.target().directory().equals(directory)
                                && watch.target().name().map(name::startsWith).orElse(true);
                    }
                }),
                Mutant.store(
                        "WAT-7b",
                        "a watch of an entry reports its whole directory",
                        world -> new PlainStore(world.time()) {
                            @Override
                            boolean covers(PlainWatch watch, String directory, String name) {
                                return watch.target().directory().equals(directory);
                            }
                        }),
                Mutant.library(
                        "WAT-8",
                        "reset() is called when the connection is back, and the watch is set a moment later",
                        (world, network, executor) -> watching(network, listener -> late(world, listener))),
                Mutant.library(
                        "WAT-9",
                        "a watch is given up when its stream has ended twice",
                        (world, network, executor) -> watching(network, listener -> new Ending(listener, 2))),
                Mutant.library(
                        "WAT-9",
                        "the watch of an entry is not opened again",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(
                                        target, target.name().isPresent() ? new Ending(listener, 1) : listener);
                            }
                        }),
                Mutant.connected(
                        "WAT-10",
                        "the store is polled every three seconds, without a declaration",
                        (world, config) -> new Polling(world, config, Duration.ZERO)),
                Mutant.connected(
                        "WAT-10",
                        "notices are later than declared",
                        (world, config) -> new Polling(world, config, Duration.ofMillis(500))),
                Mutant.store(
                        "WAT-11",
                        "each hundredth change resets all watches, whatever they watch",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void announce(String directory, String name, long at) {
                                super.announce(directory, name, at);
                                if (at % 100 == 0) {
                                    watches.forEach(this::announceReset);
                                }
                            }
                        }));
    }

    /** Reports changes three seconds later. */
    private static final class Polling extends PlainClient {
        private final World world;
        private final Duration declared;

        Polling(World world, BackendConfig config, Duration declared) {
            super(world.store(config), config);
            this.world = world;
            this.declared = declared;
        }

        @Override
        PlainWatch open(Target target, WatchListener listener) {
            return new PlainWatch(
                    store, target, listener, task -> world.later(Duration.ofSeconds(3), config.executor(), task));
        }

        @Override
        public Guarantees guarantees() {
            return super.guarantees().toBuilder().noticeLateness(declared).build();
        }
    }

    private static Mutant listening(String rule, String what, BiFunction<World, WatchListener, WatchListener> told) {
        return Mutant.client(rule, what, (world, below) -> watching(below, listener -> told.apply(world, listener)));
    }

    /** Misses all notices for a moment after each reset. */
    static WatchListener late(World world, WatchListener listener) {
        return new Wrapper.OfListener(listener) {
            private volatile long live = world.time().nanoTime();

            @Override
            public void changed(String name, long revision) {
                if (world.time().nanoTime() - live >= 0) {
                    super.changed(name, revision);
                }
            }

            @Override
            public void reset() {
                live = world.time().nanoTime() + Duration.ofMillis(30).toNanos();
                super.reset();
            }
        };
    }

    static Backend watching(Backend below, java.util.function.UnaryOperator<WatchListener> told) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                return super.watch(target, told.apply(listener));
            }
        };
    }

    /** Shows the state before the last change, for a moment. */
    private static final class Lagging extends PlainStore {
        private static final long LAG = Duration.ofNanos(200_000).toNanos();

        private final Map<String, List<Entry>> before = new HashMap<>();
        private long changed;

        Lagging(World world) {
            super(world.time());
        }

        @Override
        long apply(Commit commit) {
            before.clear();
            before.put(commit.directory(), entries(commit.directory()));
            changed = time.nanoTime();
            return super.apply(commit);
        }

        @Override
        Snapshot read(Query query) {
            List<Entry> old = before.get(query.directory());
            return query instanceof Query.One one && old != null && time.nanoTime() - changed < LAG
                    ? new Snapshot(
                            old.stream()
                                    .filter(entry -> entry.name().equals(one.name()))
                                    .toList(),
                            false)
                    : super.read(query);
        }
    }

    /** Reports a commit before it happens, as if a notice were sent when the commit begins. */
    private static final class EarlyNotices extends PlainStore {
        EarlyNotices(World world) {
            super(world.time());
        }

        @Override
        void announce(PlainWatch watch, String name, long at) {
            super.announce(watch, name, at + 1);
        }
    }

    static WatchListener handing(Executor executor, WatchListener listener) {
        return new Wrapper.OfListener(listener) {
            @Override
            public void changed(String name, long revision) {
                executor.execute(() -> super.changed(name, revision));
            }

            @Override
            public void reset() {
                executor.execute(super::reset);
            }
        };
    }

    /** Receives no more notices after this many resets. */
    private static final class Ending extends Wrapper.OfListener {
        private final AtomicInteger left;

        Ending(WatchListener listener, int resets) {
            super(listener);
            this.left = new AtomicInteger(resets);
        }

        @Override
        public void changed(String name, long revision) {
            if (left.get() > 0) {
                super.changed(name, revision);
            }
        }

        @Override
        public void reset() {
            if (left.get() > 0) {
                super.reset();
                left.decrementAndGet();
            }
        }
    }

    /** Has fewer watches than are requested. */
    private static final class Few extends PlainClient {
        private final boolean refuses;
        private final Queue<PlainWatch> open = new ArrayDeque<>();

        Few(World world, BackendConfig config, boolean refuses) {
            super(world.store(config), config);
            this.refuses = refuses;
        }

        @Override
        PlainWatch open(Target target, WatchListener listener) {
            if (refuses && open.size() == 500) {
                throw PlainStore.refused("500 watches are the most");
            }
            PlainWatch watch = super.open(target, listener);
            open.add(watch);
            if (open.size() > 500) {
                open.remove().cancel();
            }
            return watch;
        }
    }
}
