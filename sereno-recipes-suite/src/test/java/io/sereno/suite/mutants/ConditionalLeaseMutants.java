package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiPredicate;

/** Leases that end correctly, except for some of their entries, some of their uses, or some of the ways they end. */
final class ConditionalLeaseMutants {
    private static final Duration LATE = Duration.ofMillis(60);

    private ConditionalLeaseMutants() {}

    static void addTo(Mutants all) {
        lives(all);
        ends(all);
        revocations(all);
        deadLeases(all);
        bindings(all);
        masses(all);
        replacements(all);
    }

    private static void lives(Mutants all) {
        all.connected("LEA-1c", "a ttl is compared in milliseconds, so a ttl just below zero is accepted")
                .with(client -> client.checkTtl = ttl -> {
                    if (ttl.plusMillis(1).isNegative() || ttl.isZero()) {
                        client.checkTtl(ttl);
                    }
                });
        all.client("LEA-3b", "the declared lateness is slightly above the allowed one")
                .in(LeaseMutants.guaranteeing(2_001));
        all.store("LEA-3c", "the second lease of a client gets two ttls too many")
                .with(store -> store.life = lease -> {
                    boolean first = store.leases.values().stream()
                            .filter(other -> other.client() == lease.client())
                            .allMatch(other -> other.id() >= lease.id());
                    return first ? lease.ttl() : lease.ttl().multipliedBy(3);
                });
    }

    private static void ends(Mutants all) {
        all.store("LEA-4a", "entries of an ended lease are deleted a hundred at a time")
                .with(store -> lastsLater(store, (entry, place) -> place >= 100));
        all.store("LEA-4a", "entries put again under their lease are deleted a moment after the others")
                .with(store -> lastsLater(store, (entry, place) -> entry.modRevision() > entry.createRevision()));
        all.store("LEA-4a", "entries without a value stay when their lease ends")
                .with(store -> store.delete = (directory, entries) -> {
                    List<Entry> found = entries.stream()
                            .filter(entry -> !entry.value().equals(Bytes.EMPTY))
                            .toList();
                    if (!found.isEmpty()) {
                        store.delete(directory, found);
                    }
                });
        all.store("LEA-4b", "the end of a lease borrows the revision of the next commit")
                .with(store -> store.delete = (directory, entries) -> {
                    for (Entry entry : entries) {
                        store.remove(directory, entry.name());
                        store.announce(directory, entry.name(), store.revision + 1);
                    }
                });
        all.store("LEA-4b", "each entry that ends with a lease is announced with one revision more")
                .with(store -> store.delete = (directory, entries) -> {
                    long at = store.next(directory);
                    for (Entry entry : entries) {
                        store.remove(directory, entry.name());
                        store.announce(directory, entry.name(), at++);
                    }
                });
    }

    private static void revocations(Mutants all) {
        all.client("LEA-5b", "revoking a lease that has expired is an error").leases((world, lease) -> {
            long end = world.time().nanoTime() + lease.ttl().toNanos();
            return Hooks.revoking(
                    lease, () -> world.time().nanoTime() - end >= 0 ? LeaseMutants.noSuchLease() : lease.revoke());
        });
        all.store("LEA-5b", "a second revocation deletes new entries with the lease's names")
                .with(store -> {
                    LeaseMutants.byName(store);
                    store.revoke = lease -> {
                        store.leases.remove(lease.id());
                        store.end.accept(lease);
                    };
                });
        all.store("LEA-6b", "revoked entries are written again when their client is granted another lease")
                .with(ConditionalLeaseMutants::writtenAgain);
        all.store("LEA-6b", "an ended entry reappears when the entry that took its name is deleted")
                .with(ConditionalLeaseMutants::layered);
    }

    private static void deadLeases(Mutants all) {
        all.client("LEA-7b", "a commit with conditions under a dead lease ends as UNKNOWN")
                .commits((world, below, commit) -> below.commit(commit)
                        .thenCompose(result -> result instanceof CommitResult.LeaseDead
                                        && !commit.conditions().isEmpty()
                                ? failedFuture(Failures.unknown("transaction aborted"))
                                : completedFuture(result)));
        all.client("LEA-7b", "a commit with a returned read under a dead lease is reported as Committed")
                .results((commit, result) -> result instanceof CommitResult.LeaseDead
                                && commit.returning().isPresent()
                        ? Commits.done()
                        : result);
    }

