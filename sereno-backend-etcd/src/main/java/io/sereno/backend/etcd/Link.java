package io.sereno.backend.etcd;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.net.InetSocketAddress;

/** One connection to one server, until it is replaced. */
final class Link {
    private final InetSocketAddress endpoint;
    private final ManagedChannel channel;
    private volatile long receivedAt;
    private volatile boolean lost;

    Link(InetSocketAddress endpoint, ManagedChannel channel, long now) {
        this.endpoint = endpoint;
        this.channel = channel;
        this.receivedAt = now;
    }

    ManagedChannel channel() {
        return channel;
    }

    InetSocketAddress endpoint() {
        return endpoint;
    }

    String authority() {
        return channel.authority();
    }

    boolean isConnected() {
        return channel.getState(false) == ConnectivityState.READY;
    }

    void received(long now) {
        receivedAt = now;
    }

    /** The connection is lost. A connection that gRPC makes in its place is ignored. */
    void lose() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** Whether the server has been completely silent since then. */
    boolean isSilentSince(long then) {
        return receivedAt - then <= 0;
    }
}
