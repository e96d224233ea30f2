package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgresql")
class PgBouncerTest extends TestServerTest<PgBouncer> {
    @Override
    PgBouncer start() {
        return PgBouncer.start();
    }

    @Override
    List<? extends ServerNode> nodes(PgBouncer bouncer) {
        return bouncer.members();
    }

    @Override
    String probe() {
        return PostgresServerTest.PROBE;
    }

    @Override
    void write(PgBouncer bouncer, String value) throws IOException {
        query(bouncer, "create table if not exists kept (value text)");
        query(bouncer, "delete from kept");
        query(bouncer, "insert into kept values ('" + value + "')");
    }

    @Override
    String read(PgBouncer bouncer) throws IOException {
        return query(bouncer, "select value from kept");
    }

    private static String query(PgBouncer bouncer, String sql) throws IOException {
        try (PostgresConnection connection = connect(bouncer)) {
            return connection.query(sql);
        }
    }

    private static PostgresConnection connect(PgBouncer bouncer) throws IOException {
        return new PostgresConnection(bouncer.pooler().endpoint(), PostgresServer.DATABASE);
    }

    @Test
    void clientsTakeTurnsOnAConnectionOfTheServer() throws IOException {
        try (PgBouncer one = PgBouncer.start("default_pool_size = 1");
                PostgresConnection first = connect(one);
                PostgresConnection second = connect(one)) {
            assertThat(first.query("select pg_backend_pid()")).isEqualTo(second.query("select pg_backend_pid()"));
        }
    }

    @Test
    void aUserOfTheServerIsKnownToThePooler() throws IOException {
        server.server().query("create role app login");
        assertThat(server.server().query("select 1")).isEqualTo("1");
    }

    @Test
    void thePoolerOutlivesItsServer() throws IOException {
        write(server, "kept");
        server.server().restart();
        server.pooler().await("reach the new server", () -> read(server).equals("kept"));
        server.pooler().restart();
        assertThat(read(server)).isEqualTo("kept");
    }

    @Test
    void aStartThatFailsShowsTheEndOfTheLog() {
        assertThatThrownBy(() -> PgBouncer.start("no_such_setting = 1"))
                .isInstanceOf(TestServerException.class)
                .hasMessageContaining("pgbouncer (pid ")
                .hasMessageContaining("no_such_setting");
    }
}
