package io.sereno.backend.postgresql;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** The schema {@code sereno} of a database: created if it is missing, upgraded if it is older, refused if it is newer. */
final class Schema {
    static final int VERSION = 1;

    private static final String SCRIPT = "sereno.sql";
    private static final String NO_RIGHTS = "42501";

    private Schema() {}

    /** Several clients may do this at the same time. */
    static void prepare(Connection jdbc) throws SQLException {
        try {
            if (version(jdbc) < VERSION) {
                create(jdbc);
            }
        } catch (SQLException e) {
            if (Failures.hasState(e, NO_RIGHTS)) {
                throw refused(
                        "the role has not the rights that Sereno needs, or may not create or upgrade the schema 'sereno' in"
                                + " this database: " + e.getMessage() + ". An administrator runs the script " + SCRIPT
                                + " of the jar sereno-backend-postgresql, whose first lines list the rights",
                        e);
            }
            throw e;
        }
    }

    private static void create(Connection jdbc) throws SQLException {
        PGConnection driver = jdbc.unwrap(PGConnection.class);
        int threshold = driver.getPrepareThreshold();
        driver.setPrepareThreshold(0); // Otherwise the COMMIT has a name, which a session behind a pooler keeps.
        jdbc.setAutoCommit(false);
        try (Statement statement = jdbc.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(1397051247, 2)");
            statement.execute("SAVEPOINT before_look");
            int found = version(jdbc);
            statement.execute("ROLLBACK TO SAVEPOINT before_look");
            if (found < VERSION) {
                statement.execute(script());
            }
            jdbc.commit();
        } finally {
            if (!jdbc.isClosed()) {
                jdbc.rollback();
                jdbc.setAutoCommit(true);
                driver.setPrepareThreshold(threshold);
            }
        }
    }

    /** 0 if there is no schema. */
    private static int version(Connection jdbc) throws SQLException {
        try (Statement statement = jdbc.createStatement();
                ResultSet row = statement.executeQuery("SELECT version FROM sereno.store")) {
            int version = row.next() ? row.getInt(1) : 0;
            if (version > VERSION) {
                throw refused(
                        "the schema 'sereno' has version " + version + ", and this client knows versions up to "
                                + VERSION + "; update sereno-backend-postgresql",
                        null);
            }
            return version;
        } catch (SQLException e) {
            if (Failures.isSchemaMissing(e)) {
                return 0;
            }
            throw e;
        }
    }

    static String script() {
        return resource(SCRIPT);
    }

    /** A file of SQL in the jar. */
    static String resource(String name) {
        try (InputStream in = Schema.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static BackendException refused(String message, @Nullable Throwable cause) {
        return new BackendException(Outcome.NOT_APPLIED, true, message, cause);
    }
}
