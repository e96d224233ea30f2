package io.sereno.backend.etcd.jetcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.MethodDescriptor;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Passes the calls of jetcd clients on. During a search it looks for the read of a key that is read for this search only, and so learns the
 * channel of that client, and not of another one of the same builder.
 */
final class Tap implements ClientInterceptor {
    private final Set<Search> searches = ConcurrentHashMap.newKeySet();

    /**
     * A search for the channel of one client.
     *
     * @param key that the client is asked for
     * @param found the channel below this interceptor
     */
    record Search(ByteString key, CompletableFuture<Channel> found) {}

    Search search() {
        Search search =
                new Search(ByteString.copyFromUtf8("sereno-bridge-" + UUID.randomUUID()), new CompletableFuture<>());
        searches.add(search);
        return search;
    }

    void end(Search search) {
        searches.remove(search);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        ClientCall<Q, A> call = next.newCall(method, options);
        boolean read = method.getFullMethodName().equals(KVGrpc.getRangeMethod().getFullMethodName());
        return !read || searches.isEmpty() ? call : new Read<>(call, next);
    }

    private final class Read<Q, A> extends SimpleForwardingClientCall<Q, A> {
        private final Channel next;
        private boolean seen;

        Read(ClientCall<Q, A> call, Channel next) {
            super(call);
            this.next = next;
        }

        @Override
        public void sendMessage(Q message) {
            super.sendMessage(message);
            if (message instanceof RangeRequest range) {
                for (Search search : searches) {
                    // A client with a namespace puts it before the key.
                    seen |= range.getKey().endsWith(search.key())
                            && search.found().complete(next);
                }
            }
        }

        /** Nobody waits for the answer, which without a server would never come. */
        @Override
        public void halfClose() {
            super.halfClose();
            if (seen) {
                cancel("Sereno has seen the channel", null);
            }
        }
    }
}
