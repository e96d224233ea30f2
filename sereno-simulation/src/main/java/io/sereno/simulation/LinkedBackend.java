package io.sereno.simulation;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's backend with a {@link Link} between it and the store: the mechanism of all faults. Each call becomes an
 * {@link Exchange}, each watch has its {@link Notices}; the link decides when they arrive.
 */
final class LinkedBackend implements Backend {
    private final Backend store;
    private final Link link;
    private final TimeSource time;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock. In order of insertion, so that a run can be repeated.
    private final Set<Exchange<?>> pending = new LinkedHashSet<>();
    private final Map<Long, Lease> leases = new LinkedHashMap<>();
    private final Set<Notices> watches = new LinkedHashSet<>();
    private boolean closed;

    LinkedBackend(Backend store, Link link, TimeSource time) {
        this.store = store;
        this.link = link;
        this.time = time;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return send(new Request.Read(query), () -> store.read(query));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return send(new Request.Commit(commit), () -> store.commit(commit));
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return send(new Request.GrantLease(ttl), () -> store.grantLease(ttl).thenApply(LinkedLease::new));
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        Notices notices = new Notices(target, listener, link, time, this::forget);
        return this.<Watch>send(new Request.OpenWatch(target), () -> {
                    remember(notices);
                    return store.watch(target, notices).thenApply(notices::opened);
                })
                .whenComplete((watch, failure) -> {
                    // A client that got a failure gets no notice of the watch, even if the store has opened it.
                    if (failure != null) {
                        notices.cancel();
                    }
                });
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return send(new Request.ListDirectories(cursor, limit), () -> store.directories(cursor, limit));
    }

    @Override
    public Guarantees guarantees() {
        return store.guarantees();
    }

    @Override
    public void close() {
        List<Exchange<?>> ended;
        List<Notices> cancelled;
        lock.lock();
        try {
            closed = true;
            ended = List.copyOf(pending);
            cancelled = List.copyOf(watches);
        } finally {
            lock.unlock();
        }
        store.close();
        cancelled.forEach(Notices::cancel);
        ended.forEach(exchange -> exchange.lose("the backend was closed before an answer came"));
    }

    /** The open watches, oldest first. */
    List<Notices> watches() {
        lock.lock();
        try {
            return List.copyOf(watches);
        } finally {
            lock.unlock();
        }
    }

    /** The ids of the leases that are not known here to be dead, oldest first. */
    List<Long> leases() {
        lock.lock();
        try {
            return new ArrayList<>(leases.keySet());
        } finally {
            lock.unlock();
        }
    }

    /** Ends a lease in the store; nothing of this passes the link. */
    CompletionStage<Void> endLease(long id) {
        Lease lease;
        lock.lock();
        try {
            lease = leases.get(id);
        } finally {
            lock.unlock();
        }
        if (lease == null) {
            throw new IllegalArgumentException("lease " + id + " is not a live lease of this client: " + leases());
        }
        return lease.revoke();
    }

    private <T extends @Nullable Object> CompletionStage<T> send(Request request, Supplier<CompletionStage<T>> call) {
        Exchange<T> exchange = new Exchange<>(request, call);
        boolean refused;
        lock.lock();
        try {
            refused = closed;
            if (!refused) {
                pending.add(exchange);
            }
        } finally {
            lock.unlock();
        }
        if (refused) {
            exchange.refuse("this backend is closed", true);
            return exchange.outcome();
        }
        CompletionStage<T> outcome = exchange.outcome().whenComplete((value, failure) -> forget(exchange));
        link.sent(exchange);
        return outcome;
    }

    private void forget(Exchange<?> exchange) {
        lock.lock();
        try {
            pending.remove(exchange);
        } finally {
            lock.unlock();
        }
    }

    private void remember(Notices notices) {
        lock.lock();
        try {
            watches.add(notices);
        } finally {
            lock.unlock();
        }
    }

    private void forget(Notices notices) {
        lock.lock();
        try {
            watches.remove(notices);
        } finally {
            lock.unlock();
        }
    }

    private void forget(Lease lease) {
        lock.lock();
        try {
            leases.remove(lease.id());
        } finally {
            lock.unlock();
        }
    }

    private final class LinkedLease implements Lease {
        private final Lease inStore;

        LinkedLease(Lease inStore) {
            this.inStore = inStore;
            lock.lock();
            try {
                leases.put(inStore.id(), inStore);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long id() {
            return inStore.id();
        }

        @Override
        public Duration ttl() {
            return inStore.ttl();
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return send(
                    new Request.RenewLease(id()),
                    () -> inStore.renew().thenApply(alive -> {
                        if (!alive) {
                            forget(inStore);
                        }
                        return alive;
                    }));
        }

        @Override
        public CompletionStage<Void> revoke() {
            return send(new Request.RevokeLease(id()), () -> inStore.revoke().thenRun(() -> forget(inStore)));
        }

        @Override
        public String toString() {
            return inStore.toString();
        }
    }
}
