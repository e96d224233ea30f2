package io.sereno.tck.spi;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Notices;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * When leases end. "A lease never ends early" is a safety property, so its bounds are exact. The bound on a late end is
 * widened by how much this machine stood still.
 */
public class LeaseTimeRules {
    private static final String DIRECTORY = "lease";
    private static final Bytes VALUE = Bytes.utf8("value");

    @Rule(
            value = "LEA-2",
            waits = true,
            check =
                    "what the ttl becomes on its way to the store, and whether a renewal counts from when it was sent or later")
    void aLeaseNeverEndsEarly(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        Duration asked =
                bench.shortTtl().plus(bench.guarantees().ttlGranularity().dividedBy(2));
        long sent = bench.now();
        Lease lease = client.grant(asked);
        IntStream.range(0, 5).forEach(i -> client.put(DIRECTORY, "n" + i, "1", lease));
        int late = 0;
        requireThere(bench, client, reader, sent, lease.ttl().dividedBy(2), "after the grant");
        for (int renewal = 1; renewal <= 3; renewal++) {
            sent = bench.now();
            client.keep(lease, "of a live lease");
            Duration until = renewal == 3 ? lease.ttl() : lease.ttl().dividedBy(2);
            int seen = requireThere(bench, client, reader, sent, until, "after renewal " + renewal);
            late += renewal == 3 ? seen : 0;
        }
        // The same for a lease that is never renewed. Remaining entries of the first lease would look like entries of
        // this one.
        client.revoke(lease);
        sent = bench.now();
        Lease plain = client.grant(asked);
        client.put(DIRECTORY, "n0", "1", plain);
        client.put(DIRECTORY, "n1", "1", plain);
        late += requireThere(bench, client, reader, sent, plain.ttl(), "of a lease that was never renewed");
        bench.evidence("reads in the last tenth of a ttl", late, 1);
    }

    /**
     * Reads until this long after a grant or renewal was sent. Each read that completes before then has to show what
     * the first one showed. Returns how many reads were in the last tenth of that time.
     */
    private static int requireThere(Bench bench, Client client, Client reader, long sent, Duration until, String when) {
        Set<String> expected = null;
        int late = 0;
        long end = sent + until.toNanos();
        long step = Math.max(until.toNanos() / 40, 2_000_000);
        while (true) {
            for (Client each : List.of(client, reader)) {
                Set<String> seen = names(each.all(DIRECTORY));
                if (bench.now() - end >= 0) {
                    return late;
                }
                if (expected == null) {
                    expected = seen;
                }
                Set<String> missing = new HashSet<>(expected);
                missing.removeAll(seen);
                Duration age = bench.since(sent);
                bench.verify(
                        missing.isEmpty(),
                        () -> "entries " + missing + " are gone " + Bench.text(age) + " " + when
                                + " was sent, and have to be there for " + Bench.text(until));
                late += end - bench.now() < until.toNanos() / 10 ? 1 : 0;
            }
            // With a manual clock the last read is a nanosecond before the end.
            long rest = end - bench.now();
            bench.pass(Duration.ofNanos(Math.max(1, Math.min(step, rest > 1 ? rest - 1 : rest))));
        }
    }

