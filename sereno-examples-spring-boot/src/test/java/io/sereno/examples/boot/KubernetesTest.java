package io.sereno.examples.boot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.testservers.EtcdServer;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.FileSystemResource;

/**
 * {@code examples/kubernetes.yaml} without Kubernetes: its command, environment and probes with three processes, of which
 * one is asked to end and another is killed.
 */
@Tag("servers")
@Tag("etcd")
class KubernetesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CONTAINER = "spec.template.spec.containers[0].";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final PropertySource<?> deployment = new YamlPropertySourceLoader()
            .load("kubernetes", new FileSystemResource(Path.of("../examples/kubernetes.yaml")))
            .get(0);
    private final EtcdServer server = EtcdServer.start();
    private final List<Pod> pods = new ArrayList<>();
    private final Sereno observer =
            Sereno.builder().uri(uri()).connectRetry(PATIENCE).connect();

    KubernetesTest() throws IOException {}

    private String uri() {
        return "etcd://" + server.authority() + "/example";
    }

    private String said(String name) {
        return String.valueOf(requireNonNull(deployment.getProperty(name), name));
    }

    private Stream<Integer> listed(String name) {
        return Stream.iterate(0, i -> deployment.containsProperty(name.formatted(i)), i -> i + 1);
    }

    /** Starts what the container starts, on a port of its own, with the class path of this test as the image. */
    private Pod start(String name) throws IOException {
        List<String> command = listed(CONTAINER + "command[%s]")
                .map(i -> said(CONTAINER + "command[" + i + "]"))
                .map(word -> switch (word) {
                    case "java" ->
                        Path.of(System.getProperty("java.home"), "bin", "java").toString();
                    case "/application/*" ->
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
                    default -> word;
                })
                .toList();
        assertThat(command)
                .contains(ExampleApplication.class.getName())
                .anyMatch(word -> word.contains(File.separator));
        ProcessBuilder process = new ProcessBuilder(command).redirectErrorStream(true);
        listed(CONTAINER + "env[%s].name").forEach(i -> {
            String variable = CONTAINER + "env[" + i + "].";
            Object value = deployment.getProperty(variable + "value");
            if (value == null) {
                assertThat(said(variable + "valueFrom.fieldRef.fieldPath")).isEqualTo("metadata.name");
                value = name;
            }
            process.environment().put(said(variable + "name"), String.valueOf(value));
        });
        assertThat(process.environment()).containsKeys("SERENO_URI", "SERENO_NODEID");
        process.environment().put("SERENO_URI", uri());
        process.environment().put("SERVER_PORT", "0");
        Pod pod = new Pod(name, process.start());
        pods.add(pod);
        return pod;
    }

    private HttpResponse<String> get(Pod pod, String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + pod.port() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Repeats the probe until it passes, as Kubernetes does: the port is open a moment before the application is ready. */
    private void passes(Pod pod, String probe) throws Exception {
        String path = said(CONTAINER + probe + ".httpGet.path");
        HttpResponse<String> response = get(pod, path);
        for (long begin = System.nanoTime();
                response.statusCode() == 503 && System.nanoTime() - begin < PATIENCE.toNanos(); ) {
            response = get(pod, path);
        }
        assertThat(response.statusCode())
                .as("%s of %s: %s", probe, pod, response.body())
                .isEqualTo(200);
    }

    /** The seat of the pod that leads, which is another than a former one. */
    private Seat leader(Seat... former) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < PATIENCE.toNanos()) {
            List<Seat> holders = observer.operator()
                    .queue(Kind.ELECTION, "planner")
                    .map(queue -> queue.holders())
                    .orElse(List.of());
            if (holders.size() == 1
                    && Stream.of(former)
                            .noneMatch(
                                    seat -> seat.nodeId().equals(holders.get(0).nodeId()))) {
                return holders.get(0);
            }
        }
        throw new AssertionError("no other leader within " + PATIENCE + ": " + pods);
    }

    private Pod pod(Seat seat) {
        return pods.stream()
                .filter(pod -> pod.name.equals(seat.nodeId()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void leadershipPassesWhenAPodIsAskedToEndAndWhenOneIsKilled() throws Exception {
        try {
            assertThat(said("spec.replicas")).isEqualTo("3");
            for (String name : List.of("example-a", "example-b", "example-c")) {
                start(name);
            }
            for (Pod pod : pods) {
                passes(pod, "startupProbe");
                passes(pod, "livenessProbe");
                passes(pod, "readinessProbe"); // of those that follow, too
            }
            Seat first = leader();
            assertThat(get(pod(first), "/actuator/health").body()).contains("\"node\":\"" + first.nodeId() + "\"");

            Pod asked = pod(first);
            asked.process.destroy(); // SIGTERM
            long grace = Long.parseLong(said("spec.template.spec.terminationGracePeriodSeconds"))
                    - Long.parseLong(said(CONTAINER + "lifecycle.preStop.sleep.seconds"));
            assertThat(asked.process.waitFor(grace, TimeUnit.SECONDS))
                    .as("%s", asked)
                    .isTrue();
            // It has given up its session and everything under it: nobody waits for the end of a lease.
            assertThat(observer.operator().sessions())
                    .extracting(SessionView::nodeId)
                    .doesNotContain(first.nodeId());
            Seat second = leader(first);
            asked.end(); // of its output
            assertThat(asked.said()).noneMatch(line -> line.contains("ERROR"));

            Pod killed = pod(second);
            killed.process.destroyForcibly().onExit().join(); // SIGKILL
            Seat third = leader(first, second);
            assertThat(third.firstToken().orElseThrow())
                    .isGreaterThan(second.firstToken().orElseThrow())
                    .isGreaterThan(first.firstToken().orElseThrow());

            Pod next = start("example-d");
            passes(next, "readinessProbe");
            assertThat(get(next, "/actuator/sereno").body()).contains("\"leads\":[]");
            passes(pod(third), "readinessProbe");
            assertThat(pod(third).said()).noneMatch(line -> line.contains("ERROR"));
        } finally {
            observer.close();
            pods.forEach(Pod::end);
            server.close();
        }
    }
}
