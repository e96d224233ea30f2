package io.sereno.tck.spi;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.UnknownCommits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Leases, as far as no test has to wait. */
public class LeaseRules {
    private static final String DIRECTORY = "lease";
    private static final Bytes VALUE = Bytes.utf8("value");

    @Rule(value = "LEA-1a", check = "how a duration becomes what the store counts in: rounding down ends a lease early")
    void theTtlIsAtLeastWhatWasAsked(Bench bench) {
        Client client = bench.client();
        Guarantees guarantees = bench.guarantees();
        Duration least = guarantees.leastTtl();
        Duration grain = guarantees.ttlGranularity();
        List<Duration> asked = new ArrayList<>(List.of(
                least,
                least.plus(grain),
                least.plus(grain.dividedBy(2)).plusNanos(1),
                least.plusNanos(1),
                least.plusMillis(1),
                least.plusMillis(999),
                least.plus(grain.multipliedBy(3)).minusNanos(1),
                Duration.ofSeconds(10),
                Duration.ofMillis(10_001),
                Duration.ofMillis(40_000)));
        asked.removeIf(ttl -> ttl.compareTo(least) < 0 || ttl.compareTo(guarantees.greatestTtl()) > 0);
        for (Duration ttl : asked) {
            Lease lease = client.grant(ttl);
            bench.verify(
                    lease.ttl().compareTo(ttl) >= 0,
                    () -> "a lease of " + ttl + " was asked for and one of " + lease.ttl() + " was granted");
            bench.verify(
                    lease.ttl().minus(ttl).compareTo(grain) < 0,
                    () -> "a lease of " + ttl + " was asked for and one of " + lease.ttl()
                            + " was granted; ttlGranularity is " + grain);
            client.revoke(lease);
        }
        if (least.compareTo(Duration.ofNanos(1)) > 0) {
            Duration below = least.dividedBy(2);
            CallResult<Lease> ended =
                    client.outcome("grant " + below, () -> client.backend().grantLease(below));
            bench.verify(
                    ended.isRefused()
                            || (ended.succeeded() && ended.result().ttl().compareTo(least) >= 0),
                    () -> "a ttl of " + below + " below leastTtl, " + least + ", was neither raised nor refused: "
                            + ended);
        }
    }

    @Rule(value = "LEA-1b", check = "whether the server shortens a ttl that is too long; read back the granted ttl")
    void aTtlAboveTheGreatestIsRefused(Bench bench) {
        Client client = bench.client();
        Duration greatest = bench.guarantees().greatestTtl();
        for (Duration ttl : List.of(
                greatest.plus(bench.guarantees().ttlGranularity()),
                greatest.plusSeconds(10),
                greatest.multipliedBy(2))) {
            CallResult<Lease> ended =
                    client.outcome("grant " + ttl, () -> client.backend().grantLease(ttl));
            bench.verify(
                    ended.isRefused(),
                    () -> "a ttl of " + ttl + " is above greatestTtl, " + greatest + ", and was not refused: " + ended
                            + (ended.succeeded() ? " of " + ended.result().ttl() : ""));
        }
        Lease lease = client.grant(greatest);
        bench.verify(lease.ttl().compareTo(greatest) >= 0, () -> "greatestTtl was granted as " + lease.ttl());
        client.revoke(lease);
    }

