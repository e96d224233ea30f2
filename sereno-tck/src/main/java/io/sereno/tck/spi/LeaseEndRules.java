package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * What happens to entries, and to clients that name the lease, when it ends: by expiry, which takes time, and by
 * revocation.
 */
public class LeaseEndRules {
    private static final String DIRECTORY = "lease";
    private static final Bytes VALUE = Bytes.utf8("value");

    @Rule(
            value = "LEA-4a",
            waits = true,
            check = "whether the entries of one lease are deleted one by one, so that others can see half of it")
    void allEntriesOfALeaseGoAtOnce(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        Map<String, Integer> counts = Map.of(DIRECTORY, 160, DIRECTORY + "/b", 40);
        for (boolean revoke : new boolean[] {false, true}) {
            Lease lease = client.grant(revoke ? bench.longTtl() : bench.shortTtl());
            counts.forEach((directory, count) -> putOfAllKinds(client, directory, count, lease));
            client.keep(lease, "of a lease with entries");
            long acked = bench.now();
            if (!revoke) {
                bench.pass(lease.ttl().minus(Duration.ofMillis(60)));
            }
            CompletableFuture<?> revoked = revoke
                    ? bench.async(() -> {
                        client.revoke(lease);
                        return null;
                    })
                    : CompletableFuture.completedFuture(null);
            counts.forEach((directory, count) ->
                    requireAllGoAtOnce(bench, reader, directory, count, acked, lease.ttl(), revoke));
            bench.join(List.of(revoked), bench.patience());
        }
    }

    /** Some with a value and some without, some put again, some deleted and put again. */
    private static void putOfAllKinds(Client client, String directory, int count, Lease lease) {
        for (int from = 0; from < count; from += 32) {
            Commit.Builder commit = Commit.to(directory);
            IntStream.range(from, Math.min(count, from + 32))
                    .forEach(i -> commit.put(String.format("n%03d", i), i % 2 == 0 ? VALUE : Bytes.EMPTY, lease.id()));
            client.committed(commit.build());
        }
        client.committed(Commit.to(directory).delete("n001").delete("n002").build());
        Commit.Builder again = Commit.to(directory);
        IntStream.range(0, 6).forEach(i -> again.put(String.format("n%03d", i), VALUE, lease.id()));
        client.committed(again.build());
    }

    private static void requireAllGoAtOnce(
            Bench bench, Client reader, String directory, int count, long acked, Duration ttl, boolean revoke) {
        Duration bound = revoke
                ? bench.patience()
                : ttl.plus(bench.guarantees().expiryLateness()).plus(bench.patience());
        while (true) {
            int seen = reader.all(directory).size();
            if (seen < count) {
                int next = reader.all(directory).size();
                bench.verify(
                        next == 0,
                        () -> "a read showed " + seen + " of the " + count + " entries of a lease that ended by "
                                + (revoke ? "revocation" : "expiry") + ", and the next read " + next + " of them");
                return;
            }
            bench.within(bound, acked, "the end of a lease by " + (revoke ? "revocation" : "expiry"));
            bench.pass(Duration.ofMillis(bench.kit().pace().isReal() ? 2 : 20));
        }
    }

    @Rule(
            value = "LEA-4b",
            waits = true,
            check = "that deletions by the end of a lease are commits, with a revision of their own")
    void theEndOfALeaseHasARevision(Bench bench) {
        Client client = bench.client();
        Client watcher = bench.client();
        Map<String, Long> reported = new HashMap<>();
        watcher.watch(new Target(DIRECTORY, Optional.empty()), new io.sereno.spi.WatchListener() {
            @Override
            public void changed(String name, long revision) {
                synchronized (reported) {
                    reported.put(name, revision);
                }
                bench.stir();
            }

            @Override
            public void reset() {}
        });
        for (boolean revoke : new boolean[] {true, false}) {
            Lease lease = client.grant(bench.shortTtl());
            String how = "ends by " + (revoke ? "revocation" : "expiry");
            List<String> names = List.of(how, how + ", too", how + ", and is the third");
            Commit.Builder put = Commit.to(DIRECTORY);
            names.forEach(name -> put.put(name, VALUE, lease.id()));
            client.committed(put.build());
            long before = client.put(DIRECTORY, "plain", "1");
            long acked = bench.now();
            if (revoke) {
                client.revoke(lease);
            } else {
                LeaseTimeRules.passUntilEnd(bench, acked, lease.ttl());
            }
            names.forEach(
                    name -> bench.verify(client.one(DIRECTORY, name).isEmpty(), () -> name + " and still exists"));
            long after = client.put(DIRECTORY, "plain", "2");
            bench.verify(after > before, () -> "revision " + after + " follows " + before);
            bench.reach(
                    () -> names.stream().allMatch(name -> reported(reported, name) > before),
                    bench.afterNotice(Duration.ofMillis(500)));
            for (String name : names) {
                long revision = reported(reported, name);
                bench.verify(
                        revision < after,
                        () -> "the end of a lease was announced at revision " + revision
                                + ", and a commit that was invoked afterwards has " + after);
            }
            // A store need not report the revision. If it does not, a new put has to show that the entry was gone.
            long again = client.put(DIRECTORY, how, "2");
            bench.same(
                    "createRevision of " + how + ", put again",
                    again,
                    client.one(DIRECTORY, how).orElseThrow().createRevision());
            bench.verify(again > after, () -> "revision " + again + " follows " + after);
        }
        bench.evidence("ends with what was put before and after", 2, 2);
    }

