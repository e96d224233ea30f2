package io.sereno.backend.zookeeper;

import io.sereno.testservers.LoggedOutage;
import io.sereno.testservers.ZooKeeperServer;
import java.util.List;

class LoggingTest extends LoggedOutage {
    LoggingTest() {
        super(
                "zookeeper",
                "WARNING the password of user 'app' goes to ZooKeeper over a connection that is not encrypted;"
                        + " zookeepers: encrypts it");
    }

    @Override
    protected List<String> outage(boolean ends) throws Exception {
        return killed(ends, List.of("slf4j-simple"), "-Dslf4j.internal.verbosity=ERROR");
    }

    @Override
    protected List<String> outageForDebugging() throws Exception {
        return killed(true, List.of(), "-Dorg.slf4j.simpleLogger.defaultLogLevel=debug", "FINE");
    }

    private static List<String> killed(boolean ends, List<String> leftOut, String option, String... level)
            throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            String uri = "zookeeper://app:" + PASSWORD + "@" + server.authority() + "/billing";
            return log(server::kill, ends ? server::restart : null, leftOut, List.of(option), uri, level);
        }
    }
}
