package io.sereno.tck.spi;

import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Leases that are renewed many times or live long, and what happens after others have ended. */
public class LeaseSpanRules {
    private static final String DIRECTORY = "lease";

    @Rule(
            value = "LEA-2",
            waits = true,
            check = "whether each renewal prolongs its own lease, also of the oldest of several, and the tenth time")
    void leasesLiveAsLongAsTheyAreRenewed(Bench bench) {
        Client client = bench.client();
        Client reader = bench.client();
        Duration ttl = bench.ttl(Duration.ofSeconds(3));
        List<Lease> leases =
                IntStream.range(0, 3).mapToObj(i -> client.grant(ttl)).toList();
        IntStream.range(0, 3).forEach(i -> client.put(DIRECTORY, "of " + i, "1", leases.get(i)));
        int renewals = isSlow(bench, ttl) ? 11 : 16;
        for (int renewal = 1; renewal <= renewals; renewal++) {
            String when = "at renewal " + renewal + " of each of three leases";
            leases.forEach(lease -> client.keep(lease, when));
            bench.pass(ttl.dividedBy(4));
            List<Entry> left = reader.all(DIRECTORY);
            if (leases.stream().allMatch(client::lives)) {
                bench.same("the number of entries after renewal " + renewal, 3, left.size());
            }
        }
    }

    /** Whether leases are really waited for, and a test that outlives several of them would take minutes. */
    private static boolean isSlow(Bench bench, Duration ttl) {
        return bench.kit().pace().isReal() && ttl.compareTo(Duration.ofSeconds(5)) > 0;
    }

    @Rule(value = "LEA-2", waits = true, check = "what becomes of a ttl of several minutes on its way to the store")
    void aLongLeaseDoesNotEndEarly(Bench bench) {
        for (Duration ttl : longTtls(bench)) {
            Client client = bench.client();
            Lease lease = granted(client, ttl);
            bench.pass(lease.ttl().minus(Duration.ofSeconds(2)));
            int there = bench.judge().all(DIRECTORY + ttl).size();
            if (client.lives(lease)) {
                bench.same("the number of entries two seconds before the end of a lease of " + ttl, 1, there);
            }
        }
    }

    @Rule(value = "LEA-3a", waits = true, check = "whether a lease of several minutes ends at all")
    void aLongLeaseEndsInTime(Bench bench) {
        for (Duration ttl : longTtls(bench)) {
            Lease lease = granted(bench.client(), ttl);
            LeaseTimeRules.passUntilEnd(bench, bench.now(), lease.ttl());
            bench.same(
                    "the number of entries after the end of a lease of " + ttl,
                    0,
                    bench.judge().all(DIRECTORY + ttl).size());
        }
    }

    private static Lease granted(Client client, Duration ttl) {
        Lease lease = client.grant(ttl);
        client.put(DIRECTORY + ttl, "a", "1", lease);
        return lease;
    }

    private static List<Duration> longTtls(Bench bench) {
        if (bench.kit().pace().isReal()) {
            // The rule has other tests.
            throw bench.untested("a lease of minutes is waited for only with a manual clock");
        }
        return Stream.of(2, 6)
                .map(minutes -> bench.ttl(Duration.ofMinutes(minutes)))
                .distinct()
                .toList();
    }

    @Rule(
            value = "LEA-3a",
            waits = true,
            check =
                    "which client's timer ends leases, and whether it goes on after the first end and after that client")
    void leasesEndAfterOthersHaveEndedAndClientsHaveLeft(Bench bench) {
        Client oldest = bench.client();
        Client client = bench.client();
        Client reader = bench.client();
        oldest.put(DIRECTORY, "plain", "1");
        int lives = isSlow(bench, bench.shortTtl()) ? 2 : 3;
        for (int life = 1; life <= lives; life++) {
            String number = "lease " + life;
            Lease lease = client.grant(bench.shortTtl());
            client.put(DIRECTORY, number, "1", lease);
            long acked = bench.now();
            if (life == 2) {
                oldest.close();
            }
            LeaseTimeRules.passUntilEnd(bench, acked, lease.ttl());
            bench.same(
                    "whether there is an entry of " + number + " after its end",
                    false,
                    reader.one(DIRECTORY, number).isPresent());
        }
    }

    @Rule(value = "LEA-15a", waits = true, check = "whether leases that have expired still count towards maxLeases")
    void leasesThatHaveExpiredDoNotCount(Bench bench) {
        int most = bench.guarantees().maxLeases();
        if (most > 500) {
            bench.count("maxLeases that no test reaches", 1);
            return;
        }
        Client client = bench.client();
        for (int round = 0; round < 2; round++) {
            List<Lease> leases = LeaseTimeRules.inPortions(bench, most, i -> client.grant(bench.shortTtl()));
            LeaseTimeRules.passUntilEnd(bench, bench.now(), leases.get(0).ttl());
            bench.verified();
        }
    }
}
