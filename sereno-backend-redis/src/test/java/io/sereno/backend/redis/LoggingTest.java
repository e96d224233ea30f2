package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timer;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.testservers.ApplicationProcess;
import io.sereno.testservers.LoggedOutage;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoggingTest extends LoggedOutage {
    LoggingTest() {
        super(
                "redis",
                "WARNING the password of user 'app' goes to Redis over a connection that is not encrypted; rediss: encrypts it");
    }

    @Override
    protected List<String> outage(boolean ends) throws Exception {
        return killed(ends);
    }

    @Override
    protected List<String> outageForDebugging() throws Exception {
        return killed(true, "FINE");
    }

    /** Lettuce closes the channel of each attempt a second time when the attempt's time is over, in a thread that has ended by then. */
    @Test
    void anAttemptThatWasRefusedLeavesNoLineAfterTheClientIsClosed() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        try (ApplicationProcess application = ApplicationProcess.start(
                Refused.class, List.of("slf4j"), List.of(), "redis://127.0.0.1:" + free + "/billing")) {
            application.await("refused");
            assertThat(application.end()).isEmpty();
        }
    }

    /** Has the timer and the threads of Lettuce for longer than Sereno's client. */
    static final class Refused {
        private static final Duration ATTEMPT = Duration.ofMillis(500);

        private Refused() {}

        public static void main(String[] arguments) throws Exception {
            Timer timer = new HashedWheelTimer();
            ClientResources resources =
                    DefaultClientResources.builder().timer(timer).build();
            try {
                Sereno.builder()
                        .uri(arguments[0])
                        .connectTimeout(ATTEMPT)
                        .opener(config -> RedisBackends.open(config, resources))
                        .connect();
            } catch (NotAppliedException e) {
                System.out.println("refused");
            }
            CountDownLatch attemptIsOver = new CountDownLatch(1);
            timer.newTimeout(over -> attemptIsOver.countDown(), 2 * ATTEMPT.toMillis(), TimeUnit.MILLISECONDS);
            attemptIsOver.await();
            resources.shutdown().get();
            timer.stop();
        }
    }

    private static List<String> killed(boolean ends, String... level) throws Exception {
        String user = "user app on >" + PASSWORD + " ~* &* +@all";
        try (RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS, user)) {
            String uri = "redis://app:" + PASSWORD + "@" + server.authority() + "/billing";
            return log(server::kill, ends ? server::restart : null, List.of("slf4j"), List.of(), uri, level);
        }
    }
}
