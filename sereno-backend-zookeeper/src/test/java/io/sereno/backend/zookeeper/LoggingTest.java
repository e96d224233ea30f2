package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.testservers.ApplicationProcess;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a plain application sees in its log when its server is killed: the lines that docs/logging.md says, and nothing else. */
@Tag("servers")
@Timeout(300)
class LoggingTest {
    private static final String PASSWORD = "open-sesame-4711";

    /** A plain application that holds a lock, loses it, and gets it again. */
    static final class Application {
        // Held, so that their levels last.
        private static final Logger SERENO = Logger.getLogger("io.sereno");
        private static final Logger ROOT = Logger.getLogger("");

        public static void main(String[] arguments) throws Exception {
            if (arguments.length > 1) {
                SERENO.setLevel(Level.ALL);
                ROOT.setLevel(Level.parse(arguments[1]));
                ROOT.getHandlers()[0].setLevel(Level.ALL);
            }
            try (Sereno sereno = Sereno.builder()
                    .uri(arguments[0])
                    .nodeId("app")
                    .sessionTtl(Duration.ofSeconds(4))
                    .connect()) {
                Grant grant = sereno.mutex("m").acquire();
                System.out.println("held");
                grant.lost().toCompletableFuture().get();
                System.out.println("lost");
                Grant again = sereno.mutex("m").acquire();
                System.out.println("held again");
                again.release();
            }
        }
    }

    @Test
    void aKilledServerHasTheLinesOfTheDocumentsAndNoOthers() throws Exception {
        List<String> log = outage(List.of("slf4j-simple"), "-Dslf4j.internal.verbosity=ERROR");
        assertThat(log.stream()
                        .map(line -> line.replaceAll("on zookeeper:[^ :]*(:[0-9]+)?[^ :]*", "on STORE")
                                .replaceAll("to zookeeper:[^ ]*", "to STORE")
                                .replaceAll("session [0-9A-Za-z]{11} ", "session ID ")
                                .replaceAll("(another) .*", "$1 TIME: REASON")
                                .replaceAll("token [0-9]+", "token TOKEN")))
                .containsExactly(
                        "WARNING the password of user 'app' goes to ZooKeeper over a connection that is not encrypted; zookeepers:"
                                + " encrypts it",
                        "INFO connected to STORE as node app",
                        "WARNING session ID on STORE is suspended, and what is held under it is believed in for another"
                                + " TIME: REASON",
                        "WARNING session ID on STORE has expired; everything held under it is lost",
                        "WARNING lost mutex 'm' with token TOKEN on STORE: SESSION_EXPIRED",
                        "INFO session ID on STORE was opened; work goes on under it");
    }

    /** All of Sereno, and what its client libraries log for debugging. */
    @Test
    void noLineShowsThePassword() throws Exception {
        assertThat(outage(List.of(), "-Dorg.slf4j.simpleLogger.defaultLogLevel=debug", "FINE"))
                .hasSizeGreaterThan(5)
                .noneMatch(line -> line.contains(PASSWORD));
    }

    private static List<String> outage(List<String> leftOut, String option, String... level) throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start();
                ApplicationProcess application = ApplicationProcess.start(
                        Application.class,
                        leftOut,
                        List.of(option),
                        "zookeeper://app:" + PASSWORD + "@" + server.authority() + "/billing",
                        level)) {
            application.await("held");
            server.kill();
            application.await("lost");
            server.restart();
            application.await("held again");
            return application.end();
        }
    }
}
