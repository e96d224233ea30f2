package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import java.net.http.HttpResponse;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class EndpointTest {
    @Test
    void itShowsWhatThisProcessHoldsLeadsAndAwaits() throws Exception {
        try (WebApplication application = WebApplication.start("memory:", "sereno.node-id=ada")) {
            assertThat(application.get("/actuator/sereno").body())
                    .contains(
                            "\"backend\":\"memory\"",
                            "\"node\":\"ada\"",
                            "\"session\":\"CONNECTED\"",
                            "\"sessionRemainingMillis\":",
                            "\"holds\":[]",
                            "\"leads\":[]",
                            "\"awaits\":[]");
            LeaderElection election = application.sereno().election("reports").start();
            election.awaitLeadership();
            Grant month = application.sereno().mutex("month").acquire();
            Grant busy = application.sereno().mutex("busy").acquire();
            CompletableFuture<Grant> waits = application.sereno().mutex("busy").acquireAsync();
            assertThat(application.get("/actuator/sereno").body())
                    .contains(
                            "\"holds\":[{\"recipe\":\"mutex\",\"name\":\"busy\",\"count\":1},{\"recipe\":\"mutex\",\"name\":\"month\",\"count\":1}]",
                            "\"leads\":[{\"recipe\":\"election\",\"name\":\"reports\",\"count\":1}]",
                            "\"awaits\":[{\"recipe\":\"mutex\",\"name\":\"busy\",\"count\":1}]");
            busy.close();
            waits.join().close();
            month.close();
            election.close();
            assertThat(application.get("/actuator/sereno").body())
                    .contains("\"holds\":[]", "\"leads\":[]", "\"awaits\":[]");
        }
    }

    @Test
    void itShowsWhatAllProcessesHaveOfOneKind() throws Exception {
        String store = "memory:/" + UUID.randomUUID();
        try (WebApplication application = WebApplication.start(store, "sereno.node-id=ada");
                Sereno ben = Sereno.builder().uri(store).nodeId("ben").connect()) {
            assertThat(application.get("/actuator/sereno/lock").body()).isEqualTo("{\"resources\":[],\"more\":false}");
            Grant month = ben.mutex("month").acquire();
            CompletableFuture<Grant> waits = application.sereno().mutex("month").acquireAsync();
            Grant abroad = ben.withNamespace("eu").mutex("month").acquire();
            while (ben.operator()
                    .queue(Kind.LOCK, "month")
                    .orElseThrow()
                    .waiters()
                    .isEmpty()) {
                assertThat(waits).isNotDone();
            }
            assertThat(application.get("/actuator/sereno/lock").body())
                    .containsPattern("\\{\"namespace\":\\[],\"name\":\"month\","
                            + "\"holds\":\\[\\{\"node\":\"ben\",\"host\":\"[^\"]+\",\"since\":\"20[^\"]+Z\",\"firstToken\":\\d+}],"
                            + "\"awaits\":\\[\\{\"node\":\"ada\",")
                    .contains("{\"namespace\":[\"eu\"],\"name\":\"month\",", "\"awaits\":[]}", "\"more\":false");
            month.close();
            waits.join().close();
            abroad.close();

            application.sereno().counter("visits").incrementAndGet();
            assertThat(application.get("/actuator/sereno/counter").body())
                    .isEqualTo("{\"resources\":[{\"namespace\":[],\"name\":\"visits\"}],\"more\":false}");
            for (int number = 1; number <= 100; number++) {
                ben.counter("count-" + number).incrementAndGet();
            }
            assertThat(application.get("/actuator/sereno/counter").body()).contains("\"more\":true");

            HttpResponse<String> unknown = application.get("/actuator/sereno/locks");
            assertThat(unknown.statusCode()).isEqualTo(400);
            assertThat(unknown.body()).contains("accepted are lock, rwlock, ");
        }
    }

    @Test
    void metersAreBoundToTheRegistryOfTheApplication() throws Exception {
        try (WebApplication application = WebApplication.start("memory:")) {
            Grant month = application.sereno().mutex("month").acquire();
            assertThat(application
                            .get("/actuator/metrics/sereno.grants.held?tag=name:month")
                            .body())
                    .contains("\"value\":1.0", "\"backend\"");
            month.close();
        }
    }

    @Test
    void itIsMadeOnlyIfItIsExposed() {
        Contexts.withStarter()
                .withPropertyValues("sereno.uri=memory:")
                .run(context -> assertThat(context).doesNotHaveBean(SerenoEndpoint.class));
        Contexts.withStarter()
                .withPropertyValues("sereno.uri=memory:", "management.endpoints.web.exposure.include=sereno")
                .run(context -> assertThat(context).hasSingleBean(SerenoEndpoint.class));
    }
}
