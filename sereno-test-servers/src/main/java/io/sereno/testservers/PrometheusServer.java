package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A Prometheus that scrapes one program now and then, as the job {@code application}. */
public final class PrometheusServer extends ServerNode {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(LIMIT).build();
    private final Path configuration = folder().resolve("prometheus.yml");

    private PrometheusServer(FreePorts ports, InetSocketAddress scraped, Duration every) {
        super(ServerPrograms.Store.PROMETHEUS, "prometheus", ports.next());
        String target = scraped.getHostString() + ":" + scraped.getPort();
        try {
            Files.writeString(configuration, """
                    global:
                      scrape_interval: %2$dms
                      scrape_timeout: %2$dms
                    scrape_configs:
                      - job_name: application
                        static_configs:
                          - targets: ['%1$s']
                    """.formatted(target, every.toMillis()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a server, and returns when it answers.
     *
     * @param scraped serves its metrics there, under {@code /metrics}
     * @param every the time from one scrape to the next, and what a scrape may take
     */
    public static PrometheusServer start(InetSocketAddress scraped, Duration every) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> new PrometheusServer(ports, scraped, every));
    }

    /**
     * Evaluates an expression now.
     *
     * @param expression in PromQL
     * @return the answer of Prometheus, as JSON
     * @throws IOException if it does not answer, or refuses the expression; the message has its reason
     */
    public String query(String expression) throws IOException {
        return get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    }

    private String get(String path) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + authority() + path))
                .timeout(LIMIT)
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IOException(path + " ended with " + response.statusCode() + ": " + response.body());
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking Prometheus", e);
        }
    }

    @Override
    List<String> command() {
        return List.of(
                ServerPrograms.path(ServerPrograms.Program.PROMETHEUS).toString(),
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + folder().resolve("data"),
                "--web.listen-address=" + authority());
    }

    /** The path of its settings shows which server we reached. */
    @Override
    boolean answers() throws IOException {
        return get("/api/v1/status/flags").contains(configuration.toString());
    }
}
