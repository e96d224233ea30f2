package io.sereno.benchmarks.systems;

import io.sereno.benchmarks.worker.Peer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * JDBC alone: what the requests of an operation cost at least. A lock is {@code pg_advisory_lock}, which belongs to a session: each has a
 * connection of its own, and writes nothing to the disk.
 */
public final class RawPostgres implements Peer.Connector {
    @Override
    public Peer connect(Peer.Target target) {
        return new Client("jdbc:postgresql://" + target.authority() + "/postgres?user=postgres");
    }

    private record Client(String url) implements Peer {
        @Override
        public Lock lock(String name) throws SQLException {
            Connection connection = DriverManager.getConnection(url);
            PreparedStatement acquire = prepared(connection, "SELECT pg_advisory_lock(hashtextextended(?, 0))", name);
            PreparedStatement release = prepared(connection, "SELECT pg_advisory_unlock(hashtextextended(?, 0))", name);
            return new Lock() {
                private boolean held;

                @Override
                public long acquire() throws SQLException {
                    acquire.execute();
                    held = true;
                    return 0;
                }

                @Override
                public void release() throws SQLException {
                    held = false;
                    release.execute();
                }

                @Override
                public boolean held() {
                    return held;
                }
            };
        }

        @Override
        public Tally tally(String name) throws SQLException {
            Connection connection = DriverManager.getConnection(url);
            connection
                    .createStatement()
                    .execute("CREATE TABLE IF NOT EXISTS bare_tally (name text PRIMARY KEY, n bigint NOT NULL)");
            PreparedStatement add = prepared(
                    connection,
                    "INSERT INTO bare_tally AS t VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = t.n + 1 RETURNING n",
                    name);
            PreparedStatement sum =
                    prepared(connection, "SELECT coalesce(max(n), 0) FROM bare_tally WHERE name = ?", name);
            return new Tally() {
                @Override
                public boolean add() throws SQLException {
                    return add.execute();
                }

                @Override
                public long sum() throws SQLException {
                    try (ResultSet row = sum.executeQuery()) {
                        row.next();
                        return row.getLong(1);
                    }
                }
            };
        }

        private static PreparedStatement prepared(Connection connection, String sql, String name) throws SQLException {
            PreparedStatement statement = connection.prepareStatement(sql);
            statement.setString(1, name);
            return statement;
        }
    }
}
