package io.sereno.backend.redis;

import io.sereno.testservers.LoggedOutage;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.util.List;

class LoggingTest extends LoggedOutage {
    LoggingTest() {
        super(
                "redis",
                "WARNING the password of user 'app' goes to Redis over a connection that is not encrypted; rediss: encrypts it");
    }

    @Override
    protected List<String> outage() throws Exception {
        return killed();
    }

    @Override
    protected List<String> outageForDebugging() throws Exception {
        return killed("FINE");
    }

    private static List<String> killed(String... level) throws Exception {
        String user = "user app on >" + PASSWORD + " ~* &* +@all";
        try (RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS, user)) {
            String uri = "redis://app:" + PASSWORD + "@" + server.authority() + "/billing";
            return log(server::kill, server::restart, List.of("slf4j"), List.of(), uri, level);
        }
    }
}
