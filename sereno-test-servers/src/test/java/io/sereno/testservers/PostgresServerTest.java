package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("postgresql")
class PostgresServerTest extends TestServerTest<PostgresServer> {
    /** Opens a session of protocol 3.0 for the superuser. */
    static final String PROBE = "\0\0\0\27\0\3\0\0user\0postgres\0\0";

    @Override
    PostgresServer start() {
        return PostgresServer.start();
    }

    @Override
    List<PostgresServer> nodes(PostgresServer server) {
        return List.of(server);
    }

    @Override
    String probe() {
        return PROBE;
    }

    @Override
    void write(PostgresServer server, String value) throws IOException {
        server.query("create table if not exists kept (value text)");
        server.query("delete from kept");
        server.query("insert into kept values ('" + value + "')");
    }

    @Override
    String read(PostgresServer server) throws IOException {
        return server.query("select value from kept");
    }

    /** PostgreSQL's own processes and those of the connections would go on when only the first process gets a signal. */
    @Test
    void allOfItsProcessesArePausedAndKilled() throws Exception {
        try (PostgresServer other = start();
                PostgresConnection connection = new PostgresConnection(other.endpoint(), PostgresServer.DATABASE)) {
            long session = Long.parseLong(connection.query("select pg_backend_pid()"));
            List<Long> processes = ProcessHandle.of(other.pid())
                    .orElseThrow()
                    .children()
                    .map(ProcessHandle::pid)
                    .toList();
            assertThat(processes).contains(session).hasSizeGreaterThan(4);

            other.pause();
            assertThat(processes).allMatch(PostgresServerTest::stopsOrHasEnded);
            other.resume();
            assertThat(connection.query("select 1")).isEqualTo("1");
            other.pause();
            other.kill();
            for (long process : processes) {
                assertThat(state(process)).isIn('Z', '-');
            }
        }
    }

    /** The system keeps what no process uses any more, and has few of them. */
    @Test
    void itsSharedMemoryEndsWithIt() throws Exception {
        String segment;
        try (PostgresServer other = start()) {
            String[] lock = Files.readString(other.folder().resolve("data/postmaster.pid"))
                    .strip()
                    .split("\\s+", -1);
            segment = lock[lock.length - 2];
            assertThat(segments()).contains(segment);
        }
        assertThat(segments()).doesNotContain(segment);
    }

    private static List<String> segments() throws IOException {
        return Files.readAllLines(Path.of("/proc/sysvipc/shm")).stream()
                .map(line -> line.strip().split("\\s+", -1)[1])
                .toList();
    }

    /** A process that writes to the disk stops when that is done; one that has finished its work has ended. */
    private static boolean stopsOrHasEnded(long process) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        char state = state(process);
        while ("TZ-".indexOf(state) < 0 && System.nanoTime() - limit < 0) {
            Thread.onSpinWait();
            state = state(process);
        }
        return "TZ-".indexOf(state) >= 0;
    }

    /** A dash if there is no such process. */
    private static char state(long process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException e) {
            return '-';
        }
    }

    @Test
    void settingsOfTheCallerOverrideTheDefaults() throws IOException {
        try (PostgresServer other =
                PostgresServer.start("max_connections = 17", "host all stranger 127.0.0.1/32 reject")) {
            assertThat(other.query("show max_connections")).isEqualTo("17");
            assertThat(other.query("select auth_method from pg_hba_file_rules where user_name = '{stranger}'"))
                    .isEqualTo("reject");
        }
    }

    @Test
    void aServerWithTlsHasTheGivenCertificate(@TempDir Path folder) throws IOException {
        Identity identity = Identity.create(folder, "postgres", "ip:127.0.0.1");
        try (PostgresServer other = PostgresServer.startWithTls(identity)) {
            assertThat(other.query("show ssl")).isEqualTo("on");
            assertThat(other.query("select pg_read_file(current_setting('ssl_cert_file'))") + "\n")
                    .isEqualTo(Files.readString(identity.certificate()) + "\n");
        }
    }

    @Test
    void aStartThatFailsShowsTheEndOfTheLog() {
        assertThatThrownBy(() -> PostgresServer.start("no_such_setting = 1"))
                .isInstanceOf(TestServerException.class)
                .hasMessageContaining("postgresql (pid ")
                .hasMessageContaining("unrecognized configuration parameter \"no_such_setting\"");
    }
}
