package io.sereno.backend.postgresql;

import io.sereno.blocking.BlockingClient;
import io.sereno.blocking.Fault;
import io.sereno.spi.Guarantees;
import io.sereno.spi.TimeSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/** Connections of the application's data source, one for each request, and one for notices. */
final class Pool implements BlockingClient<Link> {
    private final DataSource source;
    private final TimeSource time;
    /** Set by the first connection; until then nothing of a session is used. */
    private volatile boolean pooled = true;

    private volatile Guarantees guarantees = Limits.GUARANTEES;

    Pool(DataSource source, TimeSource time) {
        this.source = source;
        this.time = time;
    }

    /** For the first connection. */
    boolean greet(Link link) throws SQLException {
        ServerFacts facts = ServerFacts.of(link.jdbc(), where());
        Schema.prepare(link.jdbc());
        pooled = facts.pooled();
        guarantees = Limits.of(facts, pooled);
        return true;
    }

    boolean isPooled() {
        return pooled;
    }

    Guarantees guarantees() {
        return guarantees;
    }

    /** A pool gives up by its own timeout; it is asked again while the limit lasts. */
    @Override
    public Link open(Duration limit) throws SQLException {
        long began = time.nanoTime();
        while (true) {
            long attempt = time.nanoTime();
            try {
                Connection jdbc = source.getConnection();
                if (!jdbc.getAutoCommit()) {
                    jdbc.setAutoCommit(true);
                }
                return new Link(jdbc, pooled);
            } catch (SQLException e) {
                // A pool that fails at once will do so again.
                boolean waited =
                        time.nanoTime() - attempt > Duration.ofMillis(100).toNanos();
                if (!waited || time.nanoTime() - began >= limit.toNanos()) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close(Link link) throws SQLException {
        link.close();
    }

    @Override
    public void abort(Link link) throws SQLException {
        link.abort();
    }

    @Override
    public Fault fault(Throwable failure) {
        return Failures.fault(failure);
    }

    @Override
    public String where() {
        return "PostgreSQL of the DataSource";
    }
}