    private static long reported(Map<String, Long> reported, String name) {
        synchronized (reported) {
            return reported.getOrDefault(name, 0L);
        }
    }

    @Rule(
            value = "LEA-5b",
            waits = true,
            check = "what the store answers for an expired lease, and which entries revoke() deletes then")
    void revokingWhatHasExpiredSucceeds(Bench bench) {
        Client client = bench.client();
        Lease lease = client.grant(bench.shortTtl());
        Lease empty = client.grant(bench.shortTtl());
        List<String> names = List.of("plain", "leased", "left");
        names.forEach(name -> client.put(DIRECTORY, name, "old", lease));
        LeaseTimeRules.passUntilEnd(bench, bench.now(), lease.ttl());
        Lease next = client.grant(bench.longTtl());
        client.put(DIRECTORY, "plain", "new");
        client.put(DIRECTORY, "leased", "new", next);
        for (int i = 0; i < 2; i++) {
            client.revoke(lease);
            client.revoke(empty);
            bench.verified();
        }
        bench.same(
                "the names, two of them put again, after their former lease was revoked",
                Set.of("plain", "leased"),
                LeaseTimeRules.names(client.all(DIRECTORY)));
        bench.same("renew() of the client's other lease", true, client.renew(next));
    }

    @Rule(
            value = "LEA-6b",
            waits = true,
            check = "caches, write-behind, and client libraries that restore a session's entries")
    void entriesOfAnEndedLeaseDoNotReturn(Bench bench) {
        Client client = bench.client();
        Client other = bench.client();
        Lease lease = client.grant(bench.shortTtl());
        Lease revoked = client.grant(bench.longTtl());
        for (String name : List.of("a", "b", "taken")) {
            client.put(DIRECTORY, name, "1", lease);
        }
        client.put(DIRECTORY, "revoked", "1", revoked);
        client.revoke(revoked);
        LeaseTimeRules.passUntilEnd(bench, bench.now(), lease.ttl());
        bench.same("the entries after the end", List.of(), other.all(DIRECTORY));
        other.put(DIRECTORY, "taken", "2");
        client.renew(lease);
        client.outcome(Commit.to(DIRECTORY).put("a", VALUE, lease.id()).build());
        // A client that restores a session does so with the next lease.
        Lease next = client.grant(bench.longTtl());
        client.put(DIRECTORY, "next", "1", next);
        Set<String> expected = new HashSet<>(Set.of("taken", "next"));
        for (int i = 0; i < 10; i++) {
            bench.pass(lease.ttl().dividedBy(10));
            if (i == 5) {
                // An entry that another layer had covered would show when that layer goes.
                other.delete(DIRECTORY, "taken");
                expected.remove("taken");
            }
            List<Entry> entries = other.all(DIRECTORY);
            bench.same("the names some time after the end", expected, LeaseTimeRules.names(entries));
            entries.stream()
                    .filter(entry -> entry.name().equals("taken"))
                    .forEach(entry -> bench.same(
                            "the value of the entry that another client put",
                            "2",
                            entry.value().toUtf8()));
        }
        bench.same("the names that the former owner sees", expected, LeaseTimeRules.names(client.all(DIRECTORY)));
    }

