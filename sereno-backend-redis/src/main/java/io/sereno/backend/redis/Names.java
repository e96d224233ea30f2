package io.sereno.backend.redis;

import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.DefaultAddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;

/** How host names are looked up. */
final class Names {
    private Names() {}

    /** By Netty's own DNS client; if netty-resolver-dns is missing, by the JDK, which blocks a thread meanwhile. */
    static AddressResolverGroup<?> lookedUpBy(SocketKind sockets) {
        return ClientVersions.hasClass("io.netty.resolver.dns.DnsNameResolverChannelStrategy")
                ? NettyDns.over(sockets)
                : DefaultAddressResolverGroup.INSTANCE;
    }

    /** Loaded only if netty-resolver-dns is on the class path: Lettuce 6 does not bring it. */
    private static final class NettyDns {
        /**
         * Looks up names with one socket for each query. By default each thread has one socket for all queries, even if
         * there is no name to look up. If that socket fell silent, all later queries would fail. A thread that is ended
         * while at work (without a quiet period) would leave its socket open.
         */
        static AddressResolverGroup<?> over(SocketKind sockets) {
            return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                    .datagramChannelType(sockets.datagrams())
                    .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                    // For answers that are too long for a datagram.
                    .socketChannelType(sockets.streams()));
        }
    }
}
