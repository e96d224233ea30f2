package io.sereno.recipes.kernel;

import io.sereno.SerenoMeter;
import io.sereno.SerenoMeter.Operation;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The backend as the kernel sees it: every call ends once, on the strand that made it, in a known form, and in bounded time. A backend ends its
 * calls by itself (LIF-6). If it does not, the call ends here a little later according to the outcome rule, and the late answer is dropped.
 */
public final class Store {
    private static final Logger LOG = System.getLogger("io.sereno.store");

    /** What a backend may take beyond its own deadline (LIF-6). */
    private static final Duration GRACE = Duration.ofMillis(250);

    private static final int LOOKS_AT_ONCE = 16;
    private static final Duration LOOK_PAUSE = Duration.ofSeconds(1);

    private final Backend backend;
    private final TimeSource time;
    private final Duration limit;
    private final Events events;
    private final Acknowledged acknowledged;
    /** The reads that are left of the look that began last. */
    private final AtomicReference<Queue<Acknowledged.Look>> looks =
            new AtomicReference<>(new ConcurrentLinkedQueue<>());

    private final AtomicLong looksBegun = new AtomicLong();
    private volatile Consumer<String> onRestored = evidence -> {};
    /** Calls are numbered in the order in which they are made. */
    private final AtomicLong asked = new AtomicLong();
    /** The latest call that the store has answered. */
    private final AtomicLong answered = new AtomicLong();

    public Store(Backend backend, TimeSource time, Duration operationTimeout, Events events) {
        this.backend = backend;
        this.time = time;
        this.limit = operationTimeout.plus(GRACE);
        this.events = events;
        this.acknowledged =
                new Acknowledged(time, backend.guarantees().promises().contains(Promise.STORE_WIDE_REVISIONS));
    }

    /** {@code then} is called each time an answer of the store proves that the store has gone back to an earlier state. */
    void whenRestored(Consumer<String> then) {
        onRestored = then;
    }

    public void commit(Commit commit, Executor on, Consumer<Outcome> then) {
        commit(commit, events.now(), on, then);
    }

    /** As above; {@code began} is the clock of the events, which the caller has read for this commit. */
    void commit(Commit commit, long began, Executor on, Consumer<Outcome> then) {
        Acknowledged.Sent sent = acknowledged.sent(commit);
        long looksBefore = looksBegun.get();
        StoreFailures.Kind kind = StoreFailures.Kind.of(commit);
        boolean harmless = commit.writes().isEmpty();
        Call<CommitResult> call = new Call<>(Operation.COMMIT, kind, began, harmless, on, (result, failure) -> {
            if (result instanceof CommitResult.Committed committed
                    && !acknowledged.committed(sent, commit, committed.revision())) {
                onRestored.accept("a commit to directory '" + commit.directory() + "' has revision "
                        + committed.revision() + ", and an earlier one had " + sent.newest());
            }
            then.accept(result != null ? Outcome.of(result) : Outcome.of(failed(failure)));
            if (looksBegun.get() != looksBefore && result instanceof CommitResult.Committed && deletes(commit)) {
                lookForDeleted(on); // The look that began meanwhile knew nothing of this deletion.
            }
        });
        ask(call, () -> backend.commit(commit));
    }

    private static boolean deletes(Commit commit) {
        return commit.writes().stream().anyMatch(Write.Delete.class::isInstance);
    }

    /**
     * Checks whether recently deleted entries exist again: a store that has lost a deletion would keep others waiting for that entry. The look
     * ends with the first proof, or when another look begins; a failed look begins again.
     */
    void lookForDeleted(Executor on) {
        looksBegun.incrementAndGet();
        Queue<Acknowledged.Look> all = new ConcurrentLinkedQueue<>(acknowledged.looks());
        looks.getAndSet(all).clear();
        for (int i = 0; i < LOOKS_AT_ONCE; i++) {
            lookAtNext(all, on);
        }
    }

    private void lookAtNext(Queue<Acknowledged.Look> left, Executor on) {
        Acknowledged.Look look = left.poll();
        if (look == null) {
            return;
        }
        read(look.query(), on, (snapshot, failure) -> {
            if (failure != null) {
                lookAgain(left, failure, on);
                return;
            }
            Acknowledged.Deletion undone = snapshot != null ? look.undone(snapshot.entries()) : null;
            if (undone == null) {
                lookAtNext(left, on);
                return;
            }
            left.clear();
            if (acknowledged.undone(undone)) {
                onRestored.accept("entry '" + undone.name() + "' of directory '" + undone.directory()
                        + "' was deleted and is there again");
            }
        });
    }

