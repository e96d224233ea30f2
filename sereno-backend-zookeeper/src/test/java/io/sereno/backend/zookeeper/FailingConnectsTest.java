package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.testservers.FailingConnects;
import io.sereno.testservers.Identity;
import io.sereno.testservers.TestServer;
import io.sereno.testservers.ZooKeeperEnsemble;
import io.sereno.testservers.ZooKeeperServer;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;

class FailingConnectsTest extends FailingConnects {
    FailingConnectsTest() {
        super("zookeeper", "org.apache.zookeeper.proto.ConnectRequest");
    }

    @Override
    protected TestServer start() {
        return ZooKeeperServer.start();
    }

    @Override
    protected TestServer startEncrypted(Identity identity) {
        return ZooKeeperServer.startWithTls(
                "ssl.keyStore.location=" + identity.both(), "ssl.keyStore.type=PEM", "ssl.clientAuth=none");
    }

    @Override
    protected InetSocketAddress secureEndpoint(TestServer encrypted) {
        return ((ZooKeeperServer) encrypted).secureEndpoint();
    }

    /** ZooKeeper accepts any user; the nodes of one user are closed to others. */
    @Override
    protected TestServer startWithUser() {
        return ZooKeeperServer.start();
    }

    /** Each session logs in with the current password; the nodes stored here are open. */
    @Test
    void aChangedPasswordIsUsedByEachNewSession() throws InterruptedException {
        AtomicInteger asked = new AtomicInteger();
        try (TestServer server = startWithUser();
                Sereno sereno = Sereno.builder()
                        .uri("zookeeper://" + server.authority() + "/own?acl=open")
                        .credentials(USER, () -> ("horse-" + asked.incrementAndGet()).toCharArray())
                        .connect()) {
            sereno.mutex("orders").acquire().close();
            assertThat(asked.get()).isGreaterThan(1);
        }
    }

    @Override
    protected void withoutQuorum(Consumer<String> test) {
        try (ZooKeeperEnsemble ensemble = ZooKeeperEnsemble.start(3)) {
            ensemble.members().get(1).kill();
            ensemble.members().get(2).kill();
            test.accept(ensemble.members().get(0).authority() + "/ns");
        }
    }

    @Override
    protected void writeNewerLayout(TestServer server) throws Exception {
        ZooKeeper outsider = new ZooKeeper(server.authority(), 10_000, event -> {});
        try {
            outsider.setData(new Paths("newer").clock(), "sereno/2\n".getBytes(UTF_8), -1);
        } finally {
            outsider.close();
        }
    }
}
