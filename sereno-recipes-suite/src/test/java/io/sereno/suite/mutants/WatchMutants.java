package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Watches that report too little, too early, too much, or for too long. */
final class WatchMutants {
    private WatchMutants() {}

    static void addTo(Mutants all) {
        reports(all);
        ends(all);
        listeners(all);
        cancels(all);
        threads(all);
        many(all);
        connections(all);
    }

    private static void reports(Mutants all) {
        all.store("WAT-1", "one notice in five is lost")
                .with((world, store) -> store.sendNotice = (watch, name, at) -> {
                    if (!world.chance(200)) {
                        store.sendNotice(watch, name, at);
                    }
                });
        all.store("WAT-1", "a watch reports nothing for a while after it began")
                .with(store -> store.watch = watch -> store.later(Duration.ofSeconds(1), () -> store.watch(watch)));
        all.store("WAT-1", "of two changes to one entry the second is not announced")
                .with(store -> {
                    Set<String> noticed = ConcurrentHashMap.newKeySet();
                    store.announce = (directory, name, at) -> {
                        if (noticed.add(directory + "/" + name)) {
                            store.announce(directory, name, at);
                        }
                    };
                });
        all.store("WAT-2", "notices come before their commit").with(WatchMutants::earlyNotices);
        all.store("WAT-2", "reads are answered by a server that lags behind the notices")
                .with(WatchMutants::lagging);
        all.store("WAT-12", "each notice of a directory has the revision of the first one")
                .with(store -> {
                    Map<String, Long> first = new ConcurrentHashMap<>();
                    store.announce = (directory, name, at) ->
                            store.announce(directory, name, first.computeIfAbsent(directory, unknown -> at));
                });
        all.library("WAT-3", "changes during a lost connection are never announced")
                .listeners((target, listener) -> Hooks.listener(listener::changed, () -> {}));
    }

    private static void ends(Mutants all) {
        all.store("WAT-4", "expiry is not announced").with(store -> {
            boolean[] quiet = {false};
            store.expire = lease -> {
                quiet[0] = true;
                store.expire(lease);
                quiet[0] = false;
            };
            store.announce = (directory, name, at) -> {
                if (!quiet[0]) {
                    store.announce(directory, name, at);
                }
            };
        });
        all.store("WAT-4", "deletes are not announced")
                .with(store -> store.announce = (directory, name, at) -> {
                    if (store.entry(directory, name).isPresent()) {
                        store.announce(directory, name, at);
                    }
                });
        all.store("WAT-4", "revocation is not announced to watches of one entry")
                .with(store -> {
                    boolean[] ending = {false};
                    store.delete = (directory, entries) -> {
                        ending[0] = true;
                        store.delete(directory, entries);
                        ending[0] = false;
                    };
                    store.sendNotice = (watch, name, at) -> {
                        if (!ending[0] || watch.target().name().isEmpty()) {
                            store.sendNotice(watch, name, at);
                        }
                    };
                });
    }

    private static void listeners(Mutants all) {
        all.connected("WAT-5a", "each notice is a task of its own in the pool").by((world, config) -> {
            Executor pool = config.executor();
            return new Hooks(new PlainClient(world.store(config), config))
                    .listeners((target, listener) -> handing(pool, listener));
        });
        all.client("WAT-5b", "exceptions of a listener are swallowed")
                .listeners((target, listener) -> Hooks.notices(listener, notice -> {
                    try {
                        notice.run();
                    } catch (RuntimeException swallowed) {
                        // This is the bug.
                    }
                }));
        all.client("WAT-5b", "a listener that throws is not called again").listeners((target, listener) -> {
            AtomicBoolean thrown = new AtomicBoolean();
            return Hooks.notices(listener, notice -> {
                if (!thrown.getAndSet(true)) {
                    notice.run();
                    thrown.set(false);
                }
            });
        });
        all.client("WAT-5b", "an Error of a listener ends its watch").listeners((target, listener) -> {
            AtomicBoolean over = new AtomicBoolean();
            return Hooks.notices(listener, notice -> {
                try {
                    if (!over.get()) {
                        notice.run();
                    }
                } catch (Error thrown) {
                    over.set(true);
                    throw thrown;
                }
            });
        });
    }

