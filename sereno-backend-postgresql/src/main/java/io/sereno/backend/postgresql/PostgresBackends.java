package io.sereno.backend.postgresql;

import static java.util.Objects.requireNonNull;

import io.sereno.blocking.BlockingCalls;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.ClientConfig;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/**
 * Backends over the connections of an application.
 *
 * <pre>{@code
 * Backend store = PostgresBackends.over(dataSource, "billing");
 * Sereno sereno = Sereno.over(store);
 * }</pre>
 */
public final class PostgresBackends {
    private PostgresBackends() {}

    /**
     * Opens a backend over a data source, usually a pool. Blocks until the database has answered, 5 s at most, which is also the
     * limit of each call.
     *
     * <p>Calls take at most four connections at a time, each for one statement, and one more is kept for notices until the backend is
     * closed; so the pool needs five more than the application does. They are used by threads of this backend, so they never are
     * those of a transaction of the caller, as far as the data source binds transactions to threads. Each statement is a
     * transaction of its own.
     *
     * <p>The pool decides how soon a call gets a connection after an outage: docs/postgresql.md says how to set HikariCP, with which
     * the compatibility kit passes.
     *
     * <p>The data source stays the application's: {@link Backend#close()} returns the connections and does not close it. Its
     * connections must be those of the PostgreSQL JDBC driver, or be wrappers that {@code unwrap} to them.
     *
     * @param dataSource of a database with the encoding UTF8, to a primary
     * @param namespace to keep everything in, at most 64 bytes of UTF-8; may be empty
     * @return a new backend, which the caller closes after the clients that use it
     * @throws IllegalArgumentException if the namespace is too long or not well-formed
     * @throws BackendException {@code NOT_APPLIED}, if there is no connection in time, or the database refuses; permanent if somebody
     *     has to change something
     */
    public static Backend over(DataSource dataSource, String namespace) {
        requireNonNull(dataSource, "dataSource");
        BackendConfig config = ClientConfig.of("postgresql", List.of(), namespace);
        return open(
                dataSource,
                namespace,
                config.time(),
                config.executor(),
                config.connectTimeout(),
                config.operationTimeout());
    }

    /** With the clock, the threads and the limits of somebody else. */
    static Backend open(
            DataSource dataSource,
            String namespace,
            TimeSource time,
            Executor executor,
            Duration connectTimeout,
            Duration operationTimeout) {
        Pool pool = new Pool(dataSource, time);
        BlockingCalls<Link> calls = BlockingCalls.builder(
                        "postgresql", pool, time, executor, connectTimeout, operationTimeout)
                .keepConnections(false)
                .open(pool::greet);
        return new PostgresBackend(calls, namespace, pool.guarantees(), time, executor);
    }
}
