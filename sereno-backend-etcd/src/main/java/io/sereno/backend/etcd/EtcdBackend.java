package io.sereno.backend.etcd;

import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.Status;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The methods of the SPI. Each checks what can be checked locally, asks etcd once, and reports the result. */
final class EtcdBackend implements Backend {
    private final Connection connection;
    private final Calls calls;
    private final Transactions transactions;
    private final Directories directories;
    private final Watches watches;
    private final Guarantees guarantees;
    /** Leases that were granted here and are not known to be dead. */
    private final Map<Long, EtcdLease> leases = new ConcurrentHashMap<>();

    EtcdBackend(Connection connection, Keys keys, Watches watches, Guarantees guarantees) {
        this.connection = connection;
        this.calls = connection.calls();
        this.transactions = new Transactions(keys);
        this.directories = new Directories(keys);
        this.watches = watches;
        this.guarantees = guarantees;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        RangeRequest range = transactions.range(query);
        return calls.call(KVGrpc.getRangeMethod(), range).handle((answer, failure) -> {
            if (failure != null) {
                throw Failures.ofRead(query.directory(), failure);
            }
            try {
                Snapshot snapshot = transactions.snapshot(query, answer);
                guarantees.requireFits(query.directory(), snapshot);
                return snapshot;
            } catch (IllegalArgumentException outOfRange) {
                throw Failures.ofRead(outOfRange);
            }
        });
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        long leaseId = commit.leaseId();
        try {
            guarantees.requireFits(commit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        EtcdLease lease = leases.get(leaseId);
        if (leaseId != 0 && lease == null && !calls.isClosed()) {
            // The lease has ended, or was never granted by this object.
            return CompletableFuture.completedFuture(new CommitResult.LeaseDead());
        }
        return calls.call(KVGrpc.getTxnMethod(), transactions.request(commit)).handle((answer, failure) -> {
            if (failure != null) {
                if (lease != null && Failures.is(failure, Status.Code.NOT_FOUND)) {
                    lease.died();
                    return new CommitResult.LeaseDead();
                }
                throw Failures.ofCommit(commit.directory(), failure);
            }
            try {
                return EtcdLimits.withoutListingsTooLarge(transactions.result(commit, answer), guarantees);
            } catch (IllegalArgumentException outOfRange) {
                throw Failures.ofCommit(outOfRange);
            }
        });
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        try {
            EtcdLimits.check(ttl, guarantees);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        LeaseGrantRequest request = LeaseGrantRequest.newBuilder()
                .setTTL(ttl.plusSeconds(1).minusNanos(1).toSeconds())
                .build();
        return calls.call(LeaseGrpc.getLeaseGrantMethod(), request).handle((answer, failure) -> {
            if (failure != null) {
                throw Failures.ofRead(failure);
            }
            long id = answer.getID();
            EtcdLease lease = new EtcdLease(calls, id, Duration.ofSeconds(answer.getTTL()), () -> leases.remove(id));
            leases.put(id, lease);
            return lease;
        });
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return watches.watch(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        try {
            DirectoryPage.checkLimit(limit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return calls.call(KVGrpc.getRangeMethod(), directories.range(cursor, limit))
                .handle((answer, failure) -> {
                    if (failure != null) {
                        throw Failures.ofRead(failure);
                    }
                    return directories.page(answer);
                });
    }

    @Override
    public Guarantees guarantees() {
        return guarantees;
    }

    @Override
    public void close() {
        watches.close();
        connection.close();
    }

    static BackendException closed() {
        return new BackendException(Outcome.NOT_APPLIED, true, "this client of etcd is closed; open another one", null);
    }
}
