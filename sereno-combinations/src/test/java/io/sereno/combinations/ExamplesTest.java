package io.sereno.combinations;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.testservers.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The applications in the folder {@code examples}: two processes of each; the leader ends, and the other one takes over. */
@Tag("servers")
@Tag("postgresql")
class ExamplesTest {
    private static final long PATIENCE_SECONDS = 120;

    private static @Nullable Applications applications;

    @SuppressWarnings("NullAway.Init")
    private static PostgresServer server;

    @BeforeAll
    static void build() throws Exception {
        applications =
                Applications.copy("examples", List.of("quarkus", "micronaut")).build();
        server = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void quarkus() throws Exception {
        String jar = requireNonNull(applications)
                .made("quarkus", "quarkus-app/quarkus-run.jar")
                .toString();
        theOtherProcessTakesOver("quarkus", "-jar", jar);
    }

    @Test
    void micronaut() throws Exception {
        String classPath = requireNonNull(applications).runtime("micronaut");
        theOtherProcessTakesOver("micronaut", "-cp", classPath, "example.Application");
    }

    private static void theOtherProcessTakesOver(String example, String... program) throws Exception {
        String uri = "postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                + PostgresServer.DATABASE + "?namespace=" + example;
        try (Sereno observer = Sereno.builder()
                        .uri(uri)
                        .connectRetry(Duration.ofSeconds(PATIENCE_SECONDS))
                        .connect();
                Started first = new Started(uri, program);
                Started second = new Started(uri, program)) {
            BlockingQueue<String> tasks = new LinkedBlockingQueue<>();
            observer.topic("tasks", Codec.utf8()).subscribe(From.earliest(), task -> tasks.add(task.payload()));
            long token = token(tasks, first, second);
            String node = observer.operator()
                    .queue(Kind.ELECTION, "planner")
                    .orElseThrow()
                    .holders()
                    .get(0)
                    .nodeId();
            boolean firstLeads = node.contains("-" + first.process.pid() + "-");
            Started leader = firstLeads ? first : second;
            assertThat(node).contains("-" + leader.process.pid() + "-");

            leader.process.destroy();
            assertThat(leader.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("%s", leader)
                    .isTrue();
            // It has closed its client, so the next leader does not wait for the end of a lease.
            assertThat(observer.operator().sessions())
                    .noneMatch(session -> session.nodeId().equals(node));
            while (token(tasks, first, second) == token) {
                assertThat(firstLeads ? second.process.isAlive() : first.process.isAlive())
                        .as("%s%n%s", first, second)
                        .isTrue();
            }
            long done = observer.counter("done").get();
            while (observer.counter("done").get() == done) {
                token(tasks, first, second); // each task that is published is done soon after
            }
        }
    }

    /** That of the leader that has published the next task. */
    private static long token(BlockingQueue<String> tasks, Started first, Started second) throws InterruptedException {
        String task = tasks.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(task).as("a task; %s%n%s", first, second).isNotNull();
        return Long.parseLong(String.valueOf(task).substring("by ".length()));
    }

    /** A process of an example. */
    private static final class Started implements AutoCloseable {
        final Process process;
        private final Path output;

        Started(String uri, String... program) throws IOException {
            output = Files.createTempFile("example", ".log");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1"));
            command.addAll(List.of(program));
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("SERENO_URI", uri);
            process = builder.start();
        }

        @Override
        public String toString() {
            try {
                return "process " + process.pid() + ":\n" + Files.readString(output);
            } catch (IOException e) {
                return "process " + process.pid() + ": " + e;
            }
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly().onExit().join();
            Files.delete(output);
        }
    }
}
