package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * How the tables grow while locks are acquired and released, {@code -Dsereno.cycles=1000000} times in place of a few; prints what the
 * guide says.
 */
@Tag("servers")
@Tag("thorough")
@Timeout(value = 2, unit = TimeUnit.HOURS)
class GrowthTest {
    private static final int CYCLES = Integer.getInteger("sereno.cycles", 8_000);
    private static final int LOCKS = 4;
    /** Whether vacuum keeps its usual pause of a minute, and the cycles do not wait for it. */
    private static final boolean LONG = CYCLES > 100_000;
    /**
     * Pages that vacuum has emptied stay in the files: those of the cycles between two vacuums. A short run takes 300 to 800 KiB, since vacuum runs
     * after one or two eighths of its cycles, and 2.2 MiB without vacuum. A million cycles would take 350 MiB without.
     */
    private static final long ENOUGH = LONG ? 64L << 20 : 3L << 19;

    private static final String SIZE = "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c"
            + " WHERE c.relnamespace = 'sereno'::regnamespace AND c.relkind = 'r'";

    private static final String OTHER_SESSIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

    private PostgresServer server;

    @BeforeEach
    void start() {
        // Vacuum runs each minute by default; a short run has to see it.
        server = LONG ? PostgresServer.start() : PostgresServer.start("autovacuum_naptime = 1s");
    }

    @AfterEach
    void end() {
        server.close();
    }

    @Test
    void tablesStaySmallHoweverOftenALockIsTaken() throws Exception {
        cycleBesideVacuum(CYCLES / 2);
        long half = size();
        cycleBesideVacuum(CYCLES - CYCLES / 2);
        long all = size();
        print(half, all);
        assertThat(all).isLessThan(ENOUGH);
        if (LONG) {
            assertThat(all).isLessThan(half + half / 2);
        }
        awaitVacuum();
    }

    /** A short run waits for vacuum after each eighth of its cycles. A fast machine would end before the second vacuum. */
    private void cycleBesideVacuum(int count) throws Exception {
        if (LONG) {
            cycle(count);
            return;
        }
        for (int done = 0; done < count; ) {
            int part = Math.min(CYCLES / 8, count - done);
            cycle(part);
            awaitVacuum();
            done += part;
        }
    }

    /** Nothing is removed that an open transaction may see. It is removed after its end. */
    @Test
    void anOldTransactionOnlyDelaysTheRemoval() throws Exception {
        try (Connection old = Database.connect(server.endpoint());
                Statement statement = old.createStatement()) {
            cycle(1);
            old.setAutoCommit(false);
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT count(*) FROM sereno.entry");
            int cycles = Math.min(CYCLES, 100_000) / 4;
            long before = size();
            cycle(cycles);
            long grown = size() - before;
            System.out.printf("beside an old transaction: %d bytes for each of %d cycles%n", grown / cycles, cycles);
            assertThat(grown / cycles).isGreaterThan(50);
            old.commit();
        }
        awaitVacuum();
    }

    /** Of each lock by turns, in a thread for each. */
    private void cycle(int count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(LOCKS);
        String uri = "postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                + PostgresServer.DATABASE + "?namespace=growth";
        try (Sereno sereno = Sereno.connect(uri)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < LOCKS; i++) {
                Mutex mutex = sereno.mutex("lock-" + i);
                int part = (count + i) / LOCKS;
                all.add(threads.submit(() -> {
                    for (int done = 0; done < part; done++) {
                        mutex.acquire().release();
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private long size() throws SQLException {
        return Database.number(server.endpoint(), SIZE);
    }

    private long statistic(String of) throws SQLException {
        return Database.number(
                server.endpoint(),
                "SELECT sum(" + of + ")::bigint FROM pg_stat_user_tables, pg_sleep(0.1) WHERE schemaname = 'sereno'");
    }

    /**
     * No table has more dead rows than the number from which on its settings ask for a vacuum. The server counts what a session has done when the
     * session ends, at the latest.
     */
    private void awaitVacuum() throws SQLException {
        while (Database.number(server.endpoint(), OTHER_SESSIONS) > 0
                || statistic("CASE WHEN n_dead_tup > 600 THEN 1 ELSE 0 END") > 0) {
            Thread.onSpinWait();
        }
    }

    private void print(long half, long all) throws SQLException {
        System.out.printf(
                "%d cycles: tables and indexes take %d KiB, %d KiB after half of them; %d rows inserted, %d vacuums%n",
                CYCLES, all >> 10, half >> 10, statistic("n_tup_ins"), statistic("autovacuum_count"));
    }
}