    @Rule(value = "LEA-1c", check = "that the ttl is checked before anything is sent")
    void aTtlThatIsNotMoreThanZeroIsRefused(Bench bench) {
        Client client = bench.client();
        for (Duration ttl : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(-10))) {
            CallResult<Lease> ended =
                    client.outcome("grant " + ttl, () -> client.backend().grantLease(ttl));
            bench.verify(ended.isRefused(), () -> "a ttl of " + ttl + " was not refused: " + ended);
        }
    }

    @Rule(
            value = "LEA-1d",
            check = "where ids come from: a counter that a lost grant or a restart sets back returns an id twice")
    void idsAreNeverUsedAgain(Bench bench) {
        Set<Long> ids = new HashSet<>();
        List<Client> clients = List.of(bench.client(), bench.client(), bench.client());
        for (int round = 0; round < 12; round++) {
            for (Client client : clients) {
                Lease lease = client.grant(bench.longTtl());
                bench.verify(lease.id() != 0, () -> "a lease was granted with the id 0, which means none");
                bench.verify(ids.add(lease.id()), () -> "the id " + lease.id() + " was given out twice");
                if (round % 2 == 0) {
                    client.put(DIRECTORY, "of " + lease.id(), "1", lease);
                    bench.same(
                            "the lease of an entry put under it",
                            lease.id(),
                            client.present(DIRECTORY, "of " + lease.id()).leaseId());
                }
                client.revoke(lease);
            }
        }
        Client late = bench.client();
        Lease lease = late.grant(bench.longTtl());
        bench.verify(
                ids.add(lease.id()),
                () -> "the id " + lease.id() + " was given out twice, to a client that came later");
    }

    @Rule(value = "LEA-3b", check = "expiryLateness in guarantees()")
    void theDeclaredLatenessIsBounded(Bench bench) {
        Guarantees guarantees = bench.guarantees();
        // The bound depends on the ttl. It has to hold for the shortest ttl, where it is at least two seconds.
        Duration bound = guarantees.leastTtl().compareTo(Duration.ofSeconds(2)) > 0
                ? guarantees.leastTtl()
                : Duration.ofSeconds(2);
        bench.verify(
                guarantees.expiryLateness().compareTo(bound) <= 0,
                () -> "expiryLateness is " + guarantees.expiryLateness() + " and leastTtl " + guarantees.leastTtl()
                        + "; at most " + bound + " is allowed for that ttl");
    }

    @Rule(
            value = "LEA-5a",
            check =
                    "whether revoke() waits until the store has deleted the entries, not only until it has received the request")
    void entriesAreGoneWhenRevokeCompletes(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        for (int round = 0; round < 10; round++) {
            Lease lease = client.grant(bench.longTtl());
            Commit.Builder commit = Commit.to(DIRECTORY).put("stays", VALUE);
            IntStream.range(0, 20).forEach(i -> commit.put("goes" + i, VALUE, lease.id()));
            client.committed(commit.build());
            client.put(DIRECTORY + "/other", "goes", "1", lease);
            client.committed(Commit.to(DIRECTORY + "/empty")
                    .put("goes", Bytes.EMPTY, lease.id())
                    .build());
            // Once with entries in many directories.
            int directories = round == 0 ? 20 : 0;
            for (int i = 0; i < directories; i++) {
                client.put(DIRECTORY + i, "goes", "1", lease);
            }
            client.revoke(lease);
            for (int i = 0; i < directories; i++) {
                bench.same("the names in one of many directories", List.of(), reader.all(DIRECTORY + i));
            }
            for (Client each : List.of(reader, client)) {
                bench.same(
                        "the names in a directory whose entry had no value", List.of(), each.all(DIRECTORY + "/empty"));
                List<String> left =
                        each.all(DIRECTORY).stream().map(Entry::name).toList();
                bench.same("the names after a revocation", List.of("stays"), left);
                bench.same("the names in another directory", List.of(), each.all(DIRECTORY + "/other"));
            }
        }
    }

    @Rule(value = "LEA-5b", check = "what the store answers for a lease that it no longer knows")
    void revokingTwiceSucceeds(Bench bench) {
        Client client = bench.client();
        Lease lease = client.grant(bench.longTtl());
        client.put(DIRECTORY, "a", "1", lease);
        for (int i = 0; i < 3; i++) {
            client.revoke(lease);
            bench.verified();
        }
        client.put(DIRECTORY, "a", "2");
        client.revoke(lease);
        bench.same(
                "whether an entry put after the revocation survives another one",
                true,
                client.one(DIRECTORY, "a").isPresent());
    }

    @Rule(
            value = "LEA-6a",
            check = "what the client library answers for a lease that the store no longer knows; some report success")
    void renewingARevokedLeaseReturnsFalse(Bench bench) {
        Client client = bench.client();
        Lease lease = client.grant(bench.longTtl());
        bench.same("renew() of a live lease", true, client.renew(lease));
        client.put(DIRECTORY, "a", "1", lease);
        client.revoke(lease);
        for (int i = 0; i < 3; i++) {
            bench.same("renew() of a revoked lease", false, client.renew(lease));
            // A copy of the first renewal may arrive meanwhile.
            bench.pass(Duration.ofMillis(100));
        }
        bench.same("the entries afterwards", List.of(), client.all(DIRECTORY));
    }

    @Rule(value = "LEA-7a", check = "that the store checks the lease and applies the writes in one step")
    void aCommitUnderADeadLeaseWritesNothing(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "kept", "before");
        long kept = client.present(DIRECTORY, "kept").modRevision();
        Lease lease = client.grant(bench.longTtl());
        client.revoke(lease);
        for (Commit commit : underDead(lease, kept)) {
            client.outcome(commit);
            List<Entry> entries = bench.client().all(DIRECTORY);
            bench.verify(
                    entries.size() == 1 && entries.get(0).modRevision() == kept,
                    () -> commit + " under a lease that is dead changed the directory to " + entries);
        }
    }

    private static List<Commit> underDead(Lease lease, long kept) {
        return List.of(
                Commit.to(DIRECTORY).put("a", VALUE, lease.id()).build(),
                Commit.to(DIRECTORY).ifAbsent("a").put("a", VALUE, lease.id()).build(),
                Commit.to(DIRECTORY).put("a", VALUE, lease.id()).put("b", VALUE).build(),
                Commit.to(DIRECTORY)
                        .put("kept", VALUE)
                        .put("a", VALUE, lease.id())
                        .build(),
                Commit.to(DIRECTORY).delete("kept").put("a", VALUE, lease.id()).build(),
                Commit.to(DIRECTORY)
                        .ifModRevision("kept", kept)
                        .delete("kept")
                        .put("a", VALUE, lease.id())
                        .build());
    }

    @Rule(
            value = "LEA-7b",
            check = "how the store's error for an unknown lease is reported: as LeaseDead, not as an unknown outcome")
    void aCommitUnderADeadLeaseEndsForCertain(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "kept", "before");
        long kept = client.present(DIRECTORY, "kept").modRevision();
        for (boolean reportedByRenew : new boolean[] {false, true}) {
            Lease lease = client.grant(bench.longTtl());
            client.revoke(lease);
            if (reportedByRenew) {
                client.renew(lease);
            }
            requireEndsForCertain(bench, client, lease, kept);
        }
    }

    /** Holds for all conditions, writes and returned reads of a commit. */
    static void requireEndsForCertain(Bench bench, Client client, Lease lease, long kept) {
        List<Commit> commits = new ArrayList<>(underDead(lease, kept));
        commits.add(Commit.to(DIRECTORY)
                .ifAbsent("kept")
                .put("a", VALUE, lease.id())
                .build());
        commits.add(
                Commit.to(DIRECTORY).put("a", VALUE, lease.id()).returningAll().build());
        for (Commit commit : commits) {
            CallResult<CommitResult> ended = forCertain(client, commit);
            bench.verify(
                    ended.failedAs(Outcome.NOT_APPLIED)
                            || (ended.succeeded() && !(ended.result() instanceof CommitResult.Committed)),
                    () -> commit + " under a lease that was reported dead ended as " + ended
                            + "; LeaseDead, Conflict or NOT_APPLIED is expected");
            bench.verify(
                    !commit.conditions().isEmpty()
                            || ended.failedAs(Outcome.NOT_APPLIED)
                            || ended.result() instanceof CommitResult.LeaseDead,
                    () -> "a commit without conditions under a dead lease ended as " + ended);
        }
    }

    /** A store may leave a commit's outcome unknown now and then; if it does so each time, that has a cause. */
    private static CallResult<CommitResult> forCertain(Client client, Commit commit) {
        CallResult<CommitResult> ended = client.raw(commit);
        for (int i = 1; i < UnknownCommits.ATTEMPTS && ended.failedAs(Outcome.UNKNOWN); i++) {
            ended = client.raw(commit);
        }
        return ended;
    }

    @Rule(
            value = "LEA-15a",
            check = "whether a lease costs a connection, and how many connections server and client allow")
    void sixteenLeasesLiveAtOnce(Bench bench) {
        Client client = bench.client();
        int most = bench.guarantees().maxLeases();
        int count = most <= 500 ? most : 200;
        bench.verify(count >= 16, () -> "maxLeases is " + count + "; 16 is the least");
        List<Lease> leases = LeaseTimeRules.inPortions(bench, count, i -> {
            Lease lease = client.grant(bench.longTtl());
            client.put(DIRECTORY, "of " + i, "1", lease);
            return lease;
        });
        bench.same(
                "the leases of entries under leases of their own",
                leases.stream().map(Lease::id).collect(Collectors.toSet()),
                client.all(DIRECTORY).stream().map(Entry::leaseId).collect(Collectors.toSet()));
        LeaseTimeRules.inPortions(bench, count, i -> client.renew(leases.get(i)))
                .forEach(renewed -> bench.same("renew() of one of " + count + " leases", true, renewed));
        client.revoke(leases.get(0));
        bench.same(
                "the number of entries after one was revoked",
                count - 1,
                client.all(DIRECTORY).size());
        revokeAll(bench, client, leases);
    }

    private static void revokeAll(Bench bench, Client client, List<Lease> leases) {
        LeaseTimeRules.inPortions(bench, leases.size(), i -> {
            client.revoke(leases.get(i));
            return i;
        });
    }

    @Rule(
            value = "LEA-15b",
            check = "that leases, and the bytes of paths and names under one, are counted before anything is sent")
    void aboveTheLimitsOfLeasesIsRefused(Bench bench) {
        Client client = bench.client();
        Guarantees guarantees = bench.guarantees();
        Lease kept = client.grant(bench.longTtl());
        client.put(DIRECTORY, "kept", "1", kept);
        if (guarantees.maxLeases() <= 1_000) {
            List<Lease> leases =
                    LeaseTimeRules.inPortions(bench, guarantees.maxLeases() - 1, i -> client.grant(bench.longTtl()));
            CallResult<Lease> ended = client.outcome(
                    "grant above maxLeases", () -> client.backend().grantLease(bench.longTtl()));
            bench.verify(
                    ended.failedAs(Outcome.NOT_APPLIED),
                    () -> "a lease above maxLeases, " + guarantees.maxLeases() + ", had to be refused and ended as "
                            + ended);
            bench.same("renew() of a lease that is there", true, client.renew(kept));
            revokeAll(bench, client, leases);
            client.revoke(client.grant(bench.longTtl()));
        } else {
            LeaseTimeRules.inPortions(bench, 2_000, i -> {
                client.revoke(client.grant(bench.longTtl()));
                return i;
            });
            bench.verified();
        }
        if (guarantees.maxLeaseBytes() <= 4 << 20) {
            long bytes = 0;
            CallResult<CommitResult> ended = CallResult.open();
            // Long names reach the limit soon. How a backend counts within a namespace is up to the backend, so the
            // rule tries twice as many.
            for (int i = 0; bytes <= 2L * guarantees.maxLeaseBytes(); i++) {
                Commit.Builder commit = Commit.to("bytes");
                for (int j = 0; j < 32; j++) {
                    String name = String.format("%05d-%02d-", i, j) + "n".repeat(480);
                    commit.put(name, Bytes.EMPTY, kept.id());
                    bytes += "bytes".length() + name.length();
                }
                client.renew(kept);
                ended = client.outcome(commit.build());
                if (!ended.succeeded()) {
                    break;
                }
            }
            CallResult<CommitResult> last = ended;
            bench.verify(
                    last.isRefused(),
                    () -> "puts far above maxLeaseBytes, " + guarantees.maxLeaseBytes()
                            + ", had to be refused; the last ended as " + last);
            bench.same("renew() afterwards", true, client.renew(kept));
            bench.same(
                    "the entry that was there",
                    kept.id(),
                    client.present(DIRECTORY, "kept").leaseId());
        } else {
            List<String> names = IntStream.range(0, 1_000)
                    .mapToObj(i -> String.format("%05d-", i) + "n".repeat(480))
                    .toList();
            for (String name : names) {
                client.committed(
                        Commit.to("bytes").put(name, Bytes.EMPTY, kept.id()).build());
            }
            bench.same(
                    "the number of entries under one lease",
                    names.size(),
                    client.all("bytes").size());
        }
    }
}
