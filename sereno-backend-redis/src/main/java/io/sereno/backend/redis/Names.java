package io.sereno.backend.redis;

import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.DefaultAddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;

/** How the names of hosts are looked up. */
final class Names {
    private Names() {}

    /** By Netty's own questions to the name servers; by the JDK, which blocks a thread meanwhile, where netty-resolver-dns is lacking. */
    static AddressResolverGroup<?> lookedUpBy(SocketKind sockets) {
        return ClientVersions.hasClass("io.netty.resolver.dns.DnsNameResolverChannelStrategy")
                ? Questions.over(sockets)
                : DefaultAddressResolverGroup.INSTANCE;
    }

    /** Loaded only where netty-resolver-dns is there: Lettuce 6 does not bring it. */
    private static final class Questions {
        /**
         * Looks names up with a socket for each question. By default each thread has one of its own for that, also where there is no name to
         * look up; one that fell silent would fail all questions for good, and a thread that is told to end while it is at work (without a
         * quiet period) ends without closing what it has open.
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
