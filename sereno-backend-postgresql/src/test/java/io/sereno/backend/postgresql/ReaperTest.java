package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of leases whose directory is in use for a long time. */
@Tag("servers")
@Timeout(120)
class ReaperTest {
    private static final Duration TTL = Duration.ofMinutes(1);

    @Test
    void leasesThatCannotBeClearedHoldUpNoOthers() throws Exception {
        RealTime time = new RealTime();
        try (PostgresServer server = PostgresServer.start();
                Backend backend = Opened.at(server.endpoints(), time).open();
                Connection holder = Database.connect(server.endpoint());
                Statement statement = holder.createStatement()) {
            List<CompletionStage<CommitResult>> puts = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                puts.add(put(backend, "stuck", "n" + i));
            }
            puts.add(put(backend, "free", "n"));
            for (CompletionStage<CommitResult> put : puts) {
                assertThat(put.toCompletableFuture().get(30, TimeUnit.SECONDS)).isInstanceOf(Committed.class);
            }
            CompletableFuture<String> announced = new CompletableFuture<>();
            backend.watch(new Target("free", Optional.empty()), new WatchListener() {
                        @Override
                        public void changed(String name, long revision) {
                            announced.complete(name);
                        }

                        @Override
                        public void reset() {}
                    })
                    .toCompletableFuture()
                    .join();
            statement.execute("SELECT pg_advisory_lock(sereno.key_of('test', 'stuck'))");
            statement.execute("UPDATE sereno.lease SET expires = clock_timestamp() WHERE id IN"
                    + " (SELECT lease FROM sereno.entry WHERE dir = 'stuck')");
            // These come first in every order.
            while (Database.number(server.endpoint(), "SELECT count(*) FROM sereno.lease WHERE dead") < 500) {
                Thread.onSpinWait();
            }
            statement.execute("UPDATE sereno.lease SET expires = clock_timestamp() WHERE NOT dead");
            assertThat(announced.get(10, TimeUnit.SECONDS)).isEqualTo("n");

            statement.execute("SELECT pg_advisory_unlock_all()");
            while (Database.number(server.endpoint(), "SELECT count(*) FROM sereno.lease") > 0) {
                Thread.onSpinWait();
            }
        } finally {
            time.close();
        }
    }

    private static CompletionStage<CommitResult> put(Backend backend, String directory, String name) {
        CompletionStage<Lease> lease = backend.grantLease(TTL);
        return lease.thenCompose(granted -> backend.commit(
                Commit.to(directory).put(name, Bytes.EMPTY, granted.id()).build()));
    }
}
