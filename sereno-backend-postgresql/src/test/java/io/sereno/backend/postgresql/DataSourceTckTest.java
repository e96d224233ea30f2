package io.sereno.backend.postgresql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.suite.ApplicationsClient;
import io.sereno.suite.RecipesSuite;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.testservers.PostgresServer;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/**
 * The kit with connections of an application's pool, a HikariCP for each client, set as docs/postgresql.md says. {@code -Psereno.thorough} runs it;
 * {@link PostgresTckTest} tries every rule in every build.
 */
@Tag("servers")
@Tag("thorough")
class DataSourceTckTest extends RecipesSuite {
    @Override
    protected BackendFixture fixture() {
        return new PostgresFixture(DataSourceTckTest::open, PostgresServer::start);
    }

    private static Backend open(BackendConfig config) {
        HikariDataSource pool = pool(config);
        try {
            Backend backend = PostgresBackends.open(
                    pool,
                    config.namespace(),
                    config.time(),
                    config.executor(),
                    config.connectTimeout(),
                    config.operationTimeout());
            return ApplicationsClient.endingWith(backend, () -> close(pool));
        } catch (RuntimeException e) {
            close(pool);
            throw e;
        }
    }

    private static HikariDataSource pool(BackendConfig config) {
        InetSocketAddress server = config.endpoints().get(0);
        Parameters parameters = Parameters.of(config); // A DataSource has none that CFG-1 could be about.
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(
                "jdbc:postgresql://" + server.getHostString() + ":" + server.getPort() + "/" + parameters.database());
        pool.setUsername(System.getProperty("user.name"));
        pool.setMaximumPoolSize(5);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(1_000);
        pool.setValidationTimeout(500);
        pool.setInitializationFailTimeout(-1);
        // By this name the kit knows that it is a thread of the application.
        pool.setThreadFactory(task -> {
            Thread thread = new Thread(task, "tck-pool");
            thread.setDaemon(true);
            return thread;
        });
        return new HikariDataSource(pool);
    }

    /** It waits for its threads, which is not the backend's time. */
    private static void close(HikariDataSource pool) {
        new Thread(pool::close, "tck-pool-end").start();
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck", "data-source");
    }

    @Override
    protected Grade leastGrade() {
        return Grade.FULL;
    }
}
