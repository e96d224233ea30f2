package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * The kind of sockets that a client uses: those that Lettuce chooses, which are native ones if it finds them, or those of the JDK if the
 * native ones do not load. Other libraries, such as the ZooKeeper client, bring native transports of other Netty versions to the class path.
 */
record SocketKind(
        Class<? extends SocketChannel> streams, Class<? extends DatagramChannel> datagrams, boolean lettucesOwn) {
    private static final Logger LOG = System.getLogger(SocketKind.class.getName());

    /** Decided once: native code either loads or does not, for the life of the process. */
    static SocketKind chosen() {
        return Chosen.SOCKETS;
    }

    RedisClient client(ClientResources resources) {
        return lettucesOwn ? RedisClient.create(resources) : new JdkSocketsClient(resources);
    }

    private static final class Chosen {
        static final SocketKind SOCKETS = choose();
    }

    private static SocketKind choose() {
        try {
            Class<? extends SocketChannel> streams =
                    Transports.socketChannelClass().asSubclass(SocketChannel.class);
            if (streams != NioSocketChannel.class) {
                // Only creating threads for them shows whether they load.
                var unused = DefaultEventLoopGroupProvider.createEventLoopGroup(Transports.eventLoopGroupClass(), 1)
                        .shutdownGracefully(0, 0, TimeUnit.SECONDS);
            }
            return new SocketKind(streams, Transports.datagramChannelClass(), true);
        } catch (LinkageError e) {
            LOG.log(Level.DEBUG, "the native transport on the class path does not load; the JDK's sockets are used", e);
            return new SocketKind(NioSocketChannel.class, NioDatagramChannel.class, false);
        }
    }
}
