package io.sereno.backend.redis;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The methods of the SPI. Each sends one call of the script, except {@code watch}, which uses channels. */
final class RedisBackend implements Backend {
    private final LettuceClient client;
    private final Link link;
    private final Subscriber subscriber;
    private final Callbacks callbacks;
    private final Guarantees guarantees;
    private final SecureRandom random = new SecureRandom();
    private final ForeignRecords skipped = new ForeignRecords();
    /** Leases that this client was granted and that are not known to have ended, by id. A commit may name no others. */
    private final Map<Long, RedisLease> leases = new ConcurrentHashMap<>();

    RedisBackend(LettuceClient client, Link link, Subscriber subscriber, Callbacks callbacks, Guarantees guarantees) {
        this.client = client;
        this.link = link;
        this.subscriber = subscriber;
        this.callbacks = callbacks;
        this.guarantees = guarantees;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return call(
                "read",
                Requests.read(query),
                "the read of directory '" + query.directory() + "'",
                false,
                reply -> Replies.snapshot(reply, query, skipped));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        String lease = "";
        try {
            guarantees.requireFits(commit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        long leaseId = commit.leaseId();
        if (leaseId != 0) {
            RedisLease granted = leases.get(leaseId);
            if (granted == null) {
                return link.isClosed()
                        ? CompletableFuture.failedFuture(Link.closedBackend())
                        : CompletableFuture.completedFuture(new LeaseDead());
            }
            lease = granted.key();
        }
        boolean returning = commit.returning().isPresent();
        return call(
                "commit",
                Requests.commit(commit, lease),
                "the commit to directory '" + commit.directory() + "'",
                !commit.writes().isEmpty(),
                reply -> {
                    CommitResult result = Replies.commit(reply, commit.directory(), returning, skipped);
                    if (result instanceof LeaseDead) {
                        leases.remove(leaseId);
                    }
                    return result;
                });
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        RedisLease lease;
        try {
            lease = new RedisLease(this, freshId(), Limits.checked(ttl));
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return call(
                "grant",
                List.of(Requests.bytes(lease.key()), Requests.bytes(lease.ttl().toMillis())),
                "the grant of a lease",
                false,
                reply -> {
                    if (!Replies.succeeded(reply)) {
                        throw new IllegalStateException("the random number of a lease is in use: " + lease.key());
                    }
                    leases.put(lease.id(), lease);
                    return lease;
                });
    }

    CompletionStage<Boolean> renew(RedisLease lease) {
        return call(
                "renew",
                List.of(Requests.bytes(lease.key()), Requests.bytes(lease.ttl().toMillis())),
                "the renewal of a lease",
                true,
                reply -> {
                    boolean renewed = Replies.succeeded(reply);
                    if (!renewed) {
                        leases.remove(lease.id());
                    }
                    return renewed;
                });
    }

    CompletionStage<Void> revoke(RedisLease lease) {
        return call("revoke", List.of(Requests.bytes(lease.key())), "the revocation of a lease", true, reply -> {
            leases.remove(lease.id());
            return null;
        });
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return subscriber.watch(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        try {
            DirectoryPage.checkLimit(limit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return call(
                "directories",
                List.of(Requests.bytes(cursor.orElse("")), Requests.bytes(limit)),
                "the listing of directories",
                false,
                Replies::directories);
    }

    @Override
    public Guarantees guarantees() {
        return guarantees;
    }

    @Override
    public void close() {
        link.close();
        subscriber.close();
        client.close();
    }

    private <T extends @Nullable Object> CompletionStage<T> call(
            String operation, List<byte[]> arguments, String what, boolean writes, Function<List<?>, T> reading) {
        Call<T> call = new Call<>(operation, arguments, what, writes, reading, callbacks);
        link.submit(call);
        return call.stage();
    }

    /**
     * 64 random bits, so that the id of a grant whose reply was lost is not used again. The server refuses an id in
     * use.
     */
    private long freshId() {
        long id = random.nextLong();
        return id == 0 ? 1 : id;
    }
}