    @Rule(
            value = "LEA-7b",
            waits = true,
            check =
                    "how the store's error for a lease that has expired is reported: as LeaseDead, not as an unknown outcome")
    void aCommitUnderAnExpiredLeaseEndsForCertain(Bench bench) {
        Client client = bench.client();
        long kept = client.put(DIRECTORY, "kept", "before");
        Lease lease = client.grant(bench.shortTtl());
        LeaseTimeRules.passUntilEnd(bench, bench.now(), lease.ttl());
        bench.same("renew() of a lease that has expired", false, client.renew(lease));
        LeaseRules.requireEndsForCertain(bench, client, lease, kept);
    }

    @Rule(
            value = "LEA-9",
            waits = true,
            check =
                    "whether the store keeps a list of names for each lease, without a check of the lease that they have now")
    void anEntryPutAgainSurvivesTheOldLease(Bench bench) {
        Client client = bench.client();
        Client other = bench.client();
        for (boolean revoke : new boolean[] {false, true}) {
            String directory = DIRECTORY + (revoke ? "/revoked" : "/expired");
            Lease old = client.grant(bench.shortTtl());
            Lease next = client.grant(bench.longTtl());
            Lease others = other.grant(bench.longTtl());
            for (String name : List.of("plain", "leased", "by another", "left")) {
                client.put(directory, name, "old", old);
            }
            long acked = bench.now();
            client.committed(Commit.to(directory)
                    .delete("plain")
                    .delete("leased")
                    .delete("by another")
                    .build());
            client.put(directory, "plain", "new");
            for (int life = 0; life < 2; life++) {
                client.delete(directory, "plain");
                client.put(directory, "plain", "new");
            }
            client.put(directory, "leased", "new", next);
            other.put(directory, "by another", "new", others);
            if (revoke) {
                client.revoke(old);
            } else {
                LeaseTimeRules.passUntilEnd(bench, acked, old.ttl());
            }
            List<Entry> entries = other.all(directory);
            bench.same(
                    "the names after the end of the lease that they had before",
                    Set.of("plain", "leased", "by another"),
                    LeaseTimeRules.names(entries));
            entries.forEach(entry -> bench.same(
                    "the value of " + entry.name(), "new", entry.value().toUtf8()));
        }
    }

    @Rule(
            value = "LEA-14",
            waits = true,
            check = "whether the deletion of an ended lease's entry checks the entry's present lease, in the same step")
    void anEntryPutBeforeTheReapingSurvivesIt(Bench bench) {
        Client client = bench.client();
        Client other = bench.client();
        List<String> names = IntStream.range(0, 20).mapToObj(i -> "n" + i).toList();
        Lease lease = client.grant(bench.shortTtl());
        long sent = bench.now();
        Commit.Builder commit = Commit.to(DIRECTORY);
        names.forEach(name -> commit.put(name, Bytes.utf8("old"), lease.id()));
        client.committed(commit.build());
        long acked = bench.now();
        // The attempts begin just before the lease ends, and follow one another as fast as possible.
        bench.pass(lease.ttl().minus(bench.since(sent)).minus(Duration.ofMillis(20)));
        // By their number, entries are put by the other client with a new value, under another lease, with the same
        // value, or by the owner.
        Lease others = other.grant(bench.longTtl());
        Map<String, String> taken = new HashMap<>();
        while (taken.size() < names.size()) {
            // An attempt on the first name shows that the lease lasts; all are tried as soon as it has ended.
            for (int i = 0; i < (taken.isEmpty() ? 1 : names.size()); i++) {
                String name = names.get(i);
                String value = i % 4 == 2 ? "old" : "new";
                if (!taken.containsKey(name)
                        && (i % 4 == 3 ? client : other)
                                        .commit(Commit.to(DIRECTORY)
                                                .ifAbsent(name)
                                                .put(name, Bytes.utf8(value), i % 4 == 1 ? others.id() : 0)
                                                .build())
                                instanceof CommitResult.Committed) {
                    taken.put(name, value);
                }
            }
            bench.within(
                    lease.ttl().plus(bench.guarantees().expiryLateness()).plus(bench.patience()),
                    acked,
                    "the end of a lease whose names other clients put");
            bench.pass(Duration.ofMillis(1));
        }
        other.keep(others, "of a lease that took over");
        LeaseTimeRules.passUntilEnd(bench, acked, lease.ttl());
        other.keep(others, "of a lease that took over");
        bench.pass(bench.shortTtl().dividedBy(2));
        List<Entry> entries = other.all(DIRECTORY);
        bench.same(
                "the names that were put again while the lease was ending",
                taken.keySet(),
                LeaseTimeRules.names(entries));
        entries.forEach(entry -> bench.same(
                "the value of " + entry.name(),
                taken.get(entry.name()),
                entry.value().toUtf8()));
    }
}
