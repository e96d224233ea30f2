package io.sereno.backend.etcd;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.net.InetSocketAddress;

/** One connection to one server, until it is replaced. */
final class OwnLink extends Link {
    private final InetSocketAddress endpoint;
    private final ManagedChannel channel;
    private volatile boolean lost;

    OwnLink(InetSocketAddress endpoint, ManagedChannel channel, long now) {
        super(channel, now);
        this.endpoint = endpoint;
        this.channel = channel;
    }

    @Override
    ManagedChannel channel() {
        return channel;
    }

    InetSocketAddress endpoint() {
        return endpoint;
    }

    boolean isConnected() {
        return channel.getState(false) == ConnectivityState.READY;
    }

    /** The connection is lost. A connection that gRPC makes in its place is ignored. */
    void lose() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }
}
