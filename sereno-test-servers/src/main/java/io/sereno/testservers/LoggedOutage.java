package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a plain application sees in its log when its server is killed: the lines in docs/logging.md, and nothing else.
 * They are the same for every store. The backend's module defines how its servers are started.
 */
@Tag("servers")
@Timeout(300)
public abstract class LoggedOutage {
    protected static final String PASSWORD = "open-sesame-4711";

    private static final List<String> LINES = List.of(
            "INFO connected to STORE as node app",
            "WARNING session ID on STORE is suspended; everything held under it counts as held for another TIME: REASON",
            "WARNING session ID on STORE has expired; everything held under it is lost",
            "WARNING lost mutex 'm' with token TOKEN on STORE: SESSION_EXPIRED",
            "INFO session ID on STORE was opened; work goes on under it");

    /** The next session was being opened when the client was closed. */
    private static final String NOT_REVOKED =
            " that a lease was revoked; the entries left under it are deleted within its ttl";

    private final String scheme;
    private final List<String> expected = new ArrayList<>();

    /** @param before lines of this backend only, which come first */
    protected LoggedOutage(String scheme, String... before) {
        this.scheme = scheme;
        expected.addAll(List.of(before));
        expected.addAll(LINES);
    }

    /**
     * The log of an application whose server is killed.
     *
     * @param ends whether the server is restarted before the application closes its client
     */
    protected abstract List<String> outage(boolean ends) throws Exception;

    /**
     * The same for a user with {@link #PASSWORD}, with all log lines of Sereno, and the debug log of its client
     * libraries.
     */
    protected abstract List<String> outageForDebugging() throws Exception;

    @Test
    final void aKilledServerHasTheLinesOfTheDocumentsAndNoOthers() throws Exception {
        assertThat(lines(true)).containsExactlyElementsOf(expected);
    }

    /** Attempts of the client library to connect, and their timers, are under way then. */
    @Test
    final void aClientThatIsClosedWhileItsServerIsAwayHasNoLineOfItsLibrary() throws Exception {
        assertThat(lines(false).filter(line -> !line.contains(NOT_REVOKED)))
                .containsExactlyElementsOf(expected.subList(0, expected.size() - 1));
    }

    private Stream<String> lines(boolean outageEnds) throws Exception {
        return outage(outageEnds).stream()
                .map(line -> line.replaceAll("on " + scheme + ":[^ :]*(:[0-9]+)?[^ :]*", "on STORE")
                        .replaceAll("to " + scheme + ":[^ ]*", "to STORE")
                        .replaceAll("session [0-9A-Za-z]{11} ", "session ID ")
                        .replaceAll("(another) .*", "$1 TIME: REASON")
                        .replaceAll("token [0-9]+", "token TOKEN"));
    }

    @Test
    final void noLineShowsThePassword() throws Exception {
        assertThat(outageForDebugging()).hasSizeGreaterThan(5).noneMatch(line -> line.contains(PASSWORD));
    }

    /**
     * Runs an application that holds a lock, loses it, and gets it again, while its server is made unavailable and
     * available again.
     *
     * @param back none: it closes its client instead
     * @param leftOut prefixes of the names of jars to leave out of the class path
     * @param options of its JVM
     * @param level of all loggers except Sereno's, which then log everything; none: levels are not changed
     */
    protected static List<String> log(
            Runnable away,
            @Nullable Runnable back,
            List<String> leftOut,
            List<String> options,
            String uri,
            String... level)
            throws Exception {
        List<String> all = new ArrayList<>(options);
        all.add("-D" + Application.COMES_BACK + "=" + (back != null));
        try (ApplicationProcess application = ApplicationProcess.start(Application.class, leftOut, all, uri, level)) {
            application.await("held");
            away.run();
            application.await("lost");
            if (back != null) {
                back.run();
                application.await("held again");
            }
            return application.end();
        }
    }

    /** The application. */
    static final class Application {
        static final String COMES_BACK = "server.comes.back";

        // Strong references, so that their levels last.
        private static final Logger SERENO = Logger.getLogger("io.sereno");
        private static final Logger ROOT = Logger.getLogger("");

        private Application() {}

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
                if (!Boolean.getBoolean(COMES_BACK)) {
                    return;
                }
                Grant again = sereno.mutex("m").acquire();
                System.out.println("held again");
                again.release();
            }
        }
    }
}
