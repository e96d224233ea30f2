package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseRevokeResponse;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A server whose answers the test chooses, which a real server does not allow. */
final class StubEtcd implements AutoCloseable {
    private final AtomicInteger transactions = new AtomicInteger();
    private final Semaphore arrivals = new Semaphore(0);
    private final List<StreamObserver<WatchResponse>> watchers = new CopyOnWriteArrayList<>();
    private volatile Status answer = Status.OK;
    private volatile boolean ignoresTransactions;
    private final AtomicInteger probesBeforeReads = new AtomicInteger();
    private final Queue<StreamObserver<RangeResponse>> waitingReads = new ConcurrentLinkedQueue<>();
    private final Server server;

    StubEtcd() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Transactions())
                .addService(new Leases())
                .addService(new Maintenance())
                .addService(new Watching())
                .build()
                .start();
    }

    InetSocketAddress endpoint() {
        return InetSocketAddress.createUnresolved("127.0.0.1", server.getPort());
    }

    /** How transactions end from now on. */
    void answer(Status status) {
        answer = status;
    }

    /** From now on all requests are answered except transactions. */
    void ignoreTransactions() {
        ignoresTransactions = true;
    }

    /** From now on reads of a directory are answered when this many transactions without effect have been answered since. */
    void answerReadsAfter(int probes) {
        probesBeforeReads.set(probes);
    }

    /** Notifies the watchers of a change of a key that they do not watch. */
    void sendForeignEvent() {
        WatchResponse event = WatchResponse.newBuilder()
                .setWatchId(1)
                .addEvents(Event.newBuilder().setKv(KeyValue.newBuilder().setKey(ByteString.copyFromUtf8("x"))))
                .build();
        watchers.forEach(to -> to.onNext(event));
    }

    /** Ends the watchers, as etcd does when their next change was compacted. */
    void compact() {
        WatchResponse compacted = WatchResponse.newBuilder()
                .setWatchId(1)
                .setCanceled(true)
                .setCompactRevision(7)
                .build();
        watchers.forEach(to -> to.onNext(compacted));
    }

    /** Those that arrived, those without effect not counted. */
    int transactions() {
        return transactions.get();
    }

    /** Waits until this many more have arrived. */
    boolean arrive(int count) throws InterruptedException {
        return arrivals.tryAcquire(count, 10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private static <T> void complete(StreamObserver<T> to, T answer) {
        to.onNext(answer);
        to.onCompleted();
    }

    private final class Transactions extends KVGrpc.KVImplBase {
        @Override
        public void txn(TxnRequest request, StreamObserver<TxnResponse> to) {
            boolean withoutEffect = request.getSuccessList().stream().anyMatch(RequestOp::hasRequestDeleteRange);
            if (!withoutEffect) {
                transactions.incrementAndGet();
                arrivals.release();
            }
            if (ignoresTransactions && !withoutEffect) {
                return;
            }
            if (withoutEffect || answer.isOk()) {
                complete(
                        to,
                        TxnResponse.newBuilder()
                                .setSucceeded(true)
                                .setHeader(ResponseHeader.newBuilder().setRevision(7))
                                .build());
            } else {
                to.onError(answer.asRuntimeException());
            }
            if (withoutEffect && probesBeforeReads.decrementAndGet() == 0) {
                for (StreamObserver<RangeResponse> read = waitingReads.poll();
                        read != null;
                        read = waitingReads.poll()) {
                    complete(read, RangeResponse.getDefaultInstance());
                }
            }
        }

        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> to) {
            waitingReads.add(to);
        }
    }

    /** Renews any lease, as etcd 3.4.23 may do with a revoked one. */
    private static final class Leases extends LeaseGrpc.LeaseImplBase {
        @Override
        public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> to) {
            complete(
                    to,
                    LeaseGrantResponse.newBuilder()
                            .setID(42)
                            .setTTL(request.getTTL())
                            .build());
        }

        @Override
        public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> to) {
            complete(to, LeaseRevokeResponse.getDefaultInstance());
        }

        @Override
        public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> to) {
            return new StreamObserver<>() {
                @Override
                public void onNext(LeaseKeepAliveRequest request) {
                    to.onNext(LeaseKeepAliveResponse.newBuilder()
                            .setID(request.getID())
                            .setTTL(10)
                            .build());
                }

                @Override
                public void onError(Throwable failure) {
                    // The client has ended the stream; nothing else is to be done.
                }

                @Override
                public void onCompleted() {
                    to.onCompleted();
                }
            };
        }
    }

    private final class Watching extends WatchGrpc.WatchImplBase {
        @Override
        public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> to) {
            watchers.add(to);
            return new StreamObserver<>() {
                @Override
                public void onNext(WatchRequest request) {
                    to.onNext(WatchResponse.newBuilder()
                            .setWatchId(1)
                            .setCreated(true)
                            .build());
                }

                @Override
                public void onError(Throwable failure) {
                    watchers.remove(to);
                }

                @Override
                public void onCompleted() {
                    to.onCompleted();
                }
            };
        }
    }

    /** As etcd 3.6 does to users who are not root. */
    private static final class Maintenance extends MaintenanceGrpc.MaintenanceImplBase {
        @Override
        public void status(StatusRequest request, StreamObserver<StatusResponse> to) {
            to.onError(Status.PERMISSION_DENIED.asRuntimeException());
        }
    }
}