    /** Repeats a look that failed, for as long as there is a deletion to look for, unless another look has begun. */
    private void lookAgain(Queue<Acknowledged.Look> failed, BackendException why, Executor on) {
        failed.clear();
        if (!why.permanent()) {
            time.schedule(LOOK_PAUSE, on, () -> {
                if (looks.get() == failed) {
                    lookForDeleted(on);
                }
            });
        }
    }

    /** The number of the latest call. A caller that begins to wait keeps it for {@link #hasAnsweredSince}. */
    public long asked() {
        return asked.get();
    }

    /**
     * Whether the store has answered a call that was made after {@code asked}: if so, the store was reachable since. The answer to an earlier call
     * does not count, since it may have been under way when the store became unreachable.
     */
    public boolean hasAnsweredSince(long asked) {
        return answered.get() > asked;
    }

    /** How long a call may take that waits for the store alone. */
    public Duration limit() {
        return limit;
    }

    /** Passes on the snapshot, or why there is none. */
    public void read(Query query, Executor on, BiConsumer<@Nullable Snapshot, @Nullable BackendException> then) {
        ask(Operation.READ, StoreFailures.Kind.READ, () -> backend.read(query), true, on, then);
    }

    /** Passes on a page of the directories, or why there is none. */
    public void directories(
            Optional<String> cursor,
            int limit,
            Executor on,
            BiConsumer<@Nullable DirectoryPage, @Nullable BackendException> then) {
        ask(Operation.READ, StoreFailures.Kind.READ, () -> backend.directories(cursor, limit), true, on, then);
    }

    void grantLease(Duration ttl, Executor on, BiConsumer<@Nullable Lease, @Nullable BackendException> then) {
        ask(Operation.GRANT_LEASE, StoreFailures.Kind.PUT, () -> backend.grantLease(ttl), false, on, then);
    }

    void renew(Lease lease, Executor on, BiConsumer<@Nullable Boolean, @Nullable BackendException> then) {
        ask(Operation.RENEW_LEASE, StoreFailures.Kind.RENEW, lease::renew, false, on, then);
    }

    void revoke(Lease lease, Executor on, Consumer<@Nullable BackendException> then) {
        ask(
                Operation.REVOKE_LEASE,
                StoreFailures.Kind.DELETE,
                lease::revoke,
                false,
                on,
                (done, failure) -> then.accept(failure));
    }

    void watch(
            Target target,
            WatchListener listener,
            Executor on,
            BiConsumer<@Nullable Watch, @Nullable BackendException> then) {
        ask(Operation.WATCH, StoreFailures.Kind.READ, () -> backend.watch(target, listener), true, on, then);
    }

    /** A backend's failure here is only logged, since nobody listens to the notices any more. */
    static void cancel(Watch watch) {
        try {
            watch.cancel();
        } catch (RuntimeException | Error thrown) {
            LOG.log(Level.WARNING, "cancelling a watch failed", thrown);
        }
    }

    private <T> void ask(
            Operation operation,
            StoreFailures.Kind kind,
            Supplier<CompletionStage<T>> call,
            boolean harmless,
            Executor on,
            BiConsumer<@Nullable T, @Nullable BackendException> then) {
        ask(new Call<>(operation, kind, events.now(), harmless, on, then), call);
    }

    private <T> void ask(Call<T> pending, Supplier<CompletionStage<T>> call) {
        CompletionStage<T> stage;
        try {
            stage = Objects.requireNonNull(call.get(), "the backend returned no stage");
        } catch (RuntimeException | Error thrown) {
            BackendException failure = classify(thrown, pending.harmless);
            pending.failed(failure);
            pending.on.execute(() -> pending.then.accept(null, failure));
            return;
        }
        stage.whenComplete(pending);
        pending.limit(time, limit);
    }

    private static BackendException failed(@Nullable BackendException failure) {
        return failure != null
                ? failure
                : new BackendException(BackendException.Outcome.UNKNOWN, false, "the backend answered with null", null);
    }

