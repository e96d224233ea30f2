package io.sereno.backend.etcd;

import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.sereno.spi.BackendException;
import io.sereno.spi.Lease;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** An etcd lease. It is renewed only on request. */
final class EtcdLease implements Lease {
    /**
     * etcd renews leases over a stream and answers its requests in order. With one request per stream, a renewal is a
     * call like any other: it has a timeout, and answers need not be matched to requests.
     */
    private static final MethodDescriptor<LeaseKeepAliveRequest, LeaseKeepAliveResponse> RENEW =
            LeaseGrpc.getLeaseKeepAliveMethod().toBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .build();

    private final Calls calls;
    private final long id;
    private final Duration ttl;
    private final Runnable onDeath;
    private volatile boolean dead;

    EtcdLease(Calls calls, long id, Duration ttl, Runnable onDeath) {
        this.calls = calls;
        this.id = id;
        this.ttl = ttl;
        this.onDeath = onDeath;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Duration ttl() {
        return ttl;
    }

    @Override
    public CompletionStage<Boolean> renew() {
        LeaseKeepAliveRequest request =
                LeaseKeepAliveRequest.newBuilder().setID(id).build();
        return calls.call(RENEW, request).handle((answer, failure) -> {
            if (failure != null) {
                throw Failures.ofRead(failure);
            }
            // A lease that is gone has no time left. A lease that is dead here stays dead, whatever a server says: some
            // versions acknowledge renewals of leases that they have revoked.
            if (answer.getTTL() <= 0) {
                died();
            }
            return !dead;
        });
    }

    @Override
    public CompletionStage<Void> revoke() {
        LeaseRevokeRequest request = LeaseRevokeRequest.newBuilder().setID(id).build();
        return calls.call(LeaseGrpc.getLeaseRevokeMethod(), request).handle((answer, failure) -> {
            if (failure != null && !Failures.is(failure, Status.Code.NOT_FOUND)) {
                BackendException exception = Failures.ofCommit(failure);
                throw exception;
            }
            died();
            return null;
        });
    }

    void died() {
        dead = true;
        onDeath.run();
    }

    @Override
    public String toString() {
        return "lease " + id + " of " + ttl;
    }
}
