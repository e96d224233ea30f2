package io.sereno.spring.boot;

import io.sereno.Sereno;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A running web application with actuator, on a free port. */
final class WebApplication implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ConfigurableApplicationContext context;

    private WebApplication(ConfigurableApplicationContext context) {
        this.context = context;
    }

    static WebApplication start(String uri, String... properties) {
        return new WebApplication(new SpringApplicationBuilder(Application.class)
                .run(Stream.concat(
                                Stream.of(
                                        "sereno.uri=" + uri,
                                        "server.port=0",
                                        "server.shutdown=graceful",
                                        "server.error.include-message=always",
                                        "spring.web.error.include-message=always",
                                        "spring.main.banner-mode=off",
                                        "management.endpoint.health.probes.enabled=true",
                                        "management.endpoint.health.show-details=always",
                                        "management.endpoints.web.exposure.include=*"),
                                Stream.of(properties))
                        .map(property -> "--" + property)
                        .toArray(String[]::new)));
    }

    Sereno sereno() {
        return bean(Sereno.class);
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HTTP.send(request(path), HttpResponse.BodyHandlers.ofString());
    }

    CompletableFuture<HttpResponse<String>> begin(String path) {
        return HTTP.sendAsync(request(path), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String path) {
        String port = context.getEnvironment().getRequiredProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
    }

    @Override
    public void close() {
        context.close();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        Slow slow(Sereno sereno) {
            return new Slow(sereno);
        }
    }

    /** A request that lasts until the test lets it end, and needs the client then. */
    @RestController
    static class Slow {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch mayEnd = new CountDownLatch(1);
        private final Sereno sereno;

        Slow(Sereno sereno) {
            this.sereno = sereno;
        }

        @GetMapping("/slow")
        Map<String, Long> visit() throws InterruptedException {
            begun.countDown();
            mayEnd.await();
            return Map.of("visits", sereno.counter("visits").incrementAndGet());
        }
    }
}