    private static void bindings(Mutants all) {
        all.store("LEA-9", "an entry put again under another lease of its client ends with the first lease")
                .with(store -> {
                    Map<List<String>, Long> bound = new HashMap<>();
                    store.write = (directory, write, at) -> {
                        store.write(directory, write, at);
                        if (write instanceof Write.Put put && put.leaseId() != 0) {
                            bound.putIfAbsent(List.of(directory, put.name()), put.leaseId());
                        }
                    };
                    store.end = lease -> {
                        store.end(lease);
                        bound.forEach((name, id) -> store.entry(name.get(0), name.get(1))
                                .filter(entry -> id == lease.id() && isOfClient(store, lease.client(), entry))
                                .ifPresent(entry -> store.delete(name.get(0), List.of(entry))));
                    };
                });
        all.store("LEA-9", "an entry that was put again twice is deleted with its first lease")
                .with(store -> {
                    Map<List<String>, Integer> lives = new HashMap<>();
                    Map<List<String>, Long> first = new HashMap<>();
                    store.write = (directory, write, at) -> {
                        List<String> name = List.of(directory, write.name());
                        if (write instanceof Write.Put put
                                && store.entry(directory, write.name()).isEmpty()) {
                            lives.merge(name, 1, Integer::sum);
                            first.putIfAbsent(name, put.leaseId());
                        }
                        store.write(directory, write, at);
                    };
                    store.end = lease -> {
                        store.end(lease);
                        first.forEach((name, id) -> store.entry(name.get(0), name.get(1))
                                .filter(entry -> id == lease.id() && lives.getOrDefault(name, 0) > 2)
                                .ifPresent(entry -> store.delete(name.get(0), List.of(entry))));
                    };
                });
    }

    private static void masses(Mutants all) {
        all.store("LEA-11a", "of leases that were renewed together one ends every five milliseconds")
                .with(ConditionalLeaseMutants::oneByOne);
        all.store("LEA-11b", "the end of a lease reaches a hundred directories").with(store -> {
            int[] reached = {0};
            store.end = lease -> {
                reached[0] = 0;
                store.end(lease);
            };
            store.delete = (directory, entries) -> {
                if (reached[0]++ < 100) {
                    store.delete(directory, entries);
                }
            };
        });
        all.store("LEA-11b", "only the first 999 entries of a lease are deleted")
                .with(store -> {
                    int[] left = {0};
                    store.end = lease -> {
                        left[0] = 999;
                        store.end(lease);
                    };
                    store.delete = (directory, entries) -> {
                        int now = Math.min(left[0], entries.size());
                        left[0] -= now;
                        if (now > 0) {
                            store.delete(directory, entries.subList(0, now));
                        }
                    };
                });
        all.connected("LEA-11c", "no renewal is sent while the wall clock is before the last one")
                .by((world, config) -> new Hooks(new PlainClient(world.store(config), config)).leases(lease -> {
                    AtomicReference<Instant> last =
                            new AtomicReference<>(config.time().wall());
                    return Hooks.renewing(lease, () -> {
                        Instant now = config.time().wall();
                        if (now.isBefore(last.get())) {
                            return completedFuture(true);
                        }
                        last.set(now);
                        return lease.renew();
                    });
                }));
        all.connected("LEA-11c", "a lease that is past its end by the wall clock is not renewed")
                .by((world, config) -> new Hooks(new PlainClient(world.store(config), config)).leases(lease -> {
                    AtomicReference<Instant> end =
                            new AtomicReference<>(config.time().wall().plus(lease.ttl()));
                    return Hooks.renewing(lease, () -> {
                        Instant now = config.time().wall();
                        if (now.isAfter(end.get())) {
                            return completedFuture(false);
                        }
                        end.set(now.plus(lease.ttl()));
                        return lease.renew();
                    });
                }));
    }

    private static void replacements(Mutants all) {
        all.library("LEA-13", "an entry created under an ended lease is put under the latest lease")
                .with(ConditionalLeaseMutants::rebound);
        all.store("LEA-14", "an entry put under a lease before the reaping is reaped too")
                .with(store -> store.delete = (directory, entries) -> {
                    store.delete(directory, entries);
                    store.later(
                            LATE,
                            () -> entries.forEach(old -> store.entry(directory, old.name())
                                    .filter(entry -> entry.leaseId() != 0)
                                    .ifPresent(entry -> store.delete(directory, List.of(entry)))));
                });
        all.store("LEA-14", "the reaping deletes an entry with the value of the ended one")
                .with(store -> store.delete = (directory, entries) -> {
                    store.delete(directory, entries);
                    store.later(
                            LATE,
                            () -> entries.forEach(old -> store.entry(directory, old.name())
                                    .filter(entry -> entry.value().equals(old.value()))
                                    .ifPresent(entry -> store.delete(directory, List.of(entry)))));
                });
        all.connected("LEA-15a", "a client has one lease less than it declares")
                .with(client -> client.checkTtl = ttl -> {
                    client.checkTtl(ttl);
                    long live = client.store.leases.values().stream()
                            .filter(lease -> lease.client() == client)
                            .count();
                    PlainClient.checkSize(
                            "leases", live + 1, client.guarantees().maxLeases() - 1L);
                });
        all.client("LEA-15a", "an entry put under one of many leases is bound to the first")
                .with((world, below) -> {
                    List<Long> ids = new CopyOnWriteArrayList<>();
                    return new Hooks(below)
                            .commits(commit -> below.commit(
                                    ids.indexOf(PlainStore.leaseOf(commit)) >= 12
                                            ? LeaseMutants.under(commit, ids.get(0))
                                            : commit))
                            .leases(lease -> {
                                ids.add(lease.id());
                                return lease;
                            });
                });
    }

