package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgresql")
class PostgresReplicationTest extends TestServerTest<PostgresReplication> {
    @Override
    PostgresReplication start() {
        return PostgresReplication.start();
    }

    @Override
    List<PostgresServer> nodes(PostgresReplication pair) {
        return pair.members();
    }

    @Override
    String probe() {
        return PostgresServerTest.PROBE;
    }

    @Override
    void write(PostgresReplication pair, String value) throws IOException {
        pair.primary().query("create table if not exists kept (value text)");
        pair.primary().query("delete from kept");
        pair.primary().query("insert into kept values ('" + value + "')");
    }

    @Override
    String read(PostgresReplication pair) throws IOException {
        return pair.primary().query("select value from kept");
    }

    private static void awaitOn(PostgresServer copy, String value) {
        copy.await(
                "hold \"" + value + "\"",
                () -> copy.query("select value from kept").equals(value));
    }

    @Test
    void writesThatAPrimaryAcknowledgedBehindACutAreLostInThePromotion() throws IOException {
        try (PostgresReplication pair = start()) {
            PostgresServer first = pair.primary();
            PostgresServer second = pair.replica();
            write(pair, "replicated");
            awaitOn(second, "replicated");

            pair.cutReplica();
            write(pair, "never leaves the primary");
            assertThat(second.query("select value from kept")).isEqualTo("replicated");
            first.kill();
            pair.promote(second);

            assertThat(pair.primary()).isSameAs(second);
            assertThat(pair.replica()).isSameAs(first);
            assertThat(read(pair)).isEqualTo("replicated");
            write(pair, "the new primary takes writes");
            second.restart();
            assertThat(read(pair)).isEqualTo("the new primary takes writes");

            first.restart(); // and is a primary of its own
            assertThat(first.query("select value from kept")).isEqualTo("never leaves the primary");
            pair.rejoin();
            awaitOn(first, "the new primary takes writes");
            pair.promote(first);
            assertThat(pair.primary()).isSameAs(first);
            write(pair, "taken");
        }
    }

    @Test
    void aCutLinkHeals() throws IOException {
        write(server, "here before");
        awaitOn(server.replica(), "here before");
        server.cutReplica();
        write(server, "arrives later");
        assertThat(server.replica().query("select value from kept")).isEqualTo("here before");

        server.healReplica();
        awaitOn(server.replica(), "arrives later");
    }

    @Test
    void aReplicaRefusesWrites() {
        assertThatThrownBy(() -> server.replica().query("create table other (value text)"))
                .isInstanceOf(PostgresConnection.ErrorReply.class)
                .hasMessageContaining("25006 cannot execute CREATE TABLE in a read-only transaction");
    }

    @Test
    void thePromotionOfThePrimaryDoesNothing() {
        PostgresServer primary = server.primary();
        server.promote(primary);
        assertThat(server.primary()).isSameAs(primary);
    }

    @Test
    void onlyOneOfTheTwoCanBePromoted() {
        try (PostgresServer stranger = PostgresServer.start()) {
            assertThatThrownBy(() -> server.promote(stranger))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is neither primary nor replica");
        }
    }
}
