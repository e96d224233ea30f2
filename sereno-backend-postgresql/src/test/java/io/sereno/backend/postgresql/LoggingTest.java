package io.sereno.backend.postgresql;

import io.sereno.testservers.LoggedOutage;
import io.sereno.testservers.PostgresServer;
import java.util.List;

class LoggingTest extends LoggedOutage {
    LoggingTest() {
        super("postgresql");
    }

    @Override
    protected List<String> outage(boolean ends) throws Exception {
        return killed(ends);
    }

    @Override
    protected List<String> outageForDebugging() throws Exception {
        return killed(true, "FINE");
    }

    private static List<String> killed(boolean ends, String... level) throws Exception {
        try (PostgresServer server = PostgresServer.start("host all app 127.0.0.1/32 scram-sha-256")) {
            Database.run(server.endpoint(), "create role app login superuser password '" + PASSWORD + "'");
            String uri = "postgresql://app:" + PASSWORD + "@" + server.authority() + "/" + PostgresServer.DATABASE
                    + "?namespace=billing";
            return log(server::kill, ends ? server::restart : null, List.of(), List.of(), uri, level);
        }
    }
}
