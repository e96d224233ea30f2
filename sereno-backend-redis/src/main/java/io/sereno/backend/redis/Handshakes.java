package io.sereno.backend.redis;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.RedisHandshakeHandler;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.resolver.AddressResolverGroup;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * Ends Lettuce's handshake on a channel that never connected. Lettuce 6 and 7 do not: a timer of each such handshake goes on, and closes
 * the channel again when its time is over. If the client has been closed by then, Netty logs at {@code SEVERE}, with a stack trace, that
 * the channel's thread has ended.
 */
final class Handshakes implements NettyCustomizer {
    private final NettyCustomizer next;

    /** @param next is called for each channel, too */
    Handshakes(NettyCustomizer next) {
        this.next = next;
    }

    @Override
    public void afterChannelInitialized(Channel channel) {
        next.afterChannelInitialized(channel);
        RedisHandshakeHandler handshake = channel.pipeline().get(RedisHandshakeHandler.class);
        if (handshake != null) {
            channel.pipeline().addFirst(new NeverConnected(handshake));
        }
    }

    @Override
    public void afterBootstrapInitialized(Bootstrap bootstrap) {
        next.afterBootstrapInitialized(bootstrap);
    }

    private static final class NeverConnected extends ChannelInboundHandlerAdapter {
        private final RedisHandshakeHandler handshake;

        NeverConnected(RedisHandshakeHandler handshake) {
            this.handshake = handshake;
        }

        /** From here on, Lettuce itself ends the handshake when the channel is closed, and knows the reason. */
        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.pipeline().remove(this);
            context.fireChannelActive();
        }

        @Override
        public void channelUnregistered(ChannelHandlerContext context) {
            handshake
                    .channelInitialized()
                    .toCompletableFuture()
                    .completeExceptionally(new RedisConnectionException("the channel never connected"));
            context.fireChannelUnregistered();
        }
    }

    /**
     * The same resources, with ended handshakes, and with a look-up of names of its own. {@code mutate()} would make resources that
     * Lettuce expects to be shut down.
     */
    static ClientResources over(ClientResources shared, AddressResolverGroup<?> names) {
        NettyCustomizer customizer = new Handshakes(shared.nettyCustomizer());
        return (ClientResources) Proxy.newProxyInstance(
                ClientResources.class.getClassLoader(),
                new Class<?>[] {ClientResources.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "nettyCustomizer" -> customizer;
                    case "addressResolverGroup" -> names;
                    default -> call(shared, method, arguments);
                });
    }

    private static @Nullable Object call(ClientResources shared, Method method, Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(shared, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
