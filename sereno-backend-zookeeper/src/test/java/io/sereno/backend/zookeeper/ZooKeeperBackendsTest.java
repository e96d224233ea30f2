package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.client.ZKClientConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Backends that are opened from a {@code CuratorFramework} of an application. */
@Tag("servers")
@Timeout(120)
class ZooKeeperBackendsTest {
    private static ZooKeeperServer server;

    private final String namespace = "test-" + UUID.randomUUID();

    @BeforeAll
    static void startServer() {
        server = ZooKeeperServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void serversChrootAndNamespaceAreThoseOfTheCuratorFramework() throws Exception {
        try (CuratorFramework curator = Curators.start(server.authority() + "/" + namespace);
                Backend backend = ZooKeeperBackends.open(curator.usingNamespace("app"), "billing");
                Sereno sereno = Sereno.over(backend);
                Grant grant = sereno.mutex("close-month")
                        .tryAcquire(Duration.ofSeconds(5))
                        .orElseThrow()) {
            assertThat(grant.isHeld()).isTrue();
            assertThat(curator.checkExists().forPath("/app/billing/=lock%2Fclose-month"))
                    .isNotNull();
        }
    }

    @Test
    void theCuratorFrameworkOutlivesTheBackendAndTheBackendOutlivesIt() throws Exception {
        CuratorFramework curator = Curators.start(server.authority());
        try (Backend backend = ZooKeeperBackends.open(curator, namespace);
                Sereno sereno = Sereno.over(backend)) {
            ZooKeeperBackends.open(curator, namespace).close();
            assertThat(curator.checkExists().forPath("/")).isNotNull();
            curator.close();
            assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
        }
    }

    /** An application that loses its session does not lose its locks. */
    @Test
    void theSessionOfTheCuratorFrameworkHasNoEffectOnLeases() throws Exception {
        try (CuratorFramework curator = Curators.start(server.authority());
                Backend backend = ZooKeeperBackends.open(curator, namespace);
                Sereno sereno = Sereno.over(backend);
                Grant grant =
                        sereno.mutex("m").tryAcquire(Duration.ofSeconds(5)).orElseThrow()) {
            assertThat(curator.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
            var lost = new CompletableFuture<Boolean>();
            curator.getConnectionStateListenable().addListener((client, state) -> {
                if (state == ConnectionState.LOST) {
                    lost.complete(true);
                }
            });
            curator.getZookeeperClient().getZooKeeper().getTestable().injectSessionExpiration();
            assertThat(lost.get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(grant.isHeld()).isTrue();
            assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
        }
    }

    @Test
    void oneThatIsNotStartedOrIsClosedIsRefused() {
        CuratorFramework curator = CuratorFrameworkFactory.newClient(server.authority(), new RetryNTimes(0, 0));
        assertThatThrownBy(() -> ZooKeeperBackends.open(curator))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the CuratorFramework is not started; one that is started, and open while the backend is"
                        + " opened, is accepted");
        curator.start();
        curator.close();
        assertThatThrownBy(() -> ZooKeeperBackends.open(curator))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the CuratorFramework is closed");
    }

    @Test
    void oneWithTlsIsRefused() {
        ZKClientConfig tls = new ZKClientConfig();
        tls.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        tls.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        try (CuratorFramework curator = CuratorFrameworkFactory.builder()
                .connectString(server.authority())
                .retryPolicy(new RetryNTimes(0, 0))
                .zkClientConfig(tls)
                .build()) {
            curator.start();
            assertThatThrownBy(() -> ZooKeeperBackends.open(curator))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("uses TLS")
                    .hasMessageContaining("zookeepers://");
        }
    }

    @Test
    void namespacesTogetherHaveOneLimit() {
        try (CuratorFramework curator = Curators.start(server.authority())) {
            assertThatThrownBy(() -> ZooKeeperBackends.open(curator.usingNamespace("n".repeat(40)), "m".repeat(24)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("64");
        }
    }

    @Test
    void theServerOfAnotherStoreIsNamed() {
        try (RedisServer redis = RedisServer.start(Persistence.NONE);
                CuratorFramework curator = Curators.start(redis.authority())) {
            assertThatThrownBy(() -> ZooKeeperBackends.open(curator))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("ZooKeeper")
                    .satisfies(thrown ->
                            assertThat(((BackendException) thrown).permanent()).isTrue());
        }
    }
}
