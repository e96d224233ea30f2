package io.sereno.testservers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ServerConsoleTest {
    @Test
    @Tag("servers")
    @Tag("etcd")
    void everyCommandForASingleServerWorks() throws IOException {
        assertThat(talk(
                        List.of("etcd"),
                        "pause",
                        "resume",
                        "backup",
                        "kill",
                        "restore",
                        "restart",
                        "compact",
                        "quit",
                        "never reached"))
                .containsSubsequence(
                        "running  etcd ",
                        "paused   etcd ",
                        "running  etcd ",
                        "gone     etcd ",
                        "running  etcd ",
                        "compacted at revision 1");
    }

    @Test
    @Tag("servers")
    @Tag("redis")
    void theCommandsForReplicationWorkAndServersHaveNames() throws IOException {
        assertThat(talk(List.of("redis-sentinel"), "cut", "heal", "kill redis-1", "promote"))
                .containsSubsequence("running  redis-1 ", "gone     redis-1 ", "running  redis-2 ", "primary: redis-2");
    }

    @Test
    @Tag("servers")
    @Tag("postgresql")
    void aFormerPostgresPrimaryRejoins() throws IOException {
        assertThat(talk(List.of("postgresql-replication"), "cut", "heal", "kill postgresql-1", "promote", "rejoin"))
                .containsSubsequence(
                        "running  postgresql-1 ",
                        "gone     postgresql-1 ",
                        "primary: postgresql-2",
                        "running  postgresql-1 ");
    }

    @Test
    @Tag("servers")
    @Tag("redis")
    void badInputIsAnsweredWithTheAcceptedInput() throws IOException {
        assertThat(talk(List.of("redis"), "jump", "cut", "kill nobody", "kill", "pause"))
                .contains("'jump' is no verb; accepted are:")
                .contains("'cut' is not for this kind of server")
                .contains("'nobody' is not the name of a server; accepted are [redis]")
                .contains("redis is not running; restart() starts it");
    }

    @Test
    void anUnknownKindIsRefused() {
        assertThatThrownBy(() -> talk(List.of("mysql")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'mysql' is no kind of server; accepted are:")
                .hasMessageContaining("servers start zookeeper-ensemble");
    }

    private static String talk(List<String> arguments, String... lines) throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        ServerConsole.run(
                arguments,
                new BufferedReader(new StringReader(String.join("\n", lines))),
                new PrintStream(said, true, UTF_8));
        return said.toString(UTF_8);
    }
}
