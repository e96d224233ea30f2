package io.sereno.recipes;

import io.sereno.recipes.kernel.Card;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One client's way to the store, controlled by a test: calls are distinguished by their kind, and can be let through, held, answered
 * wrongly, or carried out later. For one thread.
 */
public final class Wire implements Backend {
    /** The purpose of a call, for the calls of the kernel, the mutex and the election. */
    public enum Kind {
        GRANT,
        RENEW,
        REVOKE,
        WATCH,
        READ_DIRECTORY,
        READ_ENTRY,
        MARKER_PUT,
        MARKER_CHECK,
        ENQUEUE,
        ROLL_OVER,
        CHECK_OF_PREDECESSOR,
        CHECK_OF_OWN,
        DELETE,
        SETTLE,
        REWRITE;

        static Kind of(Commit commit) {
            if (commit.directory().endsWith("session")) {
                return commit.writes().isEmpty() ? MARKER_CHECK : MARKER_PUT;
            }
            boolean deletes = commit.writes().stream().anyMatch(Write.Delete.class::isInstance);
            Optional<Write.Put> put = commit.writes().stream()
                    .filter(Write.Put.class::isInstance)
                    .map(Write.Put.class::cast)
                    .findFirst();
            if (put.isEmpty()) {
                return deletes ? DELETE : commit.conditions().size() > 1 ? CHECK_OF_PREDECESSOR : CHECK_OF_OWN;
            }
            if (commit.conditions().stream().anyMatch(Condition.ModRevision.class::isInstance)) {
                return REWRITE;
            }
            if (!Card.isLive(new Entry(put.get().name(), put.get().value(), 1, 1, 0))) {
                return SETTLE;
            }
            return deletes ? ROLL_OVER : ENQUEUE;
        }

        boolean isCommit() {
            return compareTo(MARKER_PUT) >= 0;
        }

        boolean isHarmless() {
            return this == WATCH
                    || this == READ_DIRECTORY
                    || this == READ_ENTRY
                    || this == MARKER_CHECK
                    || this == CHECK_OF_PREDECESSOR
                    || this == CHECK_OF_OWN;
        }
    }

    /** How notices of changes reach the client. */
    public enum Notices {
        EXACT,
        /** Each notice three times, one of them for another name, and a reset. */
        REPEATED,
        /** No notices: every watch has died in silence. */
        NONE
    }

    /** The calls between client and store. */
    public enum Passage {
        OPEN,
        /** Calls fail at once, without reaching the store. */
        CUT,
        /** Calls are not answered, and do not reach the store. */
        SILENT,
        /** Calls reach the store, and are not answered. */
        DEAF
    }

    /** One call under way. The code that took the call may carry it out, and may answer it. */
    public static final class Call<T> {
        public final Kind kind;
        public final Optional<Commit> commit;
        private final Supplier<CompletionStage<T>> inner;
        private final CompletableFuture<T> answer = new CompletableFuture<>();

        public Call(Kind kind, Optional<Commit> commit, Supplier<CompletionStage<T>> inner) {
            this.kind = kind;
            this.commit = commit;
            this.inner = inner;
        }

        /** Carries it out and passes the answer on. */
        void through() {
            through(Function.identity());
        }

        void through(Function<T, T> distorted) {
            carryOutAndAnswer(distorted, Runnable::run);
        }

        /** Carries it out now; the answer is given when the clerk runs its tasks. */
        void carryOutAndAnswer(Function<T, T> distorted, Executor clerk) {
            var unused = carryOut()
                    .whenComplete((result, failure) -> clerk.execute(() -> {
                        if (failure != null) {
                            answer.completeExceptionally(failure);
                        } else {
                            answer.complete(distorted.apply(result));
                        }
                    }));
        }

        /** Carries it out, and takes the returned snapshot from the answer. */
        @SuppressWarnings("unchecked")
        public void throughWithoutSnapshot() {
            through(result -> {
                if (result instanceof CommitResult.Committed committed) {
                    return (T) new CommitResult.Committed(committed.revision(), Optional.empty());
                }
                return result instanceof CommitResult.Conflict
                        ? (T) new CommitResult.Conflict(Optional.empty())
                        : result;
            });
        }

        /** Carries it out, and keeps the answer from the caller. */
        public CompletionStage<T> carryOut() {
            return inner.get();
        }

        void fail(Outcome outcome) {
            fail(outcome, false);
        }

        void fail(Outcome outcome, boolean permanent) {
            answer.completeExceptionally(
                    new BackendException(outcome, permanent, kind + " ended " + outcome + " by the test", null));
        }

        /** The exception of a backend that has lost track of a call. */
        public void lose() {
            boolean certain = kind == Kind.WATCH || kind == Kind.READ_DIRECTORY || kind == Kind.READ_ENTRY;
            fail(certain ? Outcome.NOT_APPLIED : Outcome.UNKNOWN);
        }

        CompletableFuture<T> answer() {
            return answer;
        }

        @Override
        public String toString() {
            return kind + commit.map(of -> " " + of).orElse("");
        }
    }

    /** Takes a call, or leaves it to the next rule; a call that no rule takes goes to the store. */
    public interface Rule {
        boolean take(Call<?> call);
    }

    private record Pending(AtomicInteger operationsLeft, Runnable action) {}

    final List<Kind> seen = new ArrayList<>();
    Notices notices = Notices.EXACT;
    /** Renewals of a dead lease are acknowledged, as etcd before 3.4.38 does. */
    boolean acknowledgesDeadLeases;

