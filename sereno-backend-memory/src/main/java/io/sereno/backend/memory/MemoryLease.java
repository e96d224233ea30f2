package io.sereno.backend.memory;

import io.sereno.spi.BackendException;
import io.sereno.spi.Lease;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A lease: the client's handle, and the store's state of it. */
final class MemoryLease implements Lease {
    /** By difference, since clock readings may overflow. */
    static final Comparator<MemoryLease> BY_DEADLINE = (left, right) -> {
        int order = Long.signum(left.deadline - right.deadline);
        return order == 0 ? Long.compare(left.id, right.id) : order;
    };

    /** Guarded by the store's lock, and changed only while the lease is in no set. */
    long deadline;
    /** Guarded by the store's lock. In order of insertion, so that a run can be repeated. */
    final Set<MemoryStore.Slot> slots = new LinkedHashSet<>();

    private final MemoryStore store;
    private final MemoryConnection connection;
    private final long id;
    private final Duration ttl;

    MemoryLease(MemoryStore store, MemoryConnection connection, long id, Duration ttl) {
        this.store = store;
        this.connection = connection;
        this.id = id;
        this.ttl = ttl;
    }

    MemoryConnection connection() {
        return connection;
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
        try {
            return CompletableFuture.completedFuture(store.renew(this));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletionStage<Void> revoke() {
        try {
            store.revoke(this);
            return CompletableFuture.completedFuture(null);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public String toString() {
        return "lease " + id + " of " + ttl;
    }
}
