package io.sereno.backend.etcd;

import io.grpc.Channel;

/** What calls go over, until it is replaced, and when it last carried an answer. */
class Link {
    private final Channel channel;
    private volatile long receivedAt;

    Link(Channel channel, long now) {
        this.channel = channel;
        this.receivedAt = now;
    }

    Channel channel() {
        return channel;
    }

    /** For messages. A channel with several addresses may have none. */
    final String authority() {
        String name = channel.authority();
        return name == null || name.isEmpty() ? "the application's channel" : name;
    }

    final void received(long now) {
        receivedAt = now;
    }

    /** Whether the server has been completely silent since then. */
    final boolean isSilentSince(long then) {
        return receivedAt - then <= 0;
    }
}
