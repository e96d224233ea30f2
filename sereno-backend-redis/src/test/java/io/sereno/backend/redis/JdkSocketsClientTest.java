package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The client that is taken where a native transport does not load; sereno-combinations has class paths where that is so. */
class JdkSocketsClientTest extends OneServerTest {
    @Test
    void itConnectsByNameAndItsThreadsEndWithTheResources() throws Exception {
        SocketKind sockets = new SocketKind(NioSocketChannel.class, NioDatagramChannel.class, false);
        ClientResources resources = DefaultClientResources.builder()
                .addressResolverGroup(Names.lookedUpBy(sockets))
                .build();
        EventLoopGroup threads;
        try (RedisClient client = sockets.client(resources)) {
            assertThat(client).isInstanceOf(JdkSocketsClient.class);
            threads = ((JdkSocketsClient) client).threads();
            for (int i = 0; i < 3; i++) {
                StatefulRedisConnection<String, String> connection = client.connect(io.lettuce.core.RedisURI.create(
                        "localhost", server().endpoints().get(0).getPort()));
                assertThat(connection.sync().ping()).isEqualTo("PONG");
                connection.close();
            }
        }
        assertThat(resources.shutdown(0, 2, TimeUnit.SECONDS).get()).isTrue();
        assertThat(threads.isTerminated()).isTrue();
    }

    @Test
    void thisClassPathHasNoNativeTransportSoLettucesChoiceIsTheJdks() {
        assertThat(SocketKind.chosen())
                .isEqualTo(new SocketKind(NioSocketChannel.class, NioDatagramChannel.class, true));
    }
}
