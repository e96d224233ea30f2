package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.testservers.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server with many leases does for one call, and how many of them end at once. Prints the figures of docs/postgresql.md. */
@Tag("servers")
@Timeout(180)
class ManyLeasesTest {
    private static final int CALLS = 20;
    /** Calls that wait at the same time; each has 5 s. */
    private static final int BATCH = 250;

    private final PostgresServer server = PostgresServer.start();
    private final RealTime time = new RealTime();
    private final Backend backend = Opened.at(server.endpoints(), time).open();

    @AfterEach
    void stop() {
        backend.close();
        time.close();
        server.close();
    }

    @Test
    void tenThousandLiveLeasesDoNotMakeACallSlower() throws Exception {
        Lease alone = grantAll(1, Duration.ofMinutes(10)).get(0);
        double before = millis(alone);
        List<Lease> leases = grantAll(10_000, Duration.ofMinutes(10));
        putUnder("leased", leases);
        for (int i = 0; i < leases.size(); i += BATCH) {
            int from = i;
            assertThat(atOnce(BATCH, j -> leases.get(from + j).renew())).containsOnly(true);
        }
        Database.run(server.endpoint(), "ANALYZE");
        double after = millis(alone);
        System.out.printf("a commit and a renewal: %.2f ms beside one lease, %.2f ms beside 10,000%n", before, after);
        // The time grows with the logarithm of the number of leases. Both are the least of several.
        assertThat(after).isLessThan(3 * before + 2);
    }

    /** In chunks, between which other calls run: the longest call of another client shows the longest chunk. */
    @Test
    void aThousandLeasesThatExpireTogetherAreRemovedInChunksBesideOtherCalls() throws Exception {
        List<Lease> leases = grantAll(1_000, Duration.ofMinutes(1));
        for (int i = 0; i < 20; i++) {
            putUnder("ending" + i, leases.subList(50 * i, 50 * (i + 1)));
        }
        assertThat(rows("sereno.entry")).isEqualTo(1_000);
        double longest = 0;
        int calls = 0;
        try (Backend other = Opened.at(server.endpoints(), time).open()) {
            put(other, "d", 0);
            long since = System.nanoTime();
            Database.run(server.endpoint(), "UPDATE sereno.lease SET expires = clock_timestamp()");
            assertThat(join(other.read(new Query.All("ending7"))).entries()).isEmpty();
            do {
                long begun = System.nanoTime();
                put(other, "d", 0);
                longest = Math.max(longest, (System.nanoTime() - begun) / 1e6);
                calls++;
            } while (rows("sereno.lease") > 0);
            System.out.printf(
                    "1,000 leases that expire together: removed after %.0f ms; %d commits beside, the longest %.0f ms%n",
                    (System.nanoTime() - since) / 1e6, calls, longest);
        }
        assertThat(rows("sereno.entry")).isEqualTo(1);
        assertThat(longest)
                .as("milliseconds of the longest of %d commits", calls)
                .isLessThan(1_000);
    }

    private long rows(String table) throws SQLException {
        return Database.number(server.endpoint(), "SELECT count(*) FROM " + table);
    }

    private List<Lease> grantAll(int count, Duration ttl) {
        List<Lease> leases = new ArrayList<>();
        while (leases.size() < count) {
            leases.addAll(atOnce(Math.min(BATCH, count - leases.size()), i -> backend.grantLease(ttl)));
        }
        return leases;
    }

    private void putUnder(String directory, List<Lease> leases) {
        long since = System.nanoTime();
        for (int done = 0; done < leases.size(); done += BATCH) {
            List<Lease> batch = leases.subList(done, Math.min(done + BATCH, leases.size()));
            assertThat(atOnce(
                            batch.size(),
                            i -> backend.commit(Commit.to(directory)
                                    .put(
                                            "n" + batch.get(i).id(),
                                            Bytes.EMPTY,
                                            batch.get(i).id())
                                    .build())))
                    .allSatisfy(put -> assertThat(put).isInstanceOf(Committed.class));
        }
        System.out.printf(
                "%d commits under as many leases, %d at a time: %.0f ms%n",
                leases.size(), BATCH, (System.nanoTime() - since) / 1e6);
    }

    private static <T> List<T> atOnce(int count, IntFunction<CompletionStage<T>> call) {
        List<CompletionStage<T>> calls =
                IntStream.range(0, count).mapToObj(call).toList();
        return calls.stream().map(ManyLeasesTest::join).toList();
    }

    /** A commit and a renewal; the least of several rounds, since the machine may do other work. */
    private double millis(Lease lease) {
        double least = Double.MAX_VALUE;
        for (int round = 0; round < 50; round++) {
            long since = System.nanoTime();
            for (int i = 0; i < CALLS; i++) {
                put(backend, "d", lease.id());
                assertThat(join(lease.renew())).isTrue();
            }
            least = Math.min(least, (System.nanoTime() - since) / 1e6 / CALLS);
        }
        return least;
    }

    private static void put(Backend client, String directory, long lease) {
        Commit.Builder commit = Commit.to(directory);
        commit = lease == 0 ? commit.put("n", Bytes.EMPTY) : commit.put("n", Bytes.EMPTY, lease);
        assertThat(join(client.commit(commit.build()))).isInstanceOf(Committed.class);
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
