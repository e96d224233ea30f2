package io.sereno.backend.redis;

import io.sereno.spi.Lease;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A lease, as its client knows it. The server has the deadline. */
final class RedisLease implements Lease {
    private final RedisBackend backend;
    private final long id;
    private final Duration ttl;

    RedisLease(RedisBackend backend, long id, Duration ttl) {
        this.backend = backend;
        this.id = id;
        this.ttl = ttl;
    }

    /** The name of the lease in the script. */
    String key() {
        return "%016x:%d".formatted(id, ttl.toMillis());
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
        return backend.renew(this);
    }

    @Override
    public CompletionStage<Void> revoke() {
        return backend.revoke(this);
    }

    @Override
    public String toString() {
        return "lease " + id + " of " + ttl;
    }
}
