package io.sereno.examples.backend;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** One client of a {@link Shelf}. Every method is one step under the shelf's lock; notices are delivered after it. */
final class ShelfBackend implements Backend {
    private static final Guarantees GUARANTEES = Guarantees.builder("shelf", Duration.ofMillis(1), Duration.ofDays(1))
            .serverVersion("in this process")
            .promises(Set.of(Promise.SNAPSHOT_READS, Promise.STORE_WIDE_REVISIONS, Promise.LISTS_DIRECTORIES))
            .expiryLateness(Duration.ofMillis(100))
            .maxLeases(Integer.MAX_VALUE)
            .maxLeaseBytes(Integer.MAX_VALUE)
            .maxValueBytes(256 * 1024)
            .maxCommitBytes(512 * 1024)
            .maxListingBytes(Integer.MAX_VALUE)
            .maxConditions(64)
            .maxWrites(64)
            .build();

    private final Shelf shelf;
    private final TimeSource time;
    private final Executor callbacks;
    /** Guarded by the shelf: the timers of this client's leases, which end with it. */
    private final Map<Long, Runnable> timers = new HashMap<>();

    /** Guarded by the shelf. */
    private final List<NoticeQueue> watches = new ArrayList<>();

    private boolean closed;

    ShelfBackend(Shelf shelf, TimeSource time, Executor callbacks) {
        this.shelf = shelf;
        this.time = time;
        this.callbacks = callbacks;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return step(() -> shelf.read(query));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return step(() -> {
            GUARANTEES.requireFits(commit);
            requireOwn(commit.leaseId());
            return shelf.commit(commit);
        });
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return step(() -> {
            if (ttl.compareTo(GUARANTEES.leastTtl()) < 0 || ttl.compareTo(GUARANTEES.greatestTtl()) > 0) {
                throw refused("a ttl of " + ttl + "; " + GUARANTEES.leastTtl() + " to " + GUARANTEES.greatestTtl()
                        + " is accepted");
            }
            ShelfLease lease = new ShelfLease(shelf.grant(this, deadline(ttl)), ttl);
            wakeAt(lease);
            return lease;
        });
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return step(() -> {
            NoticeQueue watch = new NoticeQueue(target, listener, callbacks, time, this::forget);
            watches.add(watch);
            shelf.add(watch);
            return watch;
        });
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return step(() -> DirectoryPage.of(shelf.directories(), cursor, limit));
    }

    @Override
    public Guarantees guarantees() {
        return GUARANTEES;
    }

    /** Leases are not revoked: they end at their deadline, and the next operation notices it. */
    @Override
    public void close() {
        synchronized (shelf) {
            closed = true;
            timers.values().forEach(Runnable::run);
            timers.clear();
            List.copyOf(watches).forEach(NoticeQueue::cancel);
        }
    }

    private void forget(NoticeQueue watch) {
        synchronized (shelf) {
            watches.remove(watch);
            shelf.remove(watch);
        }
    }

    /** One step of the store. A {@link BackendException} from it becomes the failure of the stage; any other exception is a bug. */
    private <T> CompletionStage<T> step(Supplier<T> action) {
        CompletionStage<T> result;
        List<NoticeQueue> toDeliver;
        synchronized (shelf) {
            try {
                if (closed) {
                    throw refused("this client is closed; open another one");
                }
                shelf.expire(time.nanoTime());
                result = CompletableFuture.completedFuture(action.get());
            } catch (BackendException refused) {
                result = CompletableFuture.failedFuture(refused);
            }
            toDeliver = shelf.toDeliver();
        }
        toDeliver.forEach(NoticeQueue::deliver);
        return result;
    }

    private long deadline(Duration ttl) {
        return time.nanoTime() + ttl.toNanos();
    }

    /** Notifies the watches of an expiry that no other operation would notice (WAT-4). */
    private void wakeAt(ShelfLease lease) {
        Runnable previous = timers.put(lease.id(), time.schedule(lease.ttl(), callbacks, () -> {
            List<NoticeQueue> toDeliver;
            synchronized (shelf) {
                shelf.expire(time.nanoTime());
                toDeliver = shelf.toDeliver();
            }
            toDeliver.forEach(NoticeQueue::deliver);
        }));
        if (previous != null) {
            previous.run();
        }
    }

    /** A lease counts only through the client that it was granted to (COM-9b). */
    private void requireOwn(long leaseId) {
        Shelf.Held lease = shelf.lease(leaseId);
        if (leaseId != 0 && (lease == null ? !shelf.wasGranted(leaseId) : lease.owner() != this)) {
            throw refused("lease " + leaseId + " was not granted to this client");
        }
    }

    private static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }

    private final class ShelfLease implements Lease {
        private final long id;
        private final Duration ttl;

        ShelfLease(long id, Duration ttl) {
            this.id = id;
            this.ttl = ttl;
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
            return step(() -> {
                boolean lives = shelf.renew(id, deadline(ttl));
                if (lives) {
                    wakeAt(this);
                }
                return lives;
            });
        }

        @Override
        public CompletionStage<Void> revoke() {
            return step(() -> {
                        shelf.end(id);
                        Runnable timer = timers.remove(id);
                        if (timer != null) {
                            timer.run();
                        }
                        return true;
                    })
                    .thenAccept(done -> {});
        }
    }
}
