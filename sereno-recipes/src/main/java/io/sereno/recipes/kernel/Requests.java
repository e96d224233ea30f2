package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one owner to one directory: one at a time, and a pause after one that did not succeed.
 *
 * <p>The owner has a step that does the next thing to be done, and asks first whether it may ({@link #isIdle}). The step runs after each answer,
 * when that answer has been processed, and after each pause; so an owner is a handful of steps with no loop between them.
 *
 * <p>Confined to the strand, on which it calls the owner.
 */
public final class Requests {
    /** Is notified of failures, so that the owner can report why something takes so long. */
    public interface OnFailure {
        /** {@code first}: the first of a series of failures without an answer in between. */
        void failed(BackendException why, boolean first);

        /**
         * No retry can succeed. Returns true if the owner has failed all callers that wait for an answer; then there is no pause. Otherwise the
         * request is retried like any other.
         */
        default boolean givesUp(BackendException permanent) {
            return false;
        }

        /** Is notified of the first failure of each series only. */
        static OnFailure first(Consumer<BackendException> report) {
            return (why, first) -> {
                if (first) {
                    report.accept(why);
                }
            };
        }

        /** As above, and fails all waiting callers if a failure is permanent. */
        static OnFailure first(Consumer<BackendException> report, Consumer<BackendException> failAll) {
            return new OnFailure() {
                @Override
                public void failed(BackendException why, boolean first) {
                    if (first) {
                        report.accept(why);
                    }
                }

                @Override
                public boolean givesUp(BackendException permanent) {
                    failAll.accept(permanent);
                    return true;
                }
            };
        }
    }

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final OnFailure onFailure;
    private final Runnable step;
    private final Backoff backoff;

    /** The clock as the running step has read it; of no use while no step runs. */
    private long stepBegan;

    private boolean inStep;

    /** The request under way; an answer to any other request is stale. */
    private @Nullable Object current;

    private final Timer pause = new Timer();
    private volatile @Nullable BackendException failure;

    public Requests(Kernel kernel, Strand strand, String directory, OnFailure onFailure, Runnable step) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.onFailure = onFailure;
        this.step = step;
        this.backoff = kernel.backoff();
    }

    Kernel kernel() {
        return kernel;
    }

    Strand strand() {
        return strand;
    }

    String directory() {
        return directory;
    }

    /** The owner's step has read the clock: the commit that it sends begins at {@code now}, and the clock is not read again for the meters. */
    void stepBegins(long now) {
        stepBegan = now;
        inStep = true;
    }

    void stepEnds() {
        inStep = false;
    }

    /** Runs the owner's step. */
    void step() {
        step.run();
    }

    /** Watches an entry, until the watch is closed. */
    public RearmingWatch watch(String name, Runnable look) {
        RearmingWatch watch = new RearmingWatch(kernel, strand, new Target(directory, Optional.of(name)), look);
        watch.open();
        return watch;
    }

    /** As above, for several entries: looks after notices of these only. */
    RearmingWatch watch(Set<String> names, Runnable look) {
        Target all = new Target(directory, Optional.empty());
        RearmingWatch watch = new RearmingWatch(kernel, strand, all, names::contains, look);
        watch.open();
        return watch;
    }

    /** Whether nothing is under way, and there is no pause. */
    public boolean isIdle() {
        return current == null && !pause.isSet();
    }

    /** Why the last request failed; null if it did not. For every thread. */
    public @Nullable BackendException failure() {
        return failure;
    }

    public void commit(Commit.Builder commit, Consumer<Outcome> then) {
        commit(commit.build(), then);
    }

    public void commit(Commit commit, Consumer<Outcome> then) {
        Object mine = begin();
        long began = inStep ? stepBegan : kernel.events().now();
        kernel.store().commit(commit, began, strand, outcome -> {
            if (isCurrent(mine)) {
                if (outcome.failure() == null) {
                    answered();
                }
                then.accept(outcome);
                step.run();
            }
        });
    }

    /** Passes on how the commit was answered, by COMMITTED or CONFLICT; pauses if it was not. */
    public void commitOrPause(Commit.Builder commit, Consumer<Outcome> then) {
        commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED, CONFLICT -> then.accept(outcome);
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> pause(outcome.failure());
            }
        });
    }

    /** Reads one entry; pauses if that fails. */
    public void read(String name, Consumer<Snapshot> then) {
        read(new Query.One(directory, name), then);
    }

    /** As above; passes on the entry, null if there is none. */
    public void readEntry(String name, Consumer<@Nullable Entry> then) {
        read(name, snapshot -> then.accept(View.first(snapshot)));
    }

    public void read(Query query, Consumer<Snapshot> then) {
        read(query, then, why -> {});
    }

    /** If the read fails, runs {@code otherwise}, and pauses unless that has sent another request. */
    public void read(Query query, Consumer<Snapshot> then, Consumer<@Nullable BackendException> otherwise) {
        Object mine = begin();
        kernel.store().read(query, strand, (snapshot, why) -> {
            if (isCurrent(mine)) {
                if (snapshot != null) {
                    answered();
                    then.accept(snapshot);
                } else {
                    otherwise.accept(why);
                    if (current == null) {
                        pause(why);
                    }
                }
                step.run();
            }
        });
    }

    public void read(String name, Consumer<Snapshot> then, Consumer<@Nullable BackendException> otherwise) {
        read(new Query.One(directory, name), then, otherwise);
    }

    /**
     * Reads, after a pause again if that fails, until there is an answer; no other request is sent meanwhile. The owner may not end the pause, except
     * by {@link #forget}.
     */
    public void readUntilAnswered(Supplier<Query> query, Consumer<Snapshot> then) {
        Object mine = begin();
        kernel.store().read(query.get(), strand, (snapshot, why) -> {
            if (!isCurrent(mine)) {
                return;
            }
            if (snapshot != null) {
                answered();
                then.accept(snapshot);
                step.run();
            } else {
                if (why != null) {
                    failed(why);
                }
                pause.set(kernel.time(), backoff.next(), strand, () -> readUntilAnswered(query, then));
            }
        });
    }

    private void answered() {
        if (failure != null) {
            failure = null;
            calm();
        }
    }

    /**
     * Retries after a pause, unless the failure is permanent and the owner gives up. Each pause is longer than the last, until an answer ends a
     * series of failures, or {@link #calm} is called.
     */
    public void pause(@Nullable BackendException why) {
        if (why != null) {
            failed(why);
            if (why.permanent() && onFailure.givesUp(why)) {
                return;
            }
        }
        pause.set(kernel.time(), backoff.next(), strand, step);
    }

    /** The request could not even be sent. */
    public void failed(BackendException why) {
        boolean first = failure == null;
        failure = why;
        onFailure.failed(why, first);
    }

    /** Nothing was put, and nothing will be. The sessions report the end of this session in a moment, and the owner then ends the pause. */
    public void leaseDead(Session under) {
        pause(null);
        under.foundDead();
    }

    public void endPause() {
        pause.cancel();
    }

    /** Makes pauses short again. */
    public void calm() {
        backoff.reset();
    }

    /** Forgets whatever is under way, and ends the pause. */
    public void forget() {
        current = null;
        endPause();
    }

    private Object begin() {
        Object mine = new Object();
        current = mine;
        return mine;
    }

    private boolean isCurrent(Object mine) {
        if (current != mine) {
            return false;
        }
        current = null;
        return true;
    }
}
