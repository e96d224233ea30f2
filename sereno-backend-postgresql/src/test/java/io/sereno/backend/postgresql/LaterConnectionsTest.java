package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Query;
import io.sereno.testservers.PostgresReplication;
import io.sereno.testservers.PostgresServer;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A data source whose first connection was all right, and whose later ones lead elsewhere or are set otherwise. */
@Tag("servers")
@Timeout(120)
class LaterConnectionsTest {
    private final RealTime time = new RealTime();
    private volatile Opening later = () -> {
        throw new AssertionError("no connection is set");
    };

    @FunctionalInterface
    private interface Opening {
        Connection open() throws SQLException;
    }

    @AfterEach
    void stop() {
        time.close();
    }

    @Test
    void aStandbyAnswersNoRead() {
        try (PostgresReplication servers = PostgresReplication.start()) {
            later = () -> Database.connect(servers.primary().endpoint());
            try (Backend backend = PostgresBackends.over(source(), "test")) {
                assertThat(join(backend.commit(
                                Commit.to("d").put("n", Bytes.EMPTY).build())))
                        .isInstanceOf(Committed.class);
                servers.cutReplica();
                later = () -> Database.connect(servers.replica().endpoint());
                refused(backend.read(new Query.All("d")));
                refused(backend.read(new Query.One("d", "n")));
                refused(backend.directories(Optional.empty(), 10));
                refused(backend.commit(Commit.to("d").ifPresent("n").build()));

                later = () -> Database.connect(servers.primary().endpoint());
                assertThat(join(backend.read(new Query.All("d"))).entries()).hasSize(1);
            }
        }
    }

    private static void refused(CompletionStage<?> call) {
        assertThatThrownBy(() -> join(call)).cause().isInstanceOfSatisfying(BackendException.class, e -> {
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e.permanent()).isFalse();
        });
    }

    @Test
    void anotherIsolationIsRefused() {
        try (PostgresServer server = PostgresServer.start()) {
            later = () -> Database.connect(server.endpoint());
            try (Backend backend = PostgresBackends.over(source(), "test")) {
                assertThat(join(backend.commit(
                                Commit.to("d").put("n", Bytes.EMPTY).build())))
                        .isInstanceOf(Committed.class);
                later = () -> {
                    Connection connection = Database.connect(server.endpoint());
                    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                    return connection;
                };
                refusedForGood(backend.commit(Commit.to("d").ifPresent("n").build()));
                refusedForGood(backend.read(new Query.All("d")));
                refusedForGood(backend.grantLease(java.time.Duration.ofSeconds(10)));
            }
        }
    }

    private static void refusedForGood(CompletionStage<?> call) {
        assertThatThrownBy(() -> join(call))
                .cause()
                .isInstanceOfSatisfying(BackendException.class, e -> {
                    assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    assertThat(e.permanent()).isTrue();
                })
                .hasStackTraceContaining("repeatable read")
                .hasStackTraceContaining("read committed is accepted");
    }

    private DataSource source() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("getConnection");
                    return later.open();
                });
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
