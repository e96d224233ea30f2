package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.LeaderElection;
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