    private static boolean isOfClient(PlainStore store, PlainClient client, Entry entry) {
        PlainLease lease = store.leases.get(entry.leaseId());
        return lease != null && lease.client() == client;
    }

    /** Some entries of an ended lease disappear a moment after the others. */
    private static void lastsLater(PlainStore store, BiPredicate<Entry, Integer> isLater) {
        store.delete = (directory, entries) -> {
            List<Entry> now = new ArrayList<>();
            List<Entry> later = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                (isLater.test(entries.get(i), i) ? later : now).add(entries.get(i));
            }
            if (!now.isEmpty()) {
                store.delete(directory, now);
            }
            if (!later.isEmpty()) {
                store.later(LATE, () -> store.delete(directory, later));
            }
        };
    }

    /** Remembers a client's entries under a revoked lease, for its next session. */
    private static void writtenAgain(PlainStore store) {
        Map<PlainClient, List<Runnable>> again = new HashMap<>();
        store.revoke = lease -> {
            store.directories.forEach((path, entries) -> entries.values().stream()
                    .filter(entry -> entry.leaseId() == lease.id())
                    .forEach(entry -> again.computeIfAbsent(lease.client(), client -> new ArrayList<>())
                            .add(() -> {
                                if (store.entry(path, entry.name()).isEmpty()) {
                                    store.store(path, entry);
                                }
                            })));
            store.revoke(lease);
        };
        store.grant = (client, ttl) -> {
            again.getOrDefault(client, List.of()).forEach(Runnable::run);
            again.remove(client);
            return store.grant(client, ttl);
        };
    }

    /** Keeps expired entries underneath later ones. */
    private static void layered(World world, PlainStore store) {
        Map<List<String>, Entry> below = new HashMap<>();
        store.expire = lease -> {
            store.directories.forEach((path, entries) -> entries.values().stream()
                    .filter(entry -> entry.leaseId() == lease.id())
                    .forEach(entry -> below.put(List.of(path, entry.name()), entry)));
            store.expire(lease);
        };
        store.write = (directory, write, at) -> {
            store.write(directory, write, at);
            Entry old = below.get(List.of(directory, write.name()));
            if (old != null && write instanceof Write.Delete) {
                store.store(directory, old);
            }
        };
    }

    /** Ends renewed leases one after another. */
    private static void oneByOne(PlainStore store) {
        Set<Long> renewed = new HashSet<>();
        long[] last = {0};
        boolean[] due = {false};
        store.renew = lease -> {
            renewed.add(lease.id());
            return store.renew(lease);
        };
        store.expire = lease -> {
            if (!renewed.contains(lease.id())) {
                store.expire(lease);
            } else if (store.time.nanoTime() - last[0] >= 5_000_000) {
                last[0] = store.time.nanoTime();
                store.expire(lease);
            } else if (!due[0]) {
                due[0] = true;
                store.later(Duration.ofMillis(5), () -> {
                    due[0] = false;
                    store.sweep();
                });
            }
        };
    }

    /** Has one session, and takes it for the session of every lease. */
    private static Backend rebound(Backend below) {
        Map<Long, Long> latest = new ConcurrentHashMap<>();
        return new Hooks(below)
                .grants(ttl -> below.grantLease(ttl).thenApply(lease -> {
                    latest.put(0L, lease.id());
                    return lease;
                }))
                .commits(commit -> below.commit(commit)
                        .thenCompose(result -> result instanceof CommitResult.LeaseDead
                                        && commit.conditions().stream().anyMatch(Condition.Absent.class::isInstance)
                                ? below.commit(LeaseMutants.under(commit, latest.getOrDefault(0L, 0L)))
                                : completedFuture(result)));
    }
}
