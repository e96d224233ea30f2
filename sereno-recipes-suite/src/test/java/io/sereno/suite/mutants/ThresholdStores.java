package io.sereno.suite.mutants;

import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Stores that are correct up to some number, some time, some length, or the first time. */
final class ThresholdStores {
    private ThresholdStores() {}

    static void addTo(Mutants all) {
        ranges(all);
        commits(all);
        names(all);
        leases(all);
        notices(all);
        breaks(all);
    }

    private static void ranges(Mutants all) {
        all.store("READ-5b", "a range asks for one entry more than its limit, which overflows")
                .with(store -> store.read = query -> store.read(
                        query instanceof Query.Range range && range.limit() + 1 < 0
                                ? new Query.Range(range.directory(), range.after(), 1)
                                : query));
        all.store("READ-8a", "a returned range begins at the first entry")
                .with(store -> store.commit = commit -> store.commit(new Commit(
                        commit.directory(),
                        commit.conditions(),
                        commit.writes(),
                        commit.returning()
                                .map(query -> query instanceof Query.Range range
                                        ? new Query.Range(range.directory(), "", range.limit())
                                        : query))));
        all.store("READ-8a", "a returned range never has more")
                .with(store -> store.commit =
                        commit -> Commits.seen(store.commit(commit), read -> new Snapshot(read.entries(), false)));
    }

    private static void commits(Mutants all) {
        all.store("COM-2a", "only the first fifty conditions are checked")
                .with(store -> store.hold = commit -> store.hold(Commits.conditioned(
                        commit, commit.conditions().stream().limit(50).toList())));
        all.store("COM-10a", "only the first fifty writes of a commit are applied")
                .with(store -> store.commit = commit -> store.commit(Commits.writing(
                        commit, commit.writes().stream().limit(50).toList())));
    }

    private static void names(Mutants all) {
        all.store("NAM-1b", "names are compared by their hash").with(store -> {
            Map<Integer, String> first = new HashMap<>();
            store.key = name -> first.computeIfAbsent(name.hashCode(), hash -> name);
        });
        all.store("NAM-1b", "characters without a width are ignored")
                .with(store -> store.key = name -> {
                    String seen = name.replaceAll("[\\p{Cf}\ufe0f]", "");
                    return seen.isEmpty() ? name : seen;
                });
        all.add(NameMutants.sharing(
                "NAM-2b",
                "namespaces are in lower case",
                (namespace, directory) -> namespace.toLowerCase(Locale.ROOT) + "\u0001" + directory));
        all.add(NameMutants.sharing(
                "NAM-2b",
                "only the first 63 characters of a namespace count",
                (namespace, directory) ->
                        namespace.substring(0, Math.min(63, namespace.length())) + "\u0001" + directory));
    }

    private static void leases(Mutants all) {
        all.store("LEA-2", "only a client's latest lease is prolonged")
                .with(store -> store.renew = lease -> store.leases.values().stream()
                                .filter(other -> other.client().equals(lease.client()))
                                .allMatch(other -> other.id() <= lease.id())
                        ? store.renew(lease)
                        : store.lives(lease.id()));
        all.store("LEA-2", "a lease is prolonged ten times").with(store -> {
            Map<Long, Integer> renewals = new HashMap<>();
            store.renew = lease ->
                    renewals.merge(lease.id(), 1, Integer::sum) > 10 ? store.lives(lease.id()) : store.renew(lease);
        });
        all.store("LEA-2", "no lease lives longer than a minute")
                .with(store ->
                        store.life = lease -> lease.ttl().toSeconds() > 60 ? Duration.ofSeconds(60) : lease.ttl());
        all.store("LEA-3a", "a lease of more than a minute never ends")
                .with(store -> store.expire = lease -> {
                    if (lease.ttl().toSeconds() <= 60) {
                        store.expire(lease);
                    }
                });
        all.store("LEA-3a", "each client's leases are looked after until one has ended")
                .with(store -> {
                    Map<PlainClient, Boolean> ended = new HashMap<>();
                    store.expire = lease -> {
                        if (ended.put(lease.client(), true) == null) {
                            store.expire(lease);
                        }
                    };
                });
        all.connected("LEA-3a", "the oldest client ends all leases").by((world, config) -> {
            PlainStore store = world.store(config);
            boolean oldest = world.kept().stream().noneMatch(store::equals);
            world.kept().add(store);
            PlainClient client = new PlainClient(store, config);
            return new Hooks(client).closes(() -> {
                client.close();
                if (oldest) {
                    store.step(() -> store.sweep = () -> {});
                }
            });
        });
        all.store("LEA-6a", "a renewal arrives twice, and revives a lease that was revoked in between")
                .with(store -> store.renew = lease -> {
                    boolean alive = store.renew(lease);
                    if (alive) {
                        store.later(Duration.ofMillis(50), () -> {
                            if (store.leases.putIfAbsent(lease.id(), lease) == null) {
                                store.prolong(lease);
                            }
                        });
                    }
                    return alive;
                });
        all.store("LEA-15a", "leases that have expired count towards the limit").with(store -> {
            Map<PlainClient, Integer> granted = new HashMap<>();
            store.grant = (client, ttl) -> {
                if (granted.merge(client, 1, Integer::sum) > client.guarantees().maxLeases()) {
                    throw PlainStore.refused("too many leases");
                }
                return store.grant(client, ttl);
            };
            store.revoke = lease -> {
                granted.merge(lease.client(), -1, Integer::sum);
                store.revoke(lease);
            };
        });
    }

