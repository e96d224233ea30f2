package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.TimeSource;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What is asked of a pool that has no connection. */
class PoolTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final ByHand time = new ByHand();
    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void aPoolThatGivesUpEarlyIsAskedAgainWhileAnotherAttemptFits() {
        Pool pool = pool(Duration.ofSeconds(1), 100);
        assertThatThrownBy(() -> pool.open(LIMIT)).isInstanceOf(SQLException.class);
        assertThat(asked).hasValue(4);
        assertThat(time.nanoTime()).isLessThan(LIMIT.toNanos());
    }

    @Test
    void aConnectionOfALaterAttemptIsTaken() throws SQLException {
        assertThat(pool(Duration.ofSeconds(1), 2).open(LIMIT)).isNotNull();
        assertThat(asked).hasValue(3);
    }

    @Test
    void aPoolThatFailsAtOnceIsAskedOnceAndItsReasonIsPassedOn() {
        Pool pool = pool(Duration.ZERO, 100);
        assertThatThrownBy(() -> pool.open(LIMIT)).hasMessageContainingAll("no connection", "db1:5432 refused");
        assertThat(asked).hasValue(1);
    }

    @Test
    void theAddressOfADataSourceIsNamedWithoutItsPassword() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://db1:5432,db2:5433/app?user=app&password=secret");
        assertThat(new Pool(source, time).where()).isEqualTo("PostgreSQL at db1:5432,db2:5433");
        assertThat(pool(Duration.ZERO, 0).where()).isEqualTo("PostgreSQL of the DataSource");
    }

    private Pool pool(Duration each, int failures) {
        Connection connection = (Connection) Proxy.newProxyInstance(
                PoolTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getAutoCommit")) {
                        return true;
                    }
                    throw new AssertionError(method + " was not expected");
                });
        DataSource source = (DataSource) Proxy.newProxyInstance(
                PoolTest.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    time.advance(each);
                    if (asked.incrementAndGet() <= failures) {
                        throw new SQLTransientConnectionException(
                                "no connection is available", new SQLException("db1:5432 refused"));
                    }
                    return connection;
                });
        return new Pool(source, time);
    }

    private static final class ByHand implements TimeSource {
        private long nanos;

        void advance(Duration by) {
            nanos += by.toNanos();
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public Instant wall() {
            throw new AssertionError("the wall clock decides nothing");
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            throw new AssertionError("a pool has no timers");
        }
    }
}