    private final Backend store;
    private final TimeSource time;
    private final List<Rule> rules = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private final List<WireLease> leases = new ArrayList<>();
    private final Set<WireWatch> watches = new LinkedHashSet<>();
    private Passage passage = Passage.OPEN;

    public Wire(Backend store, TimeSource time) {
        this.store = store;
        this.time = time;
    }

    /** This rule comes before those added earlier. */
    public void add(Rule rule) {
        rules.add(0, rule);
    }

    /** From now on everything passes. */
    public void clear() {
        rules.clear();
        if (passage != Passage.OPEN) {
            heal();
        }
    }

    /** The test takes the next call of this kind, which stays under way until the test continues it. */
    CompletableFuture<Call<?>> holdNext(Kind kind) {
        return takeNext(call -> call.kind == kind);
    }

    CompletableFuture<Call<?>> takeNext(Predicate<Call<?>> chosen) {
        CompletableFuture<Call<?>> taken = new CompletableFuture<>();
        add(call -> chosen.test(call) && taken.complete(call));
        return taken;
    }

    /** Runs the action when the client has made this many further calls, and they have been handled. */
    void afterOperations(int count, Runnable action) {
        pending.add(new Pending(new AtomicInteger(count), action));
    }

    /** Until {@link #heal} no notices pass, and calls pass only as this says. */
    public void cut(Passage how) {
        passage = how;
    }

    void heal() {
        passage = Passage.OPEN;
        List.copyOf(watches).forEach(watch -> watch.listener.reset());
    }

    /** Ends the leases in the store; their owner is not notified. */
    void endLeases() {
        leases.forEach(lease -> lease.inner.revoke());
    }

    /** Carries the action out when the newest lease is about to end, in whatever way. */
    void justBeforeEndOfLease(Runnable action) {
        WireLease newest = leases.get(leases.size() - 1);
        newest.lastWords.add(action);
        awaitEnd(newest);
    }

    private void awaitEnd(WireLease lease) {
        Duration left = Duration.ofNanos(lease.deadline - time.nanoTime()).minusMillis(1);
        if (left.isNegative() || left.isZero()) {
            lease.speakLastWords();
        } else {
            time.schedule(left, Runnable::run, () -> awaitEnd(lease));
        }
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        Kind kind = query instanceof Query.One ? Kind.READ_ENTRY : Kind.READ_DIRECTORY;
        return pass(new Call<>(kind, Optional.empty(), () -> store.read(query)));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return pass(new Call<>(Kind.of(commit), Optional.of(commit), () -> store.commit(commit)));
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return pass(new Call<>(
                Kind.GRANT, Optional.empty(), () -> store.grantLease(ttl).thenApply(WireLease::new)));
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return pass(new Call<>(Kind.WATCH, Optional.empty(), () -> {
            WireWatch watch = new WireWatch(listener);
            return store.watch(target, watch).thenApply(inner -> {
                watch.inner = inner;
                watches.add(watch);
                return watch;
            });
        }));
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return store.directories(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return store.guarantees();
    }

    @Override
    public void close() {
        store.close();
    }

    private <T> CompletionStage<T> pass(Call<T> call) {
        seen.add(call.kind);
        switch (passage) {
            case CUT -> call.lose();
            case SILENT -> {}
            case DEAF -> call.carryOut();
            case OPEN -> {
                if (rules.stream().noneMatch(rule -> rule.take(call))) {
                    call.through();
                }
            }
        }
        for (Pending waiting : List.copyOf(pending)) {
            if (waiting.operationsLeft().decrementAndGet() < 0 && pending.remove(waiting)) {
                waiting.action.run();
            }
        }
        return call.answer;
    }

    private final class WireLease implements Lease {
        private final Lease inner;
        private final List<Runnable> lastWords = new ArrayList<>();
        private long deadline;

        WireLease(Lease inner) {
            this.inner = inner;
            this.deadline = time.nanoTime() + inner.ttl().toNanos();
            leases.add(this);
        }

        private void speakLastWords() {
            List<Runnable> words = List.copyOf(lastWords);
            lastWords.clear();
            words.forEach(Runnable::run);
        }

        @Override
        public long id() {
            return inner.id();
        }

        @Override
        public Duration ttl() {
            return inner.ttl();
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return pass(new Call<>(
                    Kind.RENEW,
                    Optional.empty(),
                    () -> inner.renew().thenApply(alive -> {
                        if (alive) {
                            deadline = time.nanoTime() + inner.ttl().toNanos();
                        }
                        return alive || acknowledgesDeadLeases;
                    })));
        }

        @Override
        public CompletionStage<Void> revoke() {
            return pass(new Call<>(Kind.REVOKE, Optional.empty(), () -> {
                speakLastWords();
                return inner.revoke();
            }));
        }
    }

    private final class WireWatch implements Watch, WatchListener {
        private final WatchListener listener;
        private Watch inner = () -> {};

        WireWatch(WatchListener listener) {
            this.listener = listener;
        }

        @Override
        public void changed(String name, long revision) {
            if (passage != Passage.OPEN || notices == Notices.NONE) {
                return;
            }
            listener.changed(name, revision);
            if (notices == Notices.REPEATED) {
                listener.changed("somebody-else", 0);
                listener.changed(name, revision);
                listener.reset();
            }
        }

        @Override
        public void reset() {
            if (passage == Passage.OPEN && notices != Notices.NONE) {
                listener.reset();
            }
        }

        @Override
        public void cancel() {
            watches.remove(this);
            inner.cancel();
        }
    }
}