    private static void notices(Mutants all) {
        all.store("WAT-4", "of the end of a lease a hundred entries are announced")
                .with(store -> {
                    int[] left = {Integer.MAX_VALUE};
                    store.end = lease -> {
                        left[0] = 100;
                        store.end(lease);
                        left[0] = Integer.MAX_VALUE;
                    };
                    store.announce = (directory, name, at) -> {
                        if (left[0]-- > 0) {
                            store.announce(directory, name, at);
                        }
                    };
                });
        all.connected("WAT-6b", "notices beyond a thousand are dropped")
                .by((world, config) -> new Hooks(new PlainClient(world.store(config), config))
                        .listeners((target, listener) -> {
                            InTurn line = new InTurn(config.executor());
                            AtomicInteger waiting = new AtomicInteger();
                            return Hooks.notices(listener, notice -> {
                                if (waiting.incrementAndGet() > 1_000) {
                                    waiting.decrementAndGet();
                                    return;
                                }
                                line.execute(() -> {
                                    waiting.decrementAndGet();
                                    notice.run();
                                });
                            });
                        }));
        all.connected("WAT-9", "the end of a client ends equal watches of other clients")
                .by((world, config) -> {
                    PlainClient client = new PlainClient(world.store(config), config);
                    Set<Target> watched = ConcurrentHashMap.newKeySet();
                    return new Hooks(client)
                            .listeners((target, listener) -> {
                                watched.add(target);
                                return listener;
                            })
                            .closes(() -> {
                                client.close();
                                client.store.step(
                                        () -> client.store.watches.removeIf(watch -> watched.contains(watch.target())));
                            });
                });
    }

    private static void breaks(Mutants all) {
        all.library("WAT-5c", "a watch that was cancelled during a break is opened again")
                .with((world, network) -> new Hooks(network).watches((target, listener) -> {
                    AtomicBoolean cancelled = new AtomicBoolean();
                    return network.watch(
                                    target,
                                    Hooks.listener(
                                            (name, revision) -> {
                                                if (!cancelled.get()) {
                                                    listener.changed(name, revision);
                                                }
                                            },
                                            () -> {
                                                cancelled.set(false);
                                                listener.reset();
                                            }))
                            .thenApply(watch -> () -> cancelled.set(true));
                }));
        all.library("WAT-8", "a reset that comes while the listener handles one is dropped")
                .in((world, network, executor) -> new Hooks(network).listeners((target, listener) -> {
                    InTurn line = new InTurn(executor);
                    AtomicBoolean resetting = new AtomicBoolean();
                    return Hooks.listener(
                            (name, revision) -> line.execute(() -> listener.changed(name, revision)), () -> {
                                if (!resetting.getAndSet(true)) {
                                    line.execute(() -> {
                                        listener.reset();
                                        resetting.set(false);
                                    });
                                }
                            });
                }));
        all.library("WAT-9", "after a break the first hundred watches are opened again")
                .with((world, network) -> {
                    AtomicInteger watches = new AtomicInteger();
                    return new Hooks(network)
                            .listeners((target, listener) ->
                                    watches.incrementAndGet() > 100 ? untilReset(listener) : listener);
                });
    }

    private static WatchListener untilReset(WatchListener listener) {
        AtomicBoolean over = new AtomicBoolean();
        return Hooks.listener(
                (name, revision) -> {
                    if (!over.get()) {
                        listener.changed(name, revision);
                    }
                },
                () -> over.set(true));
    }
}
