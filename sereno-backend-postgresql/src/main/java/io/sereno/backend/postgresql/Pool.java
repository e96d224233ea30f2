package io.sereno.backend.postgresql;

import io.sereno.spi.TimeSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/** Connections of the application's data source, one for each request, and one for notices. */
final class Pool extends Client {
    private final DataSource source;
    private final TimeSource time;

    Pool(DataSource source, TimeSource time) {
        this.source = source;
        this.time = time;
    }

    /** A pool gives up by its own timeout; it is asked again if another attempt fits into the limit. */
    @Override
    public Link open(Duration limit) throws SQLException {
        long began = time.nanoTime();
        while (true) {
            long attempt = time.nanoTime();
            try {
                return take();
            } catch (SQLException e) {
                long now = time.nanoTime();
                // A pool that fails at once will do so again.
                boolean waited = now - attempt > Duration.ofMillis(100).toNanos();
                if (!waited || now - began + (now - attempt) >= limit.toNanos()) {
                    throw withReason(e);
                }
            }
        }
    }

    /** A pool says that it has no connection, and its cause, if there is one, why and where. */
    private static SQLException withReason(SQLException failure) {
        return failure.getCause() == null
                ? failure
                : new SQLException(
                        failure.getMessage() + " " + failure.getCause().getMessage(), failure);
    }

    private Link take() throws SQLException {
        Connection jdbc = source.getConnection();
        try {
            if (!jdbc.getAutoCommit()) {
                jdbc.setAutoCommit(true);
            }
            Link link = new Link(jdbc, isPooled());
            restoreSchema(link);
            return link;
        } catch (SQLException | RuntimeException e) {
            jdbc.close();
            throw e;
        }
    }

    @Override
    public String where() {
        return "PostgreSQL of the DataSource";
    }
}
