package io.sereno.benchmarks.systems;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.sereno.benchmarks.worker.Peer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** gRPC and etcd's generated stubs alone: what the requests of an operation cost at least. */
public final class RawEtcd implements Peer.Connector {
    @Override
    public Peer connect(Peer.Target target) {
        ManagedChannel channel =
                NettyChannelBuilder.forTarget(target.authority()).usePlaintext().build();
        long lease = LeaseGrpc.newBlockingStub(channel)
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(600).build())
                .getID();
        return new Client(channel, KVGrpc.newFutureStub(channel), lease);
    }

    private static CompletionStage<TxnResponse> stage(ListenableFuture<TxnResponse> call) {
        CompletableFuture<TxnResponse> stage = new CompletableFuture<>();
        Futures.addCallback(
                call,
                new FutureCallback<>() {
                    @Override
                    public void onSuccess(@Nullable TxnResponse response) {
                        stage.complete(response);
                    }

                    @Override
                    public void onFailure(Throwable failure) {
                        stage.completeExceptionally(failure);
                    }
                },
                MoreExecutors.directExecutor());
        return stage;
    }

    private static Compare.Builder revision(ByteString key, Compare.CompareTarget target) {
        return Compare.newBuilder().setKey(key).setTarget(target).setResult(Compare.CompareResult.EQUAL);
    }

    private static RequestOp put(ByteString key, ByteString value, long lease) {
        return RequestOp.newBuilder()
                .setRequestPut(
                        PutRequest.newBuilder().setKey(key).setValue(value).setLease(lease))
                .build();
    }

    private static TxnRequest create(ByteString key, ByteString value, long lease) {
        return TxnRequest.newBuilder()
                .addCompare(revision(key, Compare.CompareTarget.CREATE).setCreateRevision(0))
                .addSuccess(put(key, value, lease))
                .build();
    }

    private record Client(ManagedChannel channel, KVGrpc.KVFutureStub keys, long lease) implements Peer {
        @Override
        public Lock lock(String name) {
            ByteString key = ByteString.copyFromUtf8(name);
            return new Lock() {
                private long held;

                @Override
                public long acquire() throws InterruptedException, ExecutionException {
                    TxnResponse response =
                            keys.txn(create(key, ByteString.EMPTY, lease)).get();
                    if (!response.getSucceeded()) {
                        throw new IllegalStateException("the bare client has no queue");
                    }
                    held = response.getHeader().getRevision();
                    return held;
                }

                @Override
                public void release() throws InterruptedException, ExecutionException {
                    keys.txn(TxnRequest.newBuilder()
                                    .addCompare(revision(key, Compare.CompareTarget.CREATE)
                                            .setCreateRevision(held))
                                    .addSuccess(RequestOp.newBuilder()
                                            .setRequestDeleteRange(DeleteRangeRequest.newBuilder()
                                                    .setKey(key)))
                                    .build())
                            .get();
                    held = 0;
                }

                @Override
                public boolean held() {
                    return held != 0;
                }
            };
        }

        @Override
        public Tally tally(String name) {
            ByteString key = ByteString.copyFromUtf8(name);
            return new Tally() {
                private long sum;
                private long modified;

                @Override
                public boolean add() throws InterruptedException, ExecutionException {
                    TxnResponse response = keys.txn(TxnRequest.newBuilder()
                                    .addCompare(revision(key, Compare.CompareTarget.MOD)
                                            .setModRevision(modified))
                                    .addSuccess(put(key, ByteString.copyFromUtf8(String.valueOf(sum + 1)), 0))
                                    .build())
                            .get();
                    if (response.getSucceeded()) {
                        sum++;
                        modified = response.getHeader().getRevision();
                    }
                    return response.getSucceeded();
                }

                @Override
                public long sum() throws InterruptedException, ExecutionException {
                    return Long.parseLong(
                            keys.range(RangeRequest.newBuilder().setKey(key).build())
                                    .get()
                                    .getKvs(0)
                                    .getValue()
                                    .toStringUtf8());
                }
            };
        }

        @Override
        public Channel channel(String name, int kept) {
            return new Stream(channel, keys, name + "/", new AtomicLong());
        }
    }

    private record Stream(ManagedChannel channel, KVGrpc.KVFutureStub keys, String prefix, AtomicLong next)
            implements Peer.Channel {
        @Override
        public CompletionStage<?> publish(byte[] payload) {
            ByteString key = ByteString.copyFromUtf8(String.format("%s%019d", prefix, next.getAndIncrement()));
            return stage(keys.txn(create(key, ByteString.copyFrom(payload), 0)));
        }

        /** The key after all keys that begin with the prefix, which ends with a slash. */
        private ByteString end() {
            return ByteString.copyFromUtf8(prefix.substring(0, prefix.length() - 1) + "0");
        }

        @Override
        public AutoCloseable subscribe(Consumer<byte[]> listener) throws InterruptedException, ExecutionException {
            CompletableFuture<Void> live = new CompletableFuture<>();
            StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel).watch(new StreamObserver<>() {
                @Override
                public void onNext(WatchResponse response) {
                    if (response.getCreated()) {
                        live.complete(null);
                    }
                    response.getEventsList()
                            .forEach(event ->
                                    listener.accept(event.getKv().getValue().toByteArray()));
                }

                @Override
                public void onError(Throwable failure) {
                    live.completeExceptionally(failure);
                }

                @Override
                public void onCompleted() {
                    live.completeExceptionally(new IllegalStateException("the watch has ended"));
                }
            });
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(prefix))
                            .setRangeEnd(end()))
                    .build());
            live.get();
            return requests::onCompleted;
        }

        @Override
        public void delete() throws InterruptedException, ExecutionException {
            keys.deleteRange(DeleteRangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(prefix))
                            .setRangeEnd(end())
                            .build())
                    .get();
        }
    }
}
