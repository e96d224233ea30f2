package io.sereno.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QuickstartTest {
    private static final Pattern LINES_OF_THE_CUT = Pattern.compile("INFO connected to .*"
            + "|WARNING session .* (is suspended; .*|has expired; .*)"
            + "|WARNING .* failed; retrying: .*"
            + "|WARNING lost election '.*' with token [0-9]+ on .*: SESSION_EXPIRED"
            + "|INFO session .* was opened; .*"
            + "|INFO lost election '.*' .*: SERENO_CLOSED");

    private final Logger logger = Logger.getLogger("io.sereno");
    private final List<String> logged = new CopyOnWriteArrayList<>();
    private final Handler capture = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            logged.add(entry.getLevel() + " " + entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(capture);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(capture);
    }

    @Test
    void theTourEndsAndOnlyTheCutIsLogged() throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();

        new Quickstart(new PrintStream(printed, true, StandardCharsets.UTF_8)).run("memory:/quickstart-test");

        assertThat(printed.toString(StandardCharsets.UTF_8).lines()).hasSize(19).allMatch(line -> line.endsWith("."));
        assertThat(logged)
                .allMatch(line -> LINES_OF_THE_CUT.matcher(line).matches())
                .anyMatch(line -> line.contains("lost election"));
    }
}