    @Rule(
            value = "LEA-3a",
            waits = true,
            check =
                    "what ends leases in the store when no request touches their keys, and expiryLateness in guarantees()")
    void aLeaseEndsInTime(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Lease lease = client.grant(bench.shortTtl());
            leases.add(lease);
            client.put(DIRECTORY + i, "a", "1", lease);
            client.put(DIRECTORY + i, "b", "1", lease);
        }
        client.renew(leases.get(1));
        // A client that dies renews nothing, and its leases end all the same.
        Client dying = bench.client();
        Lease orphan = dying.grant(bench.shortTtl());
        dying.put(DIRECTORY + 3, "a", "1", orphan);
        long acked = bench.now();
        dying.close();
        passUntilEnd(bench, acked, orphan.ttl());
        for (int i = 0; i <= 3; i++) {
            List<Entry> left = reader.all(DIRECTORY + i);
            Duration age = bench.since(acked);
            bench.verify(
                    left.isEmpty(),
                    () -> "entries " + names(left) + " are still there " + Bench.text(age)
                            + " after the last grant or renewal was acked; ttl " + orphan.ttl() + " and expiryLateness "
                            + bench.guarantees().expiryLateness() + " are over");
        }
    }

    /** Waits until a read must not show anything any more. */
    static void passUntilEnd(Bench bench, long acked, Duration ttl) {
        long end = acked + ttl.plus(bench.guarantees().expiryLateness()).toNanos();
        do {
            long rest = end + bench.kit().stalledSince(acked).multipliedBy(2).toNanos() - bench.now();
            bench.pass(Duration.ofNanos(Math.max(1, rest + 1)));
        } while (end + bench.kit().stalledSince(acked).multipliedBy(2).toNanos() - bench.now() > 0);
    }

    @Rule(
            value = "LEA-6a",
            waits = true,
            check = "what the client library answers when it renews a lease that the store has ended")
    void renewingADeadLeaseReturnsFalse(Bench bench) {
        Client client = bench.client();
        Lease lease = client.grant(bench.shortTtl());
        client.put(DIRECTORY, "a", "1", lease);
        passUntilEnd(bench, bench.now(), lease.ttl());
        for (int i = 0; i < 3; i++) {
            bench.same("renew() of a lease that has expired", false, client.renew(lease));
        }
        bench.same("the entries afterwards", List.of(), client.all(DIRECTORY));
        CallResult<CommitResult> ended =
                client.outcome(Commit.to(DIRECTORY).put("a", VALUE, lease.id()).build());
        bench.verify(
                ended.failedAs(Outcome.NOT_APPLIED) || ended.result() instanceof CommitResult.LeaseDead,
                () -> "a commit under a lease that has expired ended as " + ended);
        bench.same("the entries after a commit under it", List.of(), client.all(DIRECTORY));
    }

    @Rule(
            value = "LEA-8",
            waits = true,
            check = "whether all leases of a client share one ttl, one session, or one timer")
    void leasesExpireIndependently(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        Duration ttl = bench.shortTtl();
        Map<Lease, Long> sent = new HashMap<>();
        List<Lease> leases = new ArrayList<>();
        for (int factor : new int[] {3, 1, 2}) {
            long from = bench.now();
            Lease lease = client.grant(bench.ttl(ttl.multipliedBy(factor)));
            client.put(DIRECTORY, "of " + factor, "1", lease);
            sent.put(lease, from);
            leases.add(lease);
        }
        long acked = bench.now();
        // A lease that is renewed all the time, beside leases that are not.
        Lease renewed = client.grant(ttl);
        client.put(DIRECTORY, "renewed", "1", renewed);
        Map<Lease, String> names = new HashMap<>();
        names.put(leases.get(0), "of 3");
        names.put(leases.get(1), "of 1");
        names.put(leases.get(2), "of 2");
        Duration lateness = bench.guarantees().expiryLateness();
        long end = acked + leases.get(0).ttl().plus(lateness).toNanos();
        Set<Lease> gone = new HashSet<>();
        while (gone.size() < leases.size()) {
            if (!client.renew(renewed)) {
                bench.verify(
                        !client.lives(renewed), () -> "renew() of the lease that is kept is false, and has to be true");
                // The store took longer than a ttl for the calls in between, so the lease ended rightly.
                renewed = client.grant(ttl);
                client.put(DIRECTORY, "renewed", "1", renewed);
            }
            long invoked = bench.now();
            Set<String> seen = names(reader.all(DIRECTORY));
            long completed = bench.now();
            Duration slack = bench.kit().stalledSince(acked).multipliedBy(2);
            bench.verify(
                    seen.contains("renewed") || !client.lives(renewed),
                    () -> "the entry of the lease that is renewed is gone");
            for (Lease lease : leases) {
                String name = names.getOrDefault(lease, "");
                long since = sent.getOrDefault(lease, 0L);
                if (!seen.contains(name)) {
                    gone.add(lease);
                    bench.verify(
                            completed - (since + lease.ttl().toNanos()) >= 0,
                            () -> "the entry of a lease of " + lease.ttl() + " is gone "
                                    + Bench.text(Duration.ofNanos(completed - since)) + " after its grant was sent");
                } else {
                    bench.verify(
                            invoked
                                            - (acked
                                                    + lease.ttl()
                                                            .plus(lateness)
                                                            .plus(slack)
                                                            .toNanos())
                                    <= 0,
                            () -> "the entry of a lease of " + lease.ttl() + " is there "
                                    + Bench.text(Duration.ofNanos(invoked - acked)) + " after its grant was acked");
                }
            }
            bench.verify(
                    bench.now() - (end + slack.plus(ttl).toNanos()) < 0,
                    () -> "leases that have not ended: " + names.values());
            bench.pass(ttl.dividedBy(10));
        }
    }

    @Rule(value = "LEA-11a", waits = true, check = "how many leases the store ends at a time, and in which portions")
    void leasesThatEndTogetherEndInTime(Bench bench) {
        Client client = bench.client();
        int count = Math.min(1_000, bench.guarantees().maxLeases());
        Duration ttl = bench.stretched(Duration.ofSeconds(4));
        // Granted with time to spare: these leases live while others end.
        List<Lease> leases = inPortions(bench, count, i -> client.grant(bench.ttl(ttl.multipliedBy(4))));
        inPortions(bench, count, i -> mayPut(client, DIRECTORY, i, leases.get(i)));
        // By another client: one client has no more than maxLeases.
        Client other = bench.client();
        long granted = bench.now();
        List<Lease> shorter = inPortions(bench, count, i -> other.grant(ttl));
        long certain = inPortions(bench, count, i -> mayPut(other, DIRECTORY + "2", i, shorter.get(i))).stream()
                .filter(put -> put)
                .count();
        int needed = count - count / 4;
        if (certain < needed && bench.since(granted).compareTo(ttl) > 0) {
            throw bench.unknown(
                    "only " + certain + " of " + count + " leases lived until their entries were put, since that"
                            + " took " + Bench.text(bench.since(granted)) + ": the store is slow, or this machine");
        }
        // After a partition, leases would be renewed together too.
        inPortions(bench, count, i -> other.renew(shorter.get(i)));
        long acked = bench.now();
        passUntilEnd(bench, acked, ttl);
        List<Entry> left = bench.client().all(DIRECTORY + "2");
        bench.verify(
                left.isEmpty(),
                () -> left.size() + " of " + count + " leases that ended together have entries "
                        + Bench.text(bench.since(acked)) + " after the last of them was renewed");
        bench.evidence("leases", certain, needed);
        inPortions(bench, count, i -> {
            client.revoke(leases.get(i));
            return i;
        });
    }

    /**
     * Puts an entry of a lease that may end meanwhile; an unknown outcome is not settled. Returns whether the entry was
     * put for certain.
     */
    private static boolean mayPut(Client client, String directory, int number, Lease lease) {
        CallResult<CommitResult> ended = client.raw(
                Commit.to(directory).put("of " + number, VALUE, lease.id()).build());
        boolean certain = ended.succeeded() && ended.result() instanceof CommitResult.Committed;
        boolean late = !client.lives(lease) && ended.succeeded() && ended.result() instanceof CommitResult.LeaseDead;
        if (!certain && !late && !ended.failedAs(Outcome.UNKNOWN)) {
            throw new RuleFailure("a put under lease " + lease.id() + " of " + lease.ttl() + " ended as " + ended
                    + " without a fault");
        }
        return certain;
    }

    /** Creates this many objects, some at a time. */
    static <T> List<T> inPortions(Bench bench, int count, Function<Integer, T> make) {
        List<T> made = new ArrayList<>();
        for (int from = 0; from < count; from += 50) {
            List<CompletableFuture<T>> portion = IntStream.range(from, Math.min(count, from + 50))
                    .mapToObj(i -> bench.async(() -> make.apply(i)))
                    .toList();
            bench.join(portion, bench.patience().multipliedBy(4));
            portion.forEach(one -> made.add(one.join()));
        }
        return made;
    }

    @Rule(
            value = "LEA-11b",
            waits = true,
            check = "how many entries of one lease the store deletes at a time, and in which portions")
    void aLeaseWithAThousandEntriesEndsInTime(Bench bench) {
        Client client = bench.client();
        Lease lease = client.grant(bench.ttl(bench.shortTtl().multipliedBy(2)));
        long acked = bench.now();
        // Most of them in one directory. Waiters of many locks differ: each of those has an entry in a directory of its
        // own.
        int together = 850;
        for (int from = 0; from < together; from += 25) {
            Commit.Builder commit = Commit.to(DIRECTORY);
            IntStream.range(from, from + 25).forEach(i -> commit.put("n" + i, Bytes.EMPTY, lease.id()));
            client.committed(commit.build());
            if (bench.since(acked).compareTo(lease.ttl().dividedBy(3)) > 0) {
                client.keep(lease, "while entries are put under the lease");
                acked = bench.now();
            }
        }
        client.keep(lease, "after many entries were put under the lease");
        List<String> alone =
                IntStream.range(0, 150).mapToObj(i -> DIRECTORY + "/" + i).toList();
        inPortions(bench, alone.size(), i -> client.put(alone.get(i), "n", "", lease));
        Client reader = bench.client();
        int there = reader.all(DIRECTORY).size();
        client.keep(lease, "after a thousand entries were put under the lease");
        bench.same("the number of entries under one lease in one directory", together, there);
        passUntilEnd(bench, bench.now(), lease.ttl());
        List<Entry> left = new ArrayList<>(reader.all(DIRECTORY));
        inPortions(bench, alone.size(), i -> reader.all(alone.get(i))).forEach(left::addAll);
        bench.verify(
                left.isEmpty(),
                () -> left.size()
                        + " of 1,000 entries of one lease, in 151 directories, are still there after its end");
    }

    @Rule(
            value = "LEA-11c",
            waits = true,
            check = "System.currentTimeMillis, Date and Instant.now in the backend and its client library")
    void jumpsOfTheWallClockChangeNothing(Bench bench) {
        for (Duration jump : List.of(Duration.ofHours(1), Duration.ofHours(-2))) {
            String directory = DIRECTORY + jump;
            try (WallClock clock = WallClock.of(bench)) {
                Client client = bench.client(config -> config.withTime(clock.time()));
                long sent = bench.now();
                // The same ttl as the other lease, so that this one lives only by its renewals.
                Lease kept = client.grant(bench.shortTtl());
                Lease ends = client.grant(bench.shortTtl());
                client.put(directory, "kept", "1", kept);
                client.put(directory, "ends", "1", ends);
                clock.jump(jump);
                if (bench.since(sent).compareTo(ends.ttl()) < 0) {
                    Set<String> seen = names(client.all(directory));
                    boolean inTime = bench.since(sent).compareTo(ends.ttl()) < 0;
                    bench.verify(
                            !inTime || seen.size() == 2,
                            () -> "right after a jump of the wall clock by " + jump + " there is " + seen);
                }
                client.keep(kept, "after a jump of the wall clock by " + jump);
                long acked = bench.now();
                long end = acked
                        + ends.ttl().plus(bench.guarantees().expiryLateness()).toNanos();
                while (bench.now()
                                - end
                                - bench.kit()
                                        .stalledSince(acked)
                                        .multipliedBy(2)
                                        .toNanos()
                        < 0) {
                    bench.pass(ends.ttl().dividedBy(4));
                    client.keep(kept, "some time after a jump by " + jump);
                }
                Set<String> left = names(bench.client().all(directory));
                bench.verify(
                        left.equals(Set.of("kept")) || (left.isEmpty() && !client.lives(kept)),
                        () -> "the names after the end of one of two leases, with a jump by " + jump + ", are " + left
                                + ", and have to be [kept]");
            }
        }
    }

    @Rule(
            value = "LEA-12",
            waits = true,
            check = "whether reads use the deadline of a lease, while renewals and commits wait for its deletion")
    void aLeaseSeenToHaveEndedCannotBeUsed(Bench bench) {
        Client owner = bench.client();
        Client other = bench.client();
        for (int round = 0; round < 3; round++) {
            String directory = DIRECTORY + round;
            Lease lease = owner.grant(bench.shortTtl());
            long acked = bench.now();
            owner.put(directory, "a", "1", lease);
            Duration early = lease.ttl().minus(bench.since(acked)).minus(Duration.ofMillis(50));
            bench.pass(early.isNegative() ? Duration.ZERO : early);
            // Reads follow one another without a pause, so the first one that shows the end comes soon after the end.
            while (other.one(directory, "a").isPresent()) {
                bench.within(
                        lease.ttl().plus(bench.guarantees().expiryLateness()).plus(bench.patience()),
                        acked,
                        "the end of a lease");
                bench.pass(Duration.ofMillis(1));
            }
            bench.same("renew() of a lease whose entry was gone in another client's read", false, owner.renew(lease));
            CallResult<CommitResult> used = owner.outcome(
                    Commit.to(directory).put("b", Bytes.utf8("1"), lease.id()).build());
            bench.verify(
                    !(used.succeeded() && used.result() instanceof CommitResult.Committed),
                    () -> "a commit under a lease whose entry was gone in another client's read ended as " + used);
            bench.pass(lease.ttl().dividedBy(4));
            bench.same("what is there afterwards", List.of(), other.all(directory));
        }
    }

    @Rule(
            value = "WAT-4",
            waits = true,
            check = "whether expiry causes notices by itself, or only when a request touches the key")
    void expiryIsAnnounced(Bench bench) {
        Client client = bench.client();
        Client watcher = bench.client();
        Lease lease = client.grant(bench.shortTtl());
        client.put(DIRECTORY, "a", "1", lease);
        client.put(DIRECTORY, "b", "1", lease);
        Notices directory = watcher.watch(DIRECTORY);
        Notices entry = watcher.watch(new Target(DIRECTORY, Optional.of("b")));
        long acked = bench.now();
        Duration bound = lease.ttl().plus(bench.guarantees().expiryLateness());
        // Nobody calls the store from here on, except on a notice. A notice may come without a change: as long as a
        // read on it shows the entries, another one is due.
        int[] read = {directory.count(), entry.count()};
        do {
            int before = read[0];
            int entryBefore = read[1];
            boolean reported = bench.reach(
                    () -> directory.announced("a", before)
                            && directory.announced("b", before)
                            && entry.announced("b", entryBefore),
                    bound.plus(bench.noticePatience()));
            bench.verify(
                    reported,
                    () -> "a lease of " + lease.ttl() + " ended, and " + Bench.text(bench.since(acked))
                            + " later its watchers have received " + directory.received() + " and "
                            + entry.received());
            bench.within(bench.afterNotice(bound.plusMillis(500)), acked, "the notice of an expiry");
            read = new int[] {directory.count(), entry.count()};
        } while (!watcher.all(DIRECTORY).isEmpty());
    }

    static Set<String> names(Collection<Entry> entries) {
        return entries.stream().map(Entry::name).collect(Collectors.toSet());
    }
}
