package io.sereno.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.testservers.PrometheusServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A real Prometheus scrapes an application; each expression of the dashboard and of the guide yields a series there. */
@Tag("servers")
@Tag("prometheus")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DashboardTest {
    private static final Path DASHBOARD = Path.of("../docs/grafana-dashboard.json");
    private static final Path GUIDE = Path.of("../docs/guides/metrics.md");
    private static final int ROUNDS_BEFORE = 3;

    private Scraped application;
    private SerenoMetrics metrics;
    private Sereno sereno;

    /** An application's meters, and the Prometheus that scrapes them. */
    private static final class Scraped implements AutoCloseable {
        final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        private final BlockingQueue<Boolean> scrapes = new LinkedBlockingQueue<>();
        private final HttpServer server;
        private final PrometheusServer prometheus;

        /** {@code every}: from one scrape to the next; a scrape may take as long. */
        Scraped(Duration every) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/metrics", exchange -> {
                byte[] page = registry.scrape().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
                exchange.close();
                scrapes.add(true);
            });
            server.start();
            prometheus = PrometheusServer.start(server.getAddress(), every);
        }

        /** Waits for whole scrapes that begin after this call. */
        void awaitScrapes(int more) throws InterruptedException {
            scrapes.clear();
            for (int i = 0; i <= more; i++) { // one may have begun before
                assertThat(scrapes.poll(60, TimeUnit.SECONDS))
                        .as("Prometheus scrapes")
                        .isNotNull();
            }
        }

        JsonArray series(String expression) throws IOException {
            return JsonParser.parseString(prometheus.query(expression))
                    .getAsJsonObject()
                    .getAsJsonObject("data")
                    .getAsJsonArray("result");
        }

        double value(String expression) throws IOException {
            JsonArray series = series(expression);
            assertThat(series).as(expression).hasSize(1);
            return series.get(0)
                    .getAsJsonObject()
                    .getAsJsonArray("value")
                    .get(1)
                    .getAsDouble();
        }

        @Override
        public void close() {
            prometheus.close();
            server.stop(0);
        }
    }

    @BeforeAll
    void start() throws Exception {
        application = new Scraped(Duration.ofMillis(200));
        metrics = SerenoMetrics.of(application.registry);
        sereno = Sereno.builder().uri("memory:").meter(metrics).connect();
        work();
    }

    @AfterAll
    void stop() {
        sereno.close();
        application.close();
    }

    /** What an application does, in two parts, so that each counter rises between scrapes. */
    private void work() throws Exception {
        LeaderElection election = sereno.election("reports").start();
        election.awaitLeadership();
        Grant held = sereno.mutex("close-month").acquire();
        CompletableFuture<Grant> waiting = sereno.mutex("close-month").acquireAsync();
        Topic<String> topic = sereno.topic("orders", Codec.utf8());
        topic.publish("a");
        topic.publish("b");
        TopicReader<String> reader = topic.reader(From.earliest());
        reader.next();
        for (int round = 0; round < 2 * ROUNDS_BEFORE; round++) {
            sereno.mutex("import").acquire().release();
            assertThat(sereno.mutex("close-month").tryAcquire()).isEmpty();
            if (round >= ROUNDS_BEFORE) {
                // What a healthy application does not show: losses, gaps and requests without an answer.
                metrics.waiting("mutex", "import");
                metrics.granted("mutex", "import", 1_000);
                metrics.lost("mutex", "import", LossCause.SESSION_EXPIRED, 1_000);
                metrics.topicGap("orders", 2);
                metrics.sessionLost();
                metrics.request(
                        io.sereno.SerenoMeter.Operation.COMMIT, io.sereno.SerenoMeter.Outcome.UNKNOWN, 1_000_000);
            } else {
                metrics.topicGap("orders", 0);
            }
            application.awaitScrapes(2);
        }
        assertThat(held.isHeld()).isTrue();
        assertThat(waiting).isNotDone();
    }

    private static String concrete(String expression) {
        return expression
                .replace("$job", ".*")
                .replace("$__rate_interval", "5m")
                .replace("$__range", "5m");
    }

    private static List<String> expressionsOfTheDashboard() throws IOException {
        List<String> found = new ArrayList<>();
        JsonObject dashboard =
                JsonParser.parseString(Files.readString(DASHBOARD)).getAsJsonObject();
        for (JsonElement panel : dashboard.getAsJsonArray("panels")) {
            for (JsonElement target : panel.getAsJsonObject().getAsJsonArray("targets")) {
                found.add(target.getAsJsonObject().get("expr").getAsString());
            }
        }
        return found;
    }

    @Test
    void eachExpressionOfTheDashboardYieldsASeries() throws IOException {
        List<String> expressions = expressionsOfTheDashboard();
        assertThat(expressions).hasSizeGreaterThan(18);
        for (String expression : expressions) {
            assertThat(application.series(concrete(expression))).as(expression).isNotEmpty();
            assertThat(concrete(expression)).doesNotContain("$");
        }
    }

    /** The conditions of alerts: without their comparison they yield a series, with it Prometheus accepts them. */
    @Test
    void eachAlertOfTheGuideIsAboutASeriesThatExists() throws IOException {
        List<String> alerts = Pattern.compile("```promql\n(.*?)\n```", Pattern.DOTALL)
                .matcher(Files.readString(GUIDE))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(alerts).hasSizeGreaterThan(4);
        for (String alert : alerts) {
            assertThat(alert).containsPattern(" (==|!=|>) \\d+$");
            assertThat(application.series(alert.substring(0, alert.lastIndexOf(' ', alert.lastIndexOf(' ') - 1))))
                    .as(alert)
                    .isNotEmpty();
            var unused = application.series(alert);
        }
    }

    @Test
    void lossesGapsAndLeadersAreThoseOfTheApplication() throws IOException {
        assertThat(application.value("sum(sereno_grants_lost_total)")).isEqualTo(ROUNDS_BEFORE);
        assertThat(application.value("sum(sereno_topic_gaps_messages_total)")).isEqualTo(2 * ROUNDS_BEFORE);
        assertThat(application.value("sum(sereno_leader{name=\"reports\"})")).isEqualTo(1);
        assertThat(application.value("sum(sereno_grants_waiting{name=\"close-month\"})"))
                .isEqualTo(1);
        assertThat(application.value("sum(sereno_topic_lag_messages)")).isEqualTo(1);
        assertThat(application.value("min(sereno_session_remaining_seconds)"))
                .isBetween(0.1, Duration.ofDays(1).toSeconds() * 1.0);
    }

    @Test
    void tenThousandNamesAreAHundredInTheScrape() throws Exception {
        try (Scraped crowded = new Scraped(Duration.ofSeconds(2));
                Sereno busy = Sereno.builder()
                        .uri("memory:")
                        .meter(SerenoMetrics.of(crowded.registry))
                        .connect()) {
            for (int order = 0; order < 10_000; order++) {
                busy.mutex("order-" + order).acquire().release();
            }
            crowded.awaitScrapes(1);
            assertThat(crowded.value("count(sereno_grants_held)")).isEqualTo(101);
            assertThat(crowded.value("sum(sereno_grant_wait_seconds_count)")).isEqualTo(10_000);
            assertThat(crowded.value("sum(sereno_grant_wait_seconds_count{name=\"other\"})"))
                    .isEqualTo(9_900);
            assertThat(crowded.value("count({__name__=~\"sereno_.*\"})")).isLessThan(1_500);
        }
    }

    @Test
    void aWrongExpressionIsRefused() {
        assertThatThrownBy(() -> application.prometheus.query("sum("))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("400");
    }
}
