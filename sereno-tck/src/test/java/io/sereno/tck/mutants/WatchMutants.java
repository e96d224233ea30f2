package io.sereno.tck.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Entry;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;

/** Watches that say too little, too early, too much, or too long. */
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
                        "a watch hears of nothing for a while after it began",
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
                Mutant.library(
                        "WAT-3",
                        "what was changed while the connection was lost is never told",
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
                        "revocation is not announced to those who watch one entry",
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
                listening("WAT-5b", "what a listener throws is swallowed", (world, listener) -> new WatchListener() {
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
                            // That is the bug.
                            world.random();
                        }
                    }
                }),
                listening(
                        "WAT-5b", "a listener that throws is called no more", (world, listener) -> new WatchListener() {
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
                Mutant.connected(
                        "WAT-5c",
                        "what waits is delivered after cancel()",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(target, listener)
                                        .thenApply(watch ->
                                                () -> world.later(Duration.ofMillis(20), Runnable::run, watch::cancel));
                            }
                        }));
    }

    private static Mutant listening(String rule, String what, BiFunction<World, WatchListener, WatchListener> told) {
        return Mutant.client(rule, what, (world, below) -> watching(below, listener -> told.apply(world, listener)));
    }

    static Backend watching(Backend below, java.util.function.UnaryOperator<WatchListener> told) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                return super.watch(target, told.apply(listener));
            }
        };
    }

    /** As if the client's threads were one. */
    static Executor serial(BackendConfig config) {
        ReentrantLock turn = new ReentrantLock();
        return task -> config.executor().execute(() -> {
            turn.lock();
            try {
                task.run();
            } finally {
                turn.unlock();
            }
        });
    }

    /** Tells of the commit that is to come, as if a notice were sent when the commit is begun. */
    private static final class EarlyNotices extends PlainStore {
        EarlyNotices(World world) {
            super(world.time());
        }

        @Override
        void announce(PlainWatch watch, String name, long at) {
            super.announce(watch, name, at + 1);
        }
    }
}
