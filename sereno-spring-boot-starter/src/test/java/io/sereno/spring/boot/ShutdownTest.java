package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LeaderElection;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShutdownTest {
    /** Ends a test that fails; nothing waits for it otherwise. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void anotherProcessLeadsWhileThisOneStillAnswersARequest() throws Exception {
        String store = "memory:/" + UUID.randomUUID();
        try (WebApplication ada = WebApplication.start(store);
                WebApplication ben = WebApplication.start(store)) {
            LeaderElection adas =
                    ada.sereno().withNamespace("eu").election("reports").start();
            adas.awaitLeadership();
            LeaderElection bens =
                    ben.sereno().withNamespace("eu").election("reports").start();
            WebApplication.Slow slow = ada.bean(WebApplication.Slow.class);
            CompletableFuture<HttpResponse<String>> response = ada.begin("/slow");
            slow.begun.await();

            CompletableFuture<Void> stop = CompletableFuture.runAsync(ada::close);
            assertThat(bens.awaitLeadership(PATIENCE)).isPresent();
            assertThat(adas.state()).isEqualTo(LeaderElection.State.CLOSED);
            assertThat(response).isNotDone();
            assertThat(stop).isNotDone();

            slow.mayEnd.countDown();
            assertThat(response.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).body())
                    .isEqualTo("{\"visits\":1}");
            stop.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }
}
