package io.sereno.benchmarks.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.sereno.benchmarks.worker.Peer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import org.springframework.integration.jdbc.lock.DefaultLockRepository;
import org.springframework.integration.jdbc.lock.JdbcLockRegistry;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * {@code JdbcLockRegistry} and {@code JdbcTemplateLockProvider} over HikariCP, all with their defaults, but for the time after which the
 * lock of a dead client ends. The provider does not wait: a lock that is not free is tried again every 10 ms. Neither has a counter:
 * a number is read and written under a lock.
 */
public final class JdbcSystem implements Peer.Connector {
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final String TABLES = """
            BEGIN;
            SELECT pg_advisory_xact_lock(1);
            CREATE TABLE IF NOT EXISTS int_lock (lock_key char(36) NOT NULL, region varchar(100) NOT NULL, client_id char(36),
                created_date timestamp NOT NULL, expired_after timestamp NOT NULL, PRIMARY KEY (lock_key, region));
            CREATE TABLE IF NOT EXISTS shedlock (name varchar(64) PRIMARY KEY, lock_until timestamp NOT NULL,
                locked_at timestamp NOT NULL, locked_by varchar(255) NOT NULL);
            CREATE TABLE IF NOT EXISTS tally (name text PRIMARY KEY, n bigint NOT NULL);
            COMMIT;
            """;

    @FunctionalInterface
    private interface Locks {
        /** Waits for a lock; returns how to give it back. */
        Runnable take(String name);
    }

    @Override
    public Peer connect(Peer.Target target) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl("jdbc:postgresql://" + target.authority() + "/postgres");
        pool.setUsername("postgres");
        DataSource source = new HikariDataSource(pool);
        JdbcTemplate template = new JdbcTemplate(source);
        template.execute(TABLES);
        return new Client(
                template,
                target.subject().equals("JdbcLockRegistry")
                        ? registry(source, target.ttl())
                        : provider(source, target.ttl()));
    }

    private static Locks registry(DataSource source, Duration ttl) {
        DefaultLockRepository repository = new DefaultLockRepository(source);
        repository.setTransactionManager(new JdbcTransactionManager(source));
        repository.afterPropertiesSet();
        repository.afterSingletonsInstantiated();
        repository.start();
        JdbcLockRegistry registry = new JdbcLockRegistry(repository, ttl);
        return name -> {
            var lock = registry.obtain(name);
            lock.lock();
            return lock::unlock;
        };
    }

    private static Locks provider(DataSource source, Duration ttl) {
        JdbcTemplateLockProvider provider = new JdbcTemplateLockProvider(source);
        return name -> {
            while (true) {
                Optional<SimpleLock> lock =
                        provider.lock(new LockConfiguration(Instant.now(), name, ttl, Duration.ZERO));
                if (lock.isPresent()) {
                    return lock.get()::unlock;
                }
                LockSupport.parkNanos(RETRY_NANOS);
            }
        };
    }

    private record Client(JdbcTemplate template, Locks locks) implements Peer {
        @Override
        public Lock lock(String name) {
            return new Lock() {
                private Optional<Runnable> release = Optional.empty();

                @Override
                public long acquire() {
                    release = Optional.of(locks.take(name));
                    return 0;
                }

                @Override
                public void release() {
                    Runnable last = release.orElseThrow();
                    release = Optional.empty();
                    last.run();
                }

                @Override
                public boolean held() {
                    return release.isPresent();
                }
            };
        }

        @Override
        public Tally tally(String name) {
            return new Tally() {
                @Override
                public boolean add() {
                    Runnable release = locks.take(name);
                    try {
                        template.update(
                                "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = excluded.n",
                                name,
                                sum() + 1);
                    } finally {
                        release.run();
                    }
                    return true;
                }

                @Override
                public long sum() {
                    Long sum = template.queryForObject(
                            "SELECT coalesce(max(n), 0) FROM tally WHERE name = ?", Long.class, name);
                    return sum == null ? 0 : sum;
                }
            };
        }
    }
}
