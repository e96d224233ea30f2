package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.backend.postgresql.Fence;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** The code of docs/guides/fenced-writes.md, on a real server. */
@Tag("servers")
@Tag("postgresql")
@Timeout(60)
class FencedWritesTest {
    private static PostgresServer server;
    private static Sereno sereno;
    private static final PGSimpleDataSource DATA_SOURCE = new PGSimpleDataSource();

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
        String url = server.authority() + "/" + PostgresServer.DATABASE;
        DATA_SOURCE.setUrl("jdbc:postgresql://" + url);
        DATA_SOURCE.setUser(PostgresServer.USER);
        sereno = Sereno.connect("postgresql://" + PostgresServer.USER + ":any@" + url + "?namespace=guide");
    }

    @AfterAll
    static void end() {
        sereno.close();
        server.close();
    }

    @BeforeEach
    void tables() throws SQLException {
        execute("DROP TABLE IF EXISTS booking, account");
        execute("CREATE TABLE booking (amount int NOT NULL)");
        execute("CREATE TABLE account (id int PRIMARY KEY, total int NOT NULL, fence bigint NOT NULL DEFAULT 0)");
        execute("INSERT INTO account (id, total) VALUES (7, 0)");
    }

    private final DataSource dataSource = DATA_SOURCE;

    private void book(Mutex mutex, int amount) throws SQLException, InterruptedException {
        try (Grant grant = mutex.acquire();
                Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            Fence.check(connection, grant); // first: the writes that follow are guarded
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("INSERT INTO booking VALUES (" + amount + ")");
            }
            connection.commit();
        }
    }

    private void add(Mutex mutex, int amount, int account) throws SQLException, InterruptedException {
        try (Grant grant = mutex.acquire();
                Connection connection = dataSource.getConnection()) {
            Fence.update(
                    connection,
                    grant,
                    "UPDATE account SET total = total + ?, fence = :token WHERE id = ? AND fence <= :token",
                    amount,
                    account);
        }
    }

    @Test
    void bothWaysWriteForAHolder() throws Exception {
        Mutex mutex = sereno.mutex("ledger");
        book(mutex, 5);
        add(mutex, 5, 7);

        assertThat(number("SELECT sum(amount) FROM booking")).isEqualTo(5);
        assertThat(number("SELECT total FROM account")).isEqualTo(5);
    }

    @Test
    void bothWaysRefuseAFormerHolder() throws Exception {
        Mutex mutex = sereno.mutex("ledger");
        Grant former = mutex.acquire();
        former.release();
        add(mutex, 5, 7);

        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            assertThatThrownBy(() -> Fence.check(connection, former)).isInstanceOf(GrantLostException.class);
            connection.rollback();
            assertThatThrownBy(() -> Fence.update(
                            connection,
                            former,
                            "UPDATE account SET total = ?, fence = :token WHERE id = ? AND fence <= :token",
                            0,
                            7))
                    .isInstanceOf(GrantLostException.class);
        }
        assertThat(number("SELECT total FROM account")).isEqualTo(5);
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private int number(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }
}
