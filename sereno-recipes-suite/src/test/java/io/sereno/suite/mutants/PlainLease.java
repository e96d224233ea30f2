package io.sereno.suite.mutants;

import io.sereno.spi.Lease;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A client's handle on a lease, and the store's record of it. */
final class PlainLease implements Lease {
    /** Guarded by the store's lock. */
    long deadline;

    private final PlainStore store;
    private final PlainClient client;
    private final long id;
    private final Duration ttl;

    PlainLease(PlainStore store, PlainClient client, long id, Duration ttl) {
        this.store = store;
        this.client = client;
        this.id = id;
        this.ttl = ttl;
    }

    PlainClient client() {
        return client;
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
        return client.call(() -> client.carryOut(() -> store.renew.test(this)));
    }

    @Override
    public CompletionStage<Void> revoke() {
        return client.call(() -> client.carryOut(() -> {
            store.revoke.accept(this);
            return null;
        }));
    }
}
