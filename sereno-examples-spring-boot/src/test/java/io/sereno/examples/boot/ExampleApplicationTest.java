package io.sereno.examples.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Sereno;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.TestServer;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Two processes of the example on each store; the leader ends, and the other one takes over. */
class ExampleApplicationTest {
    private static final long PATIENCE_SECONDS = 60;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @Test
    void inMemory() throws Exception {
        itRuns("memory:/" + UUID.randomUUID());
    }

    @Test
    @Tag("servers")
    @Tag("etcd")
    void onEtcd() throws Exception {
        itRunsOn("etcd", EtcdServer::start);
    }

    @Test
    @Tag("servers")
    @Tag("redis")
    void onRedis() throws Exception {
        itRunsOn("redis", () -> RedisServer.start(Persistence.APPEND_ALWAYS));
    }

    @Test
    @Tag("servers")
    @Tag("zookeeper")
    void onZooKeeper() throws Exception {
        itRunsOn("zookeeper", ZooKeeperServer::start);
    }

    @Test
    @Tag("servers")
    @Tag("postgresql")
    void onPostgreSql() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            itRuns("postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/" + PostgresServer.DATABASE
                    + "?namespace=example");
        }
    }

    private static void itRunsOn(String scheme, Supplier<? extends TestServer> start) throws Exception {
        try (TestServer server = start.get()) {
            itRuns(scheme + "://" + server.authority() + "/example");
        }
    }

    private static void itRuns(String uri) throws Exception {
        try (Sereno observer = Sereno.builder()
                        .uri(uri)
                        .connectRetry(Duration.ofSeconds(PATIENCE_SECONDS))
                        .connect();
                ConfigurableApplicationContext ada = start(uri, "ada");
                ConfigurableApplicationContext ben = start(uri, "ben")) {
            BlockingQueue<String> tasks = new LinkedBlockingQueue<>();
            observer.topic("tasks", Codec.utf8()).subscribe(From.earliest(), task -> tasks.add(task.payload()));
            String first = next(tasks);

            assertThat(send(ada, "POST", "/orders/7")).contains("\"order\":1");
            assertThat(send(ben, "POST", "/orders/7")).contains("\"order\":2");
            assertThat(send(ada, "GET", "/actuator/health")).contains("\"status\":\"UP\"", "\"node\":\"ada\"");
            boolean adaLeads = send(ada, "GET", "/actuator/sereno")
                    .contains("\"leads\":[{\"recipe\":\"election\",\"name\":\"planner\"");
            ConfigurableApplicationContext leader = adaLeads ? ada : ben;
            ConfigurableApplicationContext other = adaLeads ? ben : ada;
            assertThat(send(leader, "GET", "/actuator/metrics/sereno.leader?tag=name:planner"))
                    .contains("\"value\":1.0");
            assertThat(send(other, "GET", "/actuator/sereno")).contains("\"leads\":[]");

            leader.close();
            String task = next(tasks);
            while (task.equals(first)) {
                task = next(tasks);
            }
            assertThat(token(task)).isGreaterThan(token(first));
            assertThat(send(other, "GET", "/actuator/sereno")).contains("\"name\":\"planner\"");
            long done = observer.counter("done").get();
            while (observer.counter("done").get() == done) {
                next(tasks); // each task that is published is done soon after
            }
        }
    }

    private static String next(BlockingQueue<String> tasks) throws InterruptedException {
        String task = tasks.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(task).as("a task").isNotNull();
        return String.valueOf(task);
    }

    private static long token(String task) {
        return Long.parseLong(task.substring("by ".length()));
    }

    private static ConfigurableApplicationContext start(String uri, String node) {
        return SpringApplication.run(
                ExampleApplication.class,
                "--sereno.uri=" + uri,
                "--sereno.node-id=" + node,
                "--server.port=0",
                "--example.pause=20ms");
    }

    private static String send(ConfigurableApplicationContext application, String method, String path)
            throws IOException, InterruptedException {
        String port = application.getEnvironment().getRequiredProperty("local.server.port");
        HttpResponse<String> response = HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }
}
