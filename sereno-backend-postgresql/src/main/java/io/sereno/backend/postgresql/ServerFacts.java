package io.sereno.backend.postgresql;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/**
 * What a server says of itself and of the session.
 *
 * @param version such as {@code 15.18}
 * @param durable whether it promises to keep what it has acknowledged
 * @param pooled whether the session is not the one that the connection was opened with
 * @param timeline of a primary: greater than that of the one before it
 */
record ServerFacts(String version, boolean durable, boolean pooled, long timeline) {
    private static final int LEAST_VERSION = 120_000;

    private static final String FACTS = Schema.resource("facts.sql");

    /** The server takes no writes: a standby, or a primary that was set so. Another host may be the primary. */
    static final class ReadOnlyException extends SQLException {
        private static final long serialVersionUID = 1L;

        ReadOnlyException(String host) {
            super(
                    host
                            + " takes no writes: it is a standby, or default_transaction_read_only is on; the primary is needed");
        }
    }

    static ServerFacts of(Connection jdbc, String host) throws SQLException {
        // One without parameters: it is sent by itself, as a statement that no session keeps.
        try (Statement statement = jdbc.createStatement();
                ResultSet row = statement.executeQuery(FACTS)) {
            row.next();
            check(
                    row.getInt(1) >= LEAST_VERSION,
                    host + " is PostgreSQL " + row.getString(2) + "; 12 or later is accepted");
            if (row.getBoolean(3)) {
                throw new ReadOnlyException(host);
            }
            check(
                    row.getString(4).equals("UTF8"),
                    "the encoding of the database at " + host + " is " + row.getString(4) + "; UTF8 is accepted");
            check(
                    row.getString(5).equals("read committed"),
                    "default_transaction_isolation of the role is '" + row.getString(5) + "' at " + host
                            + "; 'read committed' is accepted: ALTER ROLE ... SET default_transaction_isolation = 'read committed'");
            // A pooler makes a key of its own for each client, and the driver takes its first half for the process.
            boolean pooled = jdbc.unwrap(PGConnection.class).getBackendPID() != row.getInt(7);
            return new ServerFacts(row.getString(2).split(" ", 2)[0], row.getBoolean(6), pooled, row.getLong(8));
        }
    }

    private static void check(boolean accepted, String message) {
        if (!accepted) {
            throw new BackendException(Outcome.NOT_APPLIED, true, message, null);
        }
    }
}
