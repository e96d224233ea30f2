package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Backends over the {@link ClientResources} of an application. */
class RedisBackendsTest extends OneServerTest {
    private final ClientResources resources =
            closing(new Ending(DefaultClientResources.create())).resources();

    private record Ending(ClientResources resources) implements AutoCloseable {
        @Override
        public void close() {
            resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @Test
    void anApplicationNamesTheStoreByUriAndGivesItsResources() throws Exception {
        String uri = "redis://127.0.0.1:" + server().endpoints().get(0).getPort() + "/" + namespace;
        try (Sereno sereno = Sereno.builder()
                        .uri(uri)
                        .opener(config -> RedisBackends.open(config, resources))
                        .connect();
                Grant grant = sereno.mutex("close-month")
                        .tryAcquire(Duration.ofSeconds(5))
                        .orElseThrow()) {
            assertThat(grant.isHeld()).isTrue();
        }
    }

    @Test
    void theResourcesOutliveTheBackend() {
        RedisURI address =
                RedisURI.create("127.0.0.1", server().endpoints().get(0).getPort());
        try (RedisClient applications = RedisClient.create(resources, address)) {
            var connection = applications.connect();
            try (Backend backend = RedisBackends.open(config(), resources)) {
                assertThat(put(backend, "d", "a", "1")).isPositive();
            }
            assertThat(connection.sync().ping()).isEqualTo("PONG");
            try (Backend backend = RedisBackends.open(config(), resources)) {
                assertThat(names(backend, "d")).containsExactly("a");
            }
        }
    }

    /** Without a native transport that loads, the client allocates threads itself, and has to give them back. */
    @Test
    void threadsOfTheJdksSocketsGoBackToTheResources() {
        SocketKind sockets = new SocketKind(NioSocketChannel.class, NioDatagramChannel.class, false);
        JdkSocketsClient first = (JdkSocketsClient) sockets.client(resources);
        first.shutdown(0, 2, TimeUnit.SECONDS);
        assertThat(first.threads().isShuttingDown()).isTrue();
    }

    @Test
    void resourcesThatAreShutDownAreRefusedBeforeAnyRequest() {
        resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        assertThatThrownBy(() -> RedisBackends.open(config().at(List.of()), resources))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the ClientResources are shut down; resources that are in use until the backend is closed are accepted");
    }

    @Test
    void theConfigurationOfAnotherStoreIsRefused() {
        Opened redis = config();
        Opened etcd = new Opened(
                "etcd",
                redis.endpoints(),
                redis.namespace(),
                Map.of(),
                redis.user(),
                redis.password(),
                redis.trust(),
                redis.certificates(),
                redis.privateKey(),
                redis.connectTimeout(),
                redis.operationTimeout(),
                redis.time(),
                redis.executor());
        assertThatThrownBy(() -> RedisBackends.open(etcd, resources))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the scheme is etcd, which is another store; redis and rediss are accepted");
    }

    @Test
    void aCallUnderWayWhenTheResourcesEndEndsInItsTime() {
        Backend backend =
                closing(RedisBackends.open(config().within(Duration.ofSeconds(5), Duration.ofSeconds(2)), resources));
        resources.shutdown(0, 0, TimeUnit.SECONDS).awaitUninterruptibly();
        assertThat(failure(
                        backend.commit(Commit.to("d").put("a", Bytes.utf8("1")).build())))
                .hasMessageContaining("Redis");
    }
}
