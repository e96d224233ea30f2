package io.sereno.backend.etcd;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A channel of the application, which is never shut down here. The channel itself connects, reconnects and chooses a server for each call. So
 * nothing can be replaced; only the watches are opened again when the channel has been silent, perhaps over another server.
 */
final class GivenChannel implements Links {
    private final Channel channel;
    private final TimeSource time;
    private volatile Link current;
    private volatile Consumer<Link> onReplaced = link -> {};

    private final Set<ClientCall<?, ?>> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    GivenChannel(Channel channel, @Nullable CallCredentials credentials, TimeSource time) {
        this.channel = new Following(channel, credentials);
        this.time = time;
        this.current = new Link(this.channel, time.nanoTime());
    }

    @Override
    public void onReplaced(Consumer<Link> listener) {
        onReplaced = listener;
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public Link current() {
        return current;
    }

    @Override
    public boolean failed(Link link) {
        return false;
    }

    @Override
    public void unanswered(Link link, long since) {
        boolean left;
        synchronized (this) {
            left = link == current && link.isSilentSince(since) && !closed;
            if (left) {
                current = new Link(channel, time.nanoTime());
            }
        }
        if (left) {
            onReplaced.accept(link);
        }
    }

    /** Cancels all calls under way. The channel stays open. */
    @Override
    public void close(Duration limit) {
        closed = true;
        underWay.forEach(GivenChannel::end);
    }

    private static void end(ClientCall<?, ?> call) {
        call.cancel("closed", null);
    }

    /** Adds the credentials to each call, and knows the calls under way. */
    private final class Following extends Channel {
        private final Channel given;
        private final @Nullable CallCredentials credentials;

        Following(Channel given, @Nullable CallCredentials credentials) {
            this.given = given;
            this.credentials = credentials;
        }

        @Override
        public String authority() {
            return given.authority();
        }

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            // The channel's own limit may be lower than a listing.
            CallOptions complete = options.withMaxInboundMessageSize(EtcdLimits.MAX_ANSWER_BYTES);
            if (credentials != null) {
                complete = complete.withCallCredentials(credentials);
            }
            return new SimpleForwardingClientCall<>(given.newCall(method, complete)) {
                private volatile boolean ended;

                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    ClientCall<Q, A> call = delegate();
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onClose(Status status, Metadata trailers) {
                                    ended = true;
                                    underWay.remove(call);
                                    super.onClose(status, trailers);
                                }
                            },
                            headers);
                }

                /** Only now the call may be cancelled. The stream of watches, which is never half-closed, is ended by its owner. */
                @Override
                public void halfClose() {
                    super.halfClose();
                    underWay.add(delegate());
                    if (ended) {
                        underWay.remove(delegate());
                    } else if (closed) {
                        end(delegate());
                    }
                }
            };
        }
    }
}
