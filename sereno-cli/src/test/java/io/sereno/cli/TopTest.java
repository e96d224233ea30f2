package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Sereno;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Tmux;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sereno top} in a terminal, while clients come and go. Its picture is target/top.svg. */
@Tag("servers")
@Tag("etcd")
@Tag("terminal")
@Timeout(300)
class TopTest {
    private static final int COLUMNS = 128;
    private static final int ROWS = 34;
    private static final String RED = "\u001b\\[([0-9]+;)*31m";
    private static final String HOSTILE = "\u001b[2J\u001b]0;owned\u0007<img>\r\n\u202elong " + "x".repeat(200);

    @TempDir
    Path folder;

    private final EtcdServer server = EtcdServer.start();
    private final List<Sereno> clients = new ArrayList<>();

    @AfterEach
    void stop() {
        clients.forEach(Sereno::close);
        server.close();
    }

    @Test
    void theScreenFollowsTheStoreAndTheTerminalIsAsBefore() throws Exception {
        Sereno billing = client("billing-7");
        Sereno ledger = client("ledger-2");
        billing.mutex("close-month").acquire();
        billing.election("reports").start();
        ledger.permitPool("uploads", 3).acquire(2);
        ledger.mutex("rates/eur").acquire();
        billing.membership("workers").join("worker-0", Duration.ofSeconds(10));
        billing.topic("orders", Codec.utf8()).publish("one");
        try (var reader = ledger.topic("orders", Codec.utf8()).reader(From.durable("billing"));
                Terminal terminal = Terminal.run(Tmux.program(), folder, COLUMNS, ROWS, top())) {
            assertThat(reader).isNotNull();
            terminal.await(has("topic/orders .* billing"));
            assertThat(terminal.screen())
                    .containsPattern("lock/close-month +billing-7 +\\S+ +\\d+s +0")
                    .containsPattern("semaphore/uploads \\(2 of 3\\) +ledger-2 ")
                    .containsPattern("election/reports +billing-7 ")
                    .containsPattern("member/workers +1 +worker-0")
                    .doesNotContain("before the command");

            var waiting = inThread(ledger, "close-month");
            terminal.await(has("lock/close-month .* 1\n"));
            assertThat(terminal.screen()).doesNotContain("suspected");
            var circle = inThread(billing, "rates/eur");
            terminal.await(has("suspected deadlock: "));
            assertThat(terminal.styled()).containsPattern(RED + "(\u001b\\[[0-9;]*m)*suspected deadlock: ");
            Files.writeString(Path.of("target", "top.svg"), TerminalPicture.svg(terminal.styled(), COLUMNS));

            server.pause();
            terminal.await(has("The store does not answer \\(what is shown was read at \\d\\d:\\d\\d:\\d\\d\\)"));
            assertThat(terminal.screen()).containsPattern("lock/close-month +billing-7");
            server.resume();
            terminal.await(has("The store does not answer").negate());

            terminal.size(70, 12);
            terminal.await(has("more lines; sereno ls, inspect and sessions show all"));
            assertThat(terminal.screen().lines()).hasSize(12).allMatch(line -> Text.width(line) <= 70);

            terminal.press("C-c");
            String after = terminal.await(has("after the command: \\d+"));
            assertThat(after)
                    .contains("before the command", "after the command: 130")
                    .doesNotContain("HOLDER");
            assertThat(terminal.is("alternate_on")).isEqualTo("0");
            assertThat(terminal.is("cursor_flag")).isEqualTo("1");
            assertThat(List.of(waiting, circle)).noneMatch(CompletableFuture::isDone);
        }
    }

    @Test
    void aStoreThatCannotBeReachedLeavesTheScreenAlone() throws Exception {
        server.close();
        try (Terminal terminal = Terminal.run(Tmux.program(), folder, COLUMNS, ROWS, top())) {
            String screen = terminal.await(has("after the command: \\d+"));
            assertThat(screen).contains("before the command", "after the command: 69");
            assertThat(terminal.is("cursor_flag")).isEqualTo("1");
        }
    }

    @Test
    void namesOfEastAsiaFit() throws Exception {
        Sereno client = client("\u7d4c\u7406-1");
        for (int i = 0; i < 3; i++) {
            client.mutex("\u5e33\u7c3f".repeat(30) + i).acquire();
        }
        try (Terminal terminal = Terminal.run(Tmux.program(), folder, 60, ROWS, top())) {
            String screen = terminal.await(has("lock/\u5e33"));
            // A line that is too wide goes on in the next line of the screen.
            assertThat(screen.lines().filter(line -> line.startsWith("lock/"))).hasSize(3);
            assertThat(screen.lines().filter(line -> line.startsWith("\u5e33"))).isEmpty();
            assertThat(screen.lines()).allMatch(line -> Text.width(line) <= 60);
        }
    }

    @Test
    void aHostileNameControlsNothing() throws Exception {
        client("<b>\u001b[31m").mutex(HOSTILE).acquire();
        try (Terminal terminal = Terminal.run(Tmux.program(), folder, COLUMNS, ROWS, top())) {
            String screen = terminal.await(has("lock/"));
            assertThat(screen)
                    .contains("lock/\\u001b[2J\\u001b]0;owned\\u0007<")
                    .contains("HELD OR AWAITED")
                    .doesNotContain("\u202e", "\u001b");
            assertThat(screen.lines()).hasSize(ROWS).allMatch(line -> line.length() <= COLUMNS);
            assertThat(terminal.is("pane_title")).doesNotContain("owned");
            assertThat(terminal.styled()).doesNotContainPattern(RED);
        }
    }

    private static java.util.function.Predicate<String> has(String pattern) {
        return java.util.regex.Pattern.compile(pattern).asPredicate();
    }

    private static CompletableFuture<Void> inThread(Sereno sereno, String name) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        sereno.mutex(name).acquire();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> new Thread(task, name).start());
    }

    private List<String> top() {
        return List.of(
                "sh",
                "-c",
                "trap : INT; echo before the command; \"$0\" top --every 300ms --uri \"$1\"; echo after the command: $?; exec cat",
                Path.of("../sereno").toAbsolutePath().toString(),
                uri());
    }

    private Sereno client(String node) {
        Sereno client = Sereno.builder().uri(uri()).nodeId(node).connect();
        clients.add(client);
        return client;
    }

    private String uri() {
        InetSocketAddress at = server.endpoint();
        return "etcd://" + at.getHostString() + ":" + at.getPort() + "/billing";
    }
}
