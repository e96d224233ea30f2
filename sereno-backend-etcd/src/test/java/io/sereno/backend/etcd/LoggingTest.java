package io.sereno.backend.etcd;

import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.LoggedOutage;
import java.util.List;

class LoggingTest extends LoggedOutage {
    private static final List<String> LEFT_OUT = List.of("slf4j");

    LoggingTest() {
        super("etcd");
    }

    @Override
    protected List<String> outage(boolean ends) throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            String uri = "etcd://" + server.authority() + "/billing";
            return log(server::kill, ends ? server::restart : null, LEFT_OUT, List.of(), uri);
        }
    }

    /** The server is paused: a restarted one would be slow to check the password. */
    @Override
    protected List<String> outageForDebugging() throws Exception {
        try (EtcdServer server = EtcdServer.start();
                Outsider outsider = new Outsider(server)) {
            new Users(outsider, PASSWORD).switchOn("app", "billing");
            String uri = "etcd://app:" + PASSWORD + "@" + server.authority() + "/billing?connect-timeout=30s";
            return log(server::pause, server::resume, LEFT_OUT, List.of(), uri, "FINE");
        }
    }
}
