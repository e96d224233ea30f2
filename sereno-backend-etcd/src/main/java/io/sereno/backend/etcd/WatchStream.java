package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.WatchCancelRequest;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One etcd stream that carries any number of watchers. It lives as long as its connection. Its watchers are created again
 * on the next stream and start there at that time: no watcher is resumed at a revision, which etcd may have forgotten.
 *
 * <p>Guarded by the state of {@link Watches}, which calls this class. gRPC calls {@link #onMessage} and {@link #onClose},
 * one at a time; they first go to {@link Watches}.
 */
final class WatchStream extends ClientCall.Listener<WatchResponse> {
    /** The id of a watcher that etcd did not create. */
    private static final long NONE = -1;

    private final Watches watches;
    private final Link link;
    private final Optional<String> token;
    private final ClientCall<WatchRequest, WatchResponse> call;

    /**
     * Watchers that were requested and not answered. etcd answers in order, and jetcd's requests have no id to match
     * them by.
     */
    private final Queue<Watched> asked = new ArrayDeque<>();

    private final Map<Long, Watched> live = new HashMap<>();

    WatchStream(Watches watches, Link link, Optional<String> token, Executor threads) {
        this.watches = watches;
        this.link = link;
        this.token = token;
        this.call = link.channel().newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT.withExecutor(threads));
    }

    void start() {
        call.start(this, Calls.headers(token));
        more();
    }

    /** Requests the next message. Not after this client was closed, when nobody would read it. */
    void more() {
        call.request(1);
    }

    void end(String why) {
        call.cancel(why, null);
    }

    Link link() {
        return link;
    }

    Optional<String> token() {
        return token;
    }

    /** Creates a watcher that starts now: with a start in the past etcd delivers in rounds of 100 ms. */
    void create(Watched watched, ByteString first, Optional<ByteString> end) {
        WatchCreateRequest.Builder create = WatchCreateRequest.newBuilder().setKey(first);
        end.ifPresent(create::setRangeEnd);
        asked.add(watched);
        call.sendMessage(WatchRequest.newBuilder().setCreateRequest(create).build());
    }

    void cancel(long id) {
        call.sendMessage(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
    }

    @Override
    public void onMessage(WatchResponse response) {
        watches.received(this, response);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        watches.ended(this, status);
    }

    /** The watcher that this answer is about. Records its id if it is live now. */
    @Nullable
    Watched answered(WatchResponse response) {
        Watched watched = asked.poll();
        if (watched != null && !isRefusal(response)) {
            live.put(response.getWatchId(), watched);
        }
        return watched;
    }

    /** Whether etcd has answered all requests for watchers. */
    boolean isAnswered() {
        return asked.isEmpty();
    }

    static boolean isRefusal(WatchResponse response) {
        return response.getCreated() && (response.getCanceled() || response.getWatchId() == NONE);
    }

    @Nullable
    Watched live(long id) {
        return live.get(id);
    }

    @Nullable
    Watched cancelled(long id) {
        return live.remove(id);
    }
}