    private static void cancels(Mutants all) {
        all.client("WAT-5c", "a second cancel() is an error")
                .with((world, below) -> new Hooks(below).watches((target, listener) -> {
                    AtomicBoolean cancelled = new AtomicBoolean();
                    return below.watch(target, listener).thenApply(watch -> () -> {
                        if (cancelled.getAndSet(true)) {
                            throw new IllegalStateException("no such watch");
                        }
                        watch.cancel();
                    });
                }));
        all.client("WAT-5c", "cancel() waits until its listener has ended")
                .with((world, below) -> new Hooks(below).watches((target, listener) -> {
                    AtomicInteger running = new AtomicInteger();
                    return below.watch(target, LifeMutants.counting(running, listener))
                            .thenApply(watch -> () -> {
                                watch.cancel();
                                LifeMutants.await(() -> completedFuture(running.get() == 0));
                            });
                }));
        all.client("WAT-5c", "waiting notices are delivered after cancel()")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> below.watch(target, listener)
                                .thenApply(watch -> () -> world.later(Duration.ofMillis(20), watch::cancel))));
    }

    private static void threads(Mutants all) {
        all.library("WAT-6a", "one thread delivers the notices of all watches").in((world, network, executor) -> {
            Executor one = new InTurn(executor);
            return new Hooks(network).listeners((target, listener) -> handing(one, listener));
        });
        all.library("WAT-6a", "the thread of the notices reads the answers too")
                .in((world, network, executor) -> new OneThread(network, new InTurn(executor)));
        all.connected("WAT-6b", "notices for a blocked listener are kept one by one")
                .by((world, config) -> new Hooks(new PlainClient(world.store(config), config))
                        .listeners((target, listener) -> handing(new InTurn(config.executor()), listener)));
    }

    private static void many(Mutants all) {
        all.connected("WAT-7a", "a client has 500 watches").by((world, config) -> new Few(world, config, true));
        all.connected("WAT-7a", "one watch too many ends the oldest")
                .by((world, config) -> new Few(world, config, false));
        all.store("WAT-7b", "an entry is watched by its prefix")
                .with(store -> store.covers =
                        (watch, directory, name) -> watch.target().directory().equals(directory)
                                && watch.target().name().map(name::startsWith).orElse(true));
        all.store("WAT-7b", "a watch of an entry reports its whole directory")
                .with(store -> store.covers =
                        (watch, directory, name) -> watch.target().directory().equals(directory));
    }

    private static void connections(Mutants all) {
        all.library("WAT-8", "reset() is called when the connection is back, and the watch is set a moment later")
                .with((world, network) -> new Hooks(network).listeners((target, listener) -> late(world, listener)));
        all.library("WAT-9", "a watch is given up when its stream has ended twice")
                .listeners((target, listener) -> ending(listener, 2));
        all.library("WAT-9", "the watch of an entry is not opened again")
                .listeners((target, listener) -> target.name().isPresent() ? ending(listener, 1) : listener);
        all.connected("WAT-10", "the store is polled every three seconds, without a declaration")
                .by((world, config) -> new Polling(world, config, Duration.ZERO));
        all.connected("WAT-10", "notices are later than declared")
                .by((world, config) -> new Polling(world, config, Duration.ofMillis(500)));
        all.store("WAT-11", "each hundredth change resets all watches, whatever they watch")
                .with(store -> store.announce = (directory, name, at) -> {
                    store.announce(directory, name, at);
                    if (at % 100 == 0) {
                        store.watches.forEach(store::announceReset);
                    }
                });
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

    /** Misses all notices for a moment after each reset. */
    static WatchListener late(World world, WatchListener listener) {
        AtomicLong live = new AtomicLong(world.time().nanoTime());
        return Hooks.listener(
                (name, revision) -> {
                    if (world.time().nanoTime() - live.get() >= 0) {
                        listener.changed(name, revision);
                    }
                },
                () -> {
                    live.set(world.time().nanoTime() + Duration.ofMillis(30).toNanos());
                    listener.reset();
                });
    }

    private static final long LAG = Duration.ofNanos(200_000).toNanos();

    /** Shows the state before the last change, for a moment. */
    private static void lagging(World world, PlainStore store) {
        Map<String, List<Entry>> before = new HashMap<>();
        long[] changed = {0};
        store.apply = commit -> {
            before.clear();
            before.put(commit.directory(), store.entries(commit.directory()));
            changed[0] = store.time.nanoTime();
            return store.apply(commit);
        };
        store.read = query -> {
            List<Entry> old = before.get(query.directory());
            return query instanceof Query.One one && old != null && store.time.nanoTime() - changed[0] < LAG
                    ? new Snapshot(
                            old.stream()
                                    .filter(entry -> entry.name().equals(one.name()))
                                    .toList(),
                            false)
                    : store.read(query);
        };
    }

    /** Reports a commit before it happens, as if a notice were sent when the commit begins. */
    private static void earlyNotices(World world, PlainStore store) {
        store.sendNotice = (watch, name, at) -> store.sendNotice(watch, name, at + 1);
    }

    static WatchListener handing(Executor executor, WatchListener listener) {
        return Hooks.notices(listener, executor::execute);
    }

    /** Receives no more notices after this many resets. */
    private static WatchListener ending(WatchListener listener, int resets) {
        AtomicInteger left = new AtomicInteger(resets);
        return Hooks.listener(
                (name, revision) -> {
                    if (left.get() > 0) {
                        listener.changed(name, revision);
                    }
                },
                () -> {
                    if (left.getAndDecrement() > 0) {
                        listener.reset();
                    }
                });
    }

    /** Has fewer watches than are requested. */
    private static final class Few extends PlainClient {
        private final boolean refuses;
        private final Queue<PlainWatch> opened = new ArrayDeque<>();

        Few(World world, BackendConfig config, boolean refuses) {
            super(world.store(config), config);
            this.refuses = refuses;
        }

        @Override
        PlainWatch open(Target target, WatchListener listener) {
            if (refuses && opened.size() == 500) {
                throw PlainStore.refused("500 watches are the most");
            }
            PlainWatch watch = super.open(target, listener);
            opened.add(watch);
            if (opened.size() > 500) {
                opened.remove().cancel();
            }
            return watch;
        }
    }
}
