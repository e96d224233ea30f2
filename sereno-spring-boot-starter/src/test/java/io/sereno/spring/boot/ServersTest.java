package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.TestServer;
import io.sereno.testservers.ZooKeeperServer;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Applications over real servers, which are killed. */
@Tag("servers")
@ExtendWith(OutputCaptureExtension.class)
class ServersTest {
    private static final long PATIENCE_SECONDS = 60;

    @Test
    @Tag("etcd")
    void anApplicationSurvivesTheDeathOfEtcdAndShowsIt() throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            survives(server, "etcd://" + server.authority() + "/billing");
        }
    }

    @Test
    @Tag("redis")
    void anApplicationSurvivesTheDeathOfRedisAndShowsIt() throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS)) {
            survives(server, "redis://" + server.authority() + "/billing");
        }
    }

    @Test
    @Tag("zookeeper")
    void anApplicationSurvivesTheDeathOfZooKeeperAndShowsIt() throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            survives(server, "zookeeper://" + server.authority() + "/billing");
        }
    }

    @Test
    @Tag("postgresql")
    void anApplicationSurvivesTheDeathOfPostgreSqlAndShowsIt() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            survives(
                    server,
                    "postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/" + PostgresServer.DATABASE
                            + "?namespace=billing");
        }
    }

    private static void survives(TestServer server, String uri) throws Exception {
        try (WebApplication application = WebApplication.start(uri, "sereno.session-ttl=2s", "sereno.node-id=ada")) {
            Sereno sereno = application.sereno();
            try (Grant grant = sereno.mutex("month").acquire()) {
                assertThat(grant.isHeld()).isTrue();
            }
            assertHealth(application, 200, "UP", SessionState.CONNECTED);
            assertThat(application.get("/actuator/health").body()).contains("\"node\":\"ada\"");

            server.kill();
            await(sereno, SessionState.EXPIRED);
            assertHealth(application, 503, "DOWN", SessionState.EXPIRED);
            assertThat(application.get("/actuator/health/liveness").statusCode())
                    .isEqualTo(200);
            assertThat(application.get("/actuator/health/readiness").statusCode())
                    .isEqualTo(200);

            server.restart();
            await(sereno, SessionState.CONNECTED);
            assertHealth(application, 200, "UP", SessionState.CONNECTED);
            try (Grant grant = sereno.mutex("month").acquire()) {
                assertThat(grant.isHeld()).isTrue();
            }
        }
    }

    private static void assertHealth(WebApplication application, int status, String health, SessionState session)
            throws Exception {
        HttpResponse<String> response = application.get("/actuator/health/sereno");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains("\"status\":\"" + health + "\"", "\"session\":\"" + session + "\"");
    }

    /** Returns at the first report of the state. */
    private static void await(Sereno sereno, SessionState state) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (AutoCloseable reports = sereno.onSessionState(now -> {
            if (now == state) {
                seen.countDown();
            }
        })) {
            assertThat(seen.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as(state + " through " + reports)
                    .isTrue();
        }
    }

    @Test
    @Tag("redis")
    void anApplicationThatMayStartBeforeItsStoreWaitsForIt(CapturedOutput output) throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS);
                SessionLog log = new SessionLog("retrying for up to PT1M")) {
            server.kill();
            CompletableFuture<WebApplication> start = CompletableFuture.supplyAsync(() ->
                    WebApplication.start("redis://" + server.authority() + "/billing", "sereno.connect-retry=60s"));
            assertThat(log.written.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(start).isNotDone();
            server.restart();
            try (WebApplication application = start.get(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                assertThat(application.sereno().counter("visits").incrementAndGet())
                        .isEqualTo(1);
            }
        }
        // The bridge of Spring Boot carries what Sereno logs.
        assertThat(output).containsPattern("WARN .*io.sereno.session.*retrying for up to PT1M");
    }

    @Test
    @Tag("redis")
    void anApplicationWithoutAStoreFailsFastAndSaysWhatToDo(CapturedOutput output) {
        String uri;
        try (RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS)) {
            uri = "redis://" + server.authority() + "/billing";
        }
        assertThatThrownBy(() -> WebApplication.start(uri)).rootCause().isNotNull();
        assertThat(output)
                .contains("APPLICATION FAILED TO START", "no connection to " + uri, "set sereno.connect-retry")
                .doesNotContain("connectTimeout(...)");
    }

    /** Counts down when the logger of sessions writes a text. */
    private static final class SessionLog extends Handler implements AutoCloseable {
        final CountDownLatch written = new CountDownLatch(1);
        private final Logger logger = Logger.getLogger("io.sereno.session");
        private final String text;

        SessionLog(String text) {
            this.text = text;
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord record) {
            if (record.getMessage().contains(text)) {
                written.countDown();
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
        }
    }
}