    /** Such an answer proves only that the store can read: it may check conditions and leases without being able to write. */
    private static boolean isRefusal(@Nullable Object result) {
        return result instanceof CommitResult.Conflict || result instanceof CommitResult.LeaseDead;
    }

    /** An exception other than BackendException says nothing, so the outcome is unknown (OUT-3), unless nothing could have been changed anyway. */
    private static BackendException classify(Throwable thrown, boolean harmless) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof BackendException failure
                && (!harmless || failure.outcome() == BackendException.Outcome.NOT_APPLIED)) {
            return failure;
        }
        boolean permanent = cause instanceof BackendException failure && failure.permanent();
        BackendException.Outcome outcome =
                harmless ? BackendException.Outcome.NOT_APPLIED : BackendException.Outcome.UNKNOWN;
        return new BackendException(outcome, permanent, String.valueOf(cause.getMessage()), cause);
    }

    /** One call under way: the answer or the limit ends it, whichever comes first. */
    private final class Call<T> implements BiConsumer<T, @Nullable Throwable> {
        private final long number = asked.incrementAndGet();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final Operation operation;
        private final StoreFailures.Kind kind;
        private final long began;
        private final boolean harmless;
        private final Executor on;
        private final BiConsumer<@Nullable T, @Nullable BackendException> then;
        private volatile @Nullable Runnable cancelLimit;

        Call(
                Operation operation,
                StoreFailures.Kind kind,
                long began,
                boolean harmless,
                Executor on,
                BiConsumer<@Nullable T, @Nullable BackendException> then) {
            this.operation = operation;
            this.kind = kind;
            this.began = began;
            this.harmless = harmless;
            this.on = on;
            this.then = then;
        }

        @Override
        public void accept(T result, @Nullable Throwable thrown) {
            if (ended.compareAndSet(false, true)) {
                cancelLimit();
                if (thrown == null) {
                    answered.accumulateAndGet(number, Math::max);
                    events.answered(isRefusal(result) ? StoreFailures.Kind.READ : kind);
                    events.request(operation, outcomeOf(result), began);
                    on.execute(() -> then.accept(result, null));
                } else {
                    BackendException failure = classify(thrown, harmless);
                    failed(failure);
                    on.execute(() -> then.accept(null, failure));
                }
            } else if (result instanceof Watch late) {
                cancel(late);
            } else if (result instanceof Lease late) {
                revoke(late, Runnable::run, failure -> {});
            }
        }

        void failed(BackendException failure) {
            events.unanswered(kind, failure);
            events.request(operation, outcomeOf(failure), began);
        }

        void limit(TimeSource time, Duration limit) {
            if (!ended.get()) {
                cancelLimit = time.schedule(limit, on, () -> {
                    if (ended.compareAndSet(false, true)) {
                        Throwable silent = new BackendException(
                                BackendException.Outcome.UNKNOWN,
                                false,
                                "no answer from the backend within " + limit,
                                null);
                        BackendException failure = classify(silent, harmless);
                        failed(failure);
                        then.accept(null, failure);
                    }
                });
                if (ended.get()) {
                    cancelLimit();
                }
            }
        }

        private void cancelLimit() {
            Runnable cancel = cancelLimit;
            if (cancel != null) {
                cancel.run();
            }
        }

        private SerenoMeter.Outcome outcomeOf(BackendException failure) {
            return failure.outcome() == BackendException.Outcome.NOT_APPLIED
                    ? SerenoMeter.Outcome.NOT_APPLIED
                    : SerenoMeter.Outcome.UNKNOWN;
        }

        private SerenoMeter.Outcome outcomeOf(@Nullable T result) {
            if (result instanceof CommitResult.Conflict) {
                return SerenoMeter.Outcome.CONFLICT;
            }
            if (result instanceof CommitResult.LeaseDead || Boolean.FALSE.equals(result)) {
                return SerenoMeter.Outcome.LEASE_DEAD;
            }
            // No backend may answer a commit with null; the recipes treat null as an unknown outcome too.
            return result == null && operation == Operation.COMMIT
                    ? SerenoMeter.Outcome.UNKNOWN
                    : SerenoMeter.Outcome.OK;
        }
    }
}
