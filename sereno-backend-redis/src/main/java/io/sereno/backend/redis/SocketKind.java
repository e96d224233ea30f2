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
 * The kind of sockets that a client has: those that Lettuce chooses, which are native ones where it finds them, or those of the JDK where the
 * native ones do not load. Other libraries bring native transports of other versions of Netty to the class path: the ZooKeeper client does.
 */
record SocketKind(
        Class<? extends SocketChannel> streams, Class<? extends DatagramChannel> datagrams, boolean lettucesOwn) {
    private static final Logger LOG = System.getLogger(SocketKind.class.getName());

    /** Decided once: native code loads or does not, for the life of the process. */
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
                // Only making threads for them shows that they load.
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
