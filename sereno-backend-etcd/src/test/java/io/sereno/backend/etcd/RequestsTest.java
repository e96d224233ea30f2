package io.sereno.backend.etcd;

import io.sereno.Sereno;
import io.sereno.suite.common.RequestCosts;
import io.sereno.testservers.EtcdServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/**
 * The cost of operations, by etcd's own count of the messages that it has received from all clients: requests, and the
 * watches that are begun and cancelled over a stream.
 */
@Tag("servers")
@Timeout(180)
class RequestsTest extends RequestCosts {
    private static EtcdServer etcd;

    @BeforeAll
    static void start() {
        etcd = EtcdServer.start();
    }

    @AfterAll
    static void stop() {
        etcd.close();
    }

    @Override
    protected Sereno connect() {
        return Sereno.connect("etcd://" + etcd.authority() + "/requests?session-ttl=40s");
    }

    @Override
    protected long counted() {
        return Metrics.of(etcd).received();
    }

    @Override
    protected Path guide() {
        return Path.of("../docs/etcd.md");
    }
}
