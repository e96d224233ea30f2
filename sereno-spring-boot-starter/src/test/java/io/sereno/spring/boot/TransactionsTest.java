package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.SerenoMeter;
import io.sereno.spring.Locked;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.annotation.Transactional;

/** {@code @Locked} and {@code @Transactional} on one method, with the transaction manager of Spring Boot and PostgreSQL. */
@Tag("servers")
@Tag("postgresql")
class TransactionsTest {
    private static final long PATIENCE_SECONDS = 60;

    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @SuppressWarnings("NullAway.Init")
    private static JdbcTemplate database;

    private static String jdbc() {
        return "jdbc:postgresql://" + server.authority() + "/" + PostgresServer.DATABASE + "?user="
                + PostgresServer.USER;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Bank {
        final CountDownLatch waits = new CountDownLatch(1);

        @Bean
        CountedConnections dataSource(@Value("${bank.url}") String url) {
            return new CountedConnections(url);
        }

        @Bean
        Accounts accounts(JdbcTemplate jdbc) {
            return new Accounts(jdbc);
        }

        @Bean
        SerenoBuilderCustomizer reportsWaits() {
            return builder -> builder.meter(new SerenoMeter() {
                @Override
                public void waiting(String recipe, String name) {
                    waits.countDown();
                }
            });
        }
    }

    /** The transaction manager takes a connection when a transaction begins. */
    static final class CountedConnections extends DelegatingDataSource {
        final AtomicInteger taken = new AtomicInteger();

        CountedConnections(String url) {
            PGSimpleDataSource real = new PGSimpleDataSource();
            real.setUrl(url);
            setTargetDataSource(real);
        }

        @Override
        public Connection getConnection() throws SQLException {
            taken.incrementAndGet();
            return super.getConnection();
        }
    }

    static class Accounts {
        private final JdbcTemplate jdbc;

        Accounts(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        /** Loses an amount that another transaction commits between the two statements. */
        @Locked(key = "'account:7'")
        @Transactional
        public int add(int amount, Runnable between) {
            int balance = balance(jdbc);
            between.run();
            jdbc.update("update account set balance = ?", balance + amount);
            return balance + amount;
        }
    }

    private static int balance(JdbcTemplate jdbc) {
        return Integer.parseInt(String.valueOf(jdbc.queryForObject("select balance from account", String.class)));
    }

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
        database = new JdbcTemplate(new CountedConnections(jdbc()));
        database.execute("create table account (balance int)");
        database.execute("create function late() returns trigger language plpgsql as "
                + "'begin perform pg_sleep(0.5); return null; end'");
        // Runs within the commit: a mutex that is released before it is another's long before the amount is visible.
        database.execute("create constraint trigger late after update on account deferrable initially deferred "
                + "for each row execute function late()");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void open() {
        database.execute("truncate account");
        database.execute("insert into account values (0)");
    }

    private static ConfigurableApplicationContext application() {
        return new SpringApplicationBuilder(Bank.class)
                .run(
                        "--sereno.uri=postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                                + PostgresServer.DATABASE + "?namespace=bank",
                        "--bank.url=" + jdbc(),
                        "--spring.main.web-application-type=none",
                        "--spring.main.banner-mode=off");
    }

    @Test
    void theMutexIsTakenBeforeTheTransactionBeginsAndReleasedAfterItsCommit() throws Exception {
        try (ConfigurableApplicationContext ada = application();
                ConfigurableApplicationContext ben = application()) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch mayEnd = new CountDownLatch(1);
            CompletableFuture<Integer> adds = CompletableFuture.supplyAsync(
                    () -> ada.getBean(Accounts.class).add(100, () -> {
                        begun.countDown();
                        awaits(mayEnd);
                    }));
            awaits(begun);
            CountedConnections connections = ben.getBean(CountedConnections.class);
            int before = connections.taken.get();
            CompletableFuture<Integer> addsToo = CompletableFuture.supplyAsync(
                    () -> ben.getBean(Accounts.class).add(10, () -> {}));
            awaits(ben.getBean(Bank.class).waits);
            assertThat(connections.taken).hasValue(before);

            mayEnd.countDown();
            assertThat(adds.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(100);
            assertThat(addsToo.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(110);
            assertThat(connections.taken).hasValue(before + 1);
            assertThat(balance(database)).isEqualTo(110);
        }
    }

    @Test
    void aTransactionThatIsRolledBackReleasesTheMutex() {
        try (ConfigurableApplicationContext ada = application();
                ConfigurableApplicationContext ben = application()) {
            assertThatThrownBy(() -> ada.getBean(Accounts.class).add(100, () -> {
                        throw new IllegalArgumentException("intended");
                    }))
                    .hasMessage("intended");
            assertThat(ben.getBean(Accounts.class).add(10, () -> {})).isEqualTo(10);
            assertThat(balance(database)).isEqualTo(10);
        }
    }

    private static void awaits(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
