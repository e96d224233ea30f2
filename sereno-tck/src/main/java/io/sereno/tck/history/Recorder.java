package io.sereno.tck.history;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Records what clients do and the answers that they receive. Each client's backend is wrapped by {@link #record};
 * {@link #history()} returns the history of all of them at any time, also during the run.
 *
 * <p><b>Guarantees.</b> An invocation is recorded before the wrapped backend is called, and a return before its caller
 * receives it: what the history calls "before" was before. Nothing else is changed, not even the thread in which a
 * stage completes.
 *
 * <p>Instances are safe for use by multiple threads. No method blocks for more than a moment.
 */
public final class Recorder {
    private final TimeSource time;
    private final long start;
    private final ReentrantLock lock = new ReentrantLock();
    // Fields below are guarded by the lock.
    private final List<Operation> operations = new ArrayList<>();
    private final List<History.Notice> notices = new ArrayList<>();
    private final List<History.Fault> faults = new ArrayList<>();
    private long lastOrder;
    private int lastWatch;
    private boolean snapshotReads = true;
    private boolean storeWideRevisions = true;

    /** The notice that this thread is delivering. */
    private final ThreadLocal<Integer> delivering = ThreadLocal.withInitial(() -> -1);

    /**
     * Begins a history.
     *
     * @param time its clock
     */
    public Recorder(TimeSource time) {
        this.time = time;
        this.start = time.nanoTime();
    }

    /**
     * Records the calls of a backend.
     *
     * @param client its name in pages and messages
     * @param backend the wrapped backend; closed with the one returned
     * @return to be used in its place
     */
    public Backend record(String client, Backend backend) {
        Set<Promise> promises = backend.guarantees().promises();
        lock.lock();
        try {
            snapshotReads &= promises.contains(Promise.SNAPSHOT_READS);
            storeWideRevisions &= promises.contains(Promise.STORE_WIDE_REVISIONS);
        } finally {
            lock.unlock();
        }
        return new RecordedBackend(client, backend);
    }

    /**
     * Records that a fault is injected into clients, network or store.
     *
     * @param what in a few words
     * @param client that is affected; empty for all
     * @return to be run when it is over
     */
    public Runnable fault(String what, Optional<String> client) {
        lock.lock();
        try {
            Moment from = now();
            int place = faults.size();
            faults.add(new History.Fault(what, client, from, from));
            return () -> endFault(place, new History.Fault(what, client, from, from));
        } finally {
            lock.unlock();
        }
    }

    private void endFault(int place, History.Fault fault) {
        lock.lock();
        try {
            faults.set(place, new History.Fault(fault.what(), fault.client(), fault.from(), now()));
        } finally {
            lock.unlock();
        }
    }

    /** What was recorded so far, including operations without reply. */
    public History history() {
        lock.lock();
        try {
            return new History(operations, notices, faults, snapshotReads, storeWideRevisions);
        } finally {
            lock.unlock();
        }
    }

    /** How many operations were invoked so far. */
    public int size() {
        lock.lock();
        try {
            return operations.size();
        } finally {
            lock.unlock();
        }
    }

    /** Call this with the lock held, so that order and time agree. */
    private Moment now() {
        return new Moment(++lastOrder, time.nanoTime() - start);
    }

    private int invoked(String client, Call call) {
        String thread = Thread.currentThread().getName();
        int notice = delivering.get();
        lock.lock();
        try {
            int id = operations.size();
            operations.add(new Operation(id, client, thread, notice, call, now(), null, new Reply.None()));
            return id;
        } finally {
            lock.unlock();
        }
    }

    private void returned(int id, Reply reply) {
        lock.lock();
        try {
            Operation open = operations.get(id);
            operations.set(
                    id,
                    new Operation(
                            id,
                            open.client(),
                            open.thread(),
                            open.notice(),
                            open.call(),
                            open.invoked(),
                            now(),
                            reply));
        } finally {
            lock.unlock();
        }
    }

    private <T extends @Nullable Object> CompletionStage<T> recorded(
            int id, CompletionStage<T> stage, Function<? super T, Reply> reply) {
        return stage.whenComplete(
                (value, failure) -> returned(id, failure == null ? reply.apply(value) : failed(failure)));
    }

    private static Reply failed(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        Outcome outcome = cause instanceof BackendException reported ? reported.outcome() : Outcome.UNKNOWN;
        return new Reply.Failed(outcome, cause.toString());
    }

    private int nextWatch() {
        lock.lock();
        try {
            return ++lastWatch;
        } finally {
            lock.unlock();
        }
    }

    private int notice(int watch, Optional<String> name, long revision) {
        lock.lock();
        try {
            int id = notices.size();
            notices.add(new History.Notice(id, watch, name, revision, now()));
            return id;
        } finally {
            lock.unlock();
        }
    }

    private final class RecordedBackend implements Backend {
        private final String client;
        private final Backend backend;

        RecordedBackend(String client, Backend backend) {
            this.client = client;
            this.backend = backend;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            int id = invoked(client, new Call.Read(query));
            return recorded(id, backend.read(query), Reply.Found::new);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            int id = invoked(client, new Call.Commit(commit));
            return recorded(id, backend.commit(commit), Reply.Ended::new);
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            int id = invoked(client, new Call.Grant(ttl));
            return recorded(id, backend.grantLease(ttl), lease -> new Reply.Granted(lease.id(), lease.ttl()))
                    .thenApply(lease -> new RecordedLease(client, lease));
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            int watch = nextWatch();
            int id = invoked(client, new Call.OpenWatch(target, watch));
            return recorded(
                            id,
                            backend.watch(target, new RecordedListener(watch, listener)),
                            opened -> new Reply.Done())
                    .thenApply(opened -> () -> {
                        int cancel = invoked(client, new Call.CancelWatch(watch));
                        opened.cancel();
                        returned(cancel, new Reply.Done());
                    });
        }

        @Override
        public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
            return backend.directories(cursor, limit);
        }

        @Override
        public Guarantees guarantees() {
            return backend.guarantees();
        }

        @Override
        public void close() {
            int id = invoked(client, new Call.Close());
            backend.close();
            returned(id, new Reply.Done());
        }

        @Override
        public String toString() {
            return client + " over " + backend;
        }
    }

    private final class RecordedLease implements Lease {
        private final String client;
        private final Lease lease;

        RecordedLease(String client, Lease lease) {
            this.client = client;
            this.lease = lease;
        }

        @Override
        public long id() {
            return lease.id();
        }

        @Override
        public Duration ttl() {
            return lease.ttl();
        }

        @Override
        public CompletionStage<Boolean> renew() {
            int id = invoked(client, new Call.Renew(lease.id()));
            return recorded(id, lease.renew(), Reply.Renewed::new);
        }

        @Override
        public CompletionStage<Void> revoke() {
            int id = invoked(client, new Call.Revoke(lease.id()));
            return recorded(id, lease.revoke(), done -> new Reply.Done());
        }

        @Override
        public String toString() {
            return lease.toString();
        }
    }

    private final class RecordedListener implements WatchListener {
        private final int watch;
        private final WatchListener listener;

        RecordedListener(int watch, WatchListener listener) {
            this.watch = watch;
            this.listener = listener;
        }

        @Override
        public void changed(String name, long revision) {
            deliver(notice(watch, Optional.of(name), revision), () -> listener.changed(name, revision));
        }

        @Override
        public void reset() {
            deliver(notice(watch, Optional.empty(), 0), listener::reset);
        }

        private void deliver(int notice, Runnable call) {
            int outer = delivering.get();
            delivering.set(notice);
            try {
                call.run();
            } finally {
                delivering.set(outer);
            }
        }
    }
}
