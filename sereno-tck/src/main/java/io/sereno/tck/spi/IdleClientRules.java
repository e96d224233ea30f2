package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Target;
import io.sereno.tck.faults.ProxyFaults;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Notices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** What the store sends to clients that do nothing. */
public class IdleClientRules {
    private static final int IDLE = 50;
    private static final int COMMITS = 2_000;
    private static final int IN_FLIGHT = 100;
    /** For what client and server exchange by their own timers. */
    private static final long ALLOWED_BYTES = 1_024;

    private static final int ATTEMPTS = 3;
    private static final String BUSY = "busy";
    private static final String IDLE_DIRECTORY = "idle";
    private static final Duration MOMENT = Duration.ofSeconds(1);

    // Runs alone: fifty clients that connect would disturb other tests.
    @Rule(value = "WAT-11", check = "whether each client reads every change and ignores those that it does not watch")
    void aClientIsNotifiedOnlyOfWhatItWatches(Bench bench) {
        Client writer = bench.client();
        Notices own = writer.watch(BUSY);
        List<Notices> idle = new ArrayList<>();
        for (int i = 1; i < IDLE; i++) {
            idle.add(watchOwnEntry(bench.client(), i));
        }
        if (bench.inProcess()) {
            idle.add(watchOwnEntry(bench.client(), 0));
            // A notice may come without a change, but not because of changes elsewhere.
            bench.pass(bench.afterNotice(MOMENT));
            int before = received(idle);
            commitManyTimes(bench, writer, own);
            bench.verify(
                    !bench.reach(() -> received(idle) > before, bench.afterNotice(MOMENT)),
                    () -> "clients that do not watch these changes were notified of " + COMMITS + " commits: "
                            + idle.stream().map(Notices::received).toList());
            return;
        }
        ProxyFaults proxies = bench.closeLater(bench.proxies());
        watchOwnEntry(bench.client(config -> config.withEndpoints(proxies.endpoints())), 0);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long connections = proxies.accepted();
            long from = bench.now();
            long before = proxies.received();
            commitManyTimes(bench, writer, own);
            bench.pass(bench.afterNotice(MOMENT));
            Duration time = bench.since(from);
            long after = proxies.received();
            bench.pass(time);
            long more = after - before - (proxies.received() - after);
            // A client that connects again is sent more than that; then these times cannot be compared.
            if (proxies.accepted() == connections) {
                bench.verify(
                        more <= ALLOWED_BYTES,
                        () -> "beside " + (IDLE - 1) + " others, a client that does not watch these changes was sent "
                                + more
                                + " bytes more in the time of " + COMMITS + " commits than in the same time without;"
                                + " at most " + ALLOWED_BYTES + " are expected");
                return;
            }
        }
        throw bench.unverified("an idle client reconnected in each of " + ATTEMPTS + " measurements");
    }

    private static int received(List<Notices> all) {
        return all.stream().mapToInt(Notices::count).sum();
    }

    private static Notices watchOwnEntry(Client client, int number) {
        return client.watch(new Target(IDLE_DIRECTORY, Optional.of("c" + number)));
    }

    /** Returns when all commits have ended and their notices have come. */
    private static void commitManyTimes(Bench bench, Client writer, Notices own) {
        int committed = 0;
        for (int i = 0; i < COMMITS; i += IN_FLIGHT) {
            List<CompletableFuture<CommitResult>> round = IntStream.range(0, IN_FLIGHT)
                    .mapToObj(n -> writer.backend()
                            .commit(Commit.to(BUSY).put("n" + n, Bytes.EMPTY).build())
                            .toCompletableFuture())
                    .toList();
            for (CompletableFuture<CommitResult> commit : round) {
                CallResult<CommitResult> ended =
                        bench.end(commit, bench.patience().multipliedBy(4));
                committed += ended.succeeded() ? 1 : 0;
            }
        }
        bench.evidence("commits beside idle clients", committed, COMMITS / 2);
        int since = own.count();
        writer.put(BUSY, "last", "1");
        own.awaitAnnounced("last", since);
    }
}
