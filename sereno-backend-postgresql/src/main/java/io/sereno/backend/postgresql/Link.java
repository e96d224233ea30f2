package io.sereno.backend.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.PGStatement;

/**
 * A connection that commits each statement by itself. Used by one thread at a time, except for {@link #abort}.
 *
 * @param jdbc the connection, perhaps a pool's
 * @param pooled whether two statements may reach two sessions of the server, so that nothing of a session may be used
 */
record Link(Connection jdbc, boolean pooled) {
    /** Sets the parameters of a statement. */
    @FunctionalInterface
    interface Arguments {
        void to(PreparedStatement statement) throws SQLException;
    }

    /** Reads a row. */
    @FunctionalInterface
    interface Row<T> {
        T from(ResultSet row) throws SQLException;
    }

    /** Sends one statement and waits for its rows. */
    <T> List<T> ask(String sql, Arguments arguments, Row<T> row) throws SQLException {
        try (PreparedStatement statement = jdbc.prepareStatement(sql)) {
            // A prepared statement belongs to a session.
            statement.unwrap(PGStatement.class).setPrepareThreshold(pooled ? 0 : 1);
            arguments.to(statement);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(row.from(rows));
                }
                return all;
            }
        }
    }

    /** As {@link #ask}, for a statement with one row. */
    <T> T askOne(String sql, Arguments arguments, Row<T> row) throws SQLException {
        return ask(sql, arguments, row).get(0);
    }

    /** What the server has sent by itself; waits for it this long. */
    List<String> notifications(Duration limit) throws SQLException {
        int millis = (int) Math.max(1, limit.toMillis()); // 0 would be for ever.
        PGNotification[] all = jdbc.unwrap(PGConnection.class).getNotifications(millis);
        return all == null
                ? List.of()
                : Arrays.stream(all).map(PGNotification::getParameter).toList();
    }

    boolean unlisten() throws SQLException {
        try (Statement statement = jdbc.createStatement()) {
            return statement.execute("UNLISTEN *");
        }
    }

    void close() throws SQLException {
        jdbc.close();
    }

    void abort() throws SQLException {
        jdbc.abort(Runnable::run);
    }
}
