package io.sereno.tck.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.tck.proxy.Line.Way;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The proxy as a person at a shell has it. */
@Timeout(120)
class ProxyConsoleTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(said, true, UTF_8);

    @Test
    void typedCommandsApplyToTheConnections() throws Exception {
        try (Line line = new Line()) {
            ProxyConsole console = new ProxyConsole(line.proxy, out);
            console.obey("hold to-client");
            line.server.getOutputStream().write(Line.random(1, 100));
            line.proxy.serverToClient().awaitHeld(100, SOON);
            line.client.getOutputStream().write(Line.random(2, 50));
            assertThat(Line.read(line.server, 50)).isEqualTo(Line.random(2, 50));
            console.obey("  status ");
            assertThat(said())
                    .contains("client to server: pass, 50 bytes received, 50 delivered, 0 held, 0 dropped")
                    .contains("server to client: hold, 100 bytes received, 0 delivered, 100 held, 0 dropped")
                    .contains("  connection 1 from " + line.client.getLocalSocketAddress());

            console.obey("heal");
            assertThat(Line.read(line.client, 100)).isEqualTo(Line.random(1, 100));
            console.obey("refuse");
            assertThatThrownBy(line::connect).isInstanceOf(ConnectException.class);
            console.obey("silence");
            try (Socket silent = line.connect()) {
                console.obey("accept");
                assertThat(Line.readToReset(silent)).isEmpty();
            }
            console.obey("reset-all");
            assertThat(Line.readToReset(line.client)).isEmpty();
        }
    }

    @Test
    void everyModeCanBeTyped() throws Exception {
        try (Line line = new Line()) {
            ProxyConsole console = new ProxyConsole(line.proxy, out);
            for (String verb :
                    List.of("hold", "swallow", "reset", "delay 250", "throttle 1000", "cut-after 7", "pass")) {
                console.obey(verb);
                Mode both = line.proxy.clientToServer().mode();
                assertThat(line.proxy.serverToClient().mode()).isEqualTo(both);
                assertThat(both.kind().name()).isEqualToIgnoringCase(verb.split("[- ]", 2)[0]);
            }
            console.obey("delay 250 to-server");
            assertThat(line.proxy.clientToServer()).hasToString("client to server: delay PT0.25S, " + Traffic.NONE);
            assertThat(line.proxy.serverToClient()).hasToString("server to client: pass, " + Traffic.NONE);
            console.obey("heal");
            line.client.getOutputStream().write(Line.random(1, 10));
            assertThat(Line.read(line.receiver(Way.CLIENT_TO_SERVER), 10)).isEqualTo(Line.random(1, 10));
            console.obey("end-all");
            assertThat(Line.readToEnd(line.client)).isEmpty();
        }
    }

    @Test
    void badInputIsAnsweredWithTheAcceptedInput() throws Exception {
        try (Line line = new Line()) {
            ProxyConsole console = new ProxyConsole(line.proxy, out);
            for (String nonsense :
                    List.of("jump", "", "hold sideways", "heal now", "delay", "delay soon", "throttle 0")) {
                console.obey(nonsense);
            }
            assertThat(said())
                    .contains("'jump' is no verb; accepted are\n")
                    .contains("'' is no verb")
                    .contains("'sideways' is no way; to-server and to-client are accepted")
                    .contains("'now' is one word too many")
                    .contains("delay was given nothing; a whole number is accepted")
                    .contains("delay was given soon; a whole number is accepted")
                    .contains("rate is 0 bytes a second; 1 or more is accepted")
                    .doesNotContain("fault proxy");
        }
    }

    @Test
    void runsFromItsArgumentsUntilQuit() throws Exception {
        int server = Line.deserted().getPort();
        int port = Line.deserted().getPort();
        ProxyConsole.run(List.of("127.0.0.1:" + server, String.valueOf(port)), lines("hold", "quit", "heal"), out);
        assertThat(said()).contains(":" + port + " to ").contains("hold").doesNotContain("pass, 0 bytes received, 1");
        assertThat(said().lines().filter(each -> each.startsWith("fault proxy")))
                .hasSize(2);

        ProxyConsole.run(List.of("[::1]:1"), lines(), out);
        assertThat(said()).contains("to /[0:0:0:0:0:0:0:1]:1");
    }

    @Test
    void argumentsThatAreNoAddressesAreRefused() throws Exception {
        for (List<String> nonsense : List.of(
                List.<String>of(),
                List.of("here"),
                List.of("localhost:http"),
                List.of("1", "2", "3"),
                List.of("99999"))) {
            assertThatThrownBy(() -> ProxyConsole.run(nonsense, lines(), out))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("fault-proxy SERVER [LISTEN]");
        }
        try (EchoServer taken = new EchoServer()) {
            String port = String.valueOf(taken.address().getPort());
            assertThatThrownBy(() -> ProxyConsole.run(List.of("1", port), lines(), out))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("cannot listen on ");
        }
    }

    private String said() {
        return said.toString(UTF_8);
    }

    private static BufferedReader lines(String... lines) {
        return new BufferedReader(new StringReader(String.join("\n", lines)));
    }
}
