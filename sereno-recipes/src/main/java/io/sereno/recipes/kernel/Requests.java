package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.function.Consumer;
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
    /** Is told why something takes so long. */
    public interface Trouble {
        /** {@code first}: the first of a series of failures without an answer in between. */
        void failed(BackendException why, boolean first);

        /** Is told the first of each series only. */
        static Trouble first(Consumer<BackendException> told) {
            return (why, first) -> {
                if (first) {
                    told.accept(why);
                }
            };
        }
    }

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Trouble trouble;
    private final Runnable step;
    private final Backoff backoff;

    /** The request under way; an answer to any other request is stale. */
    private @Nullable Object current;

    private final Timer pause = new Timer();
    private volatile @Nullable BackendException failure;

    public Requests(Kernel kernel, Strand strand, String directory, Trouble trouble, Runnable step) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.trouble = trouble;
        this.step = step;
        this.backoff = kernel.backoff();
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
        Object mine = begin();
        kernel.store().commit(commit.build(), strand, outcome -> {
            if (isCurrent(mine)) {
                if (outcome.failure() == null) {
                    answered();
                }
                then.accept(outcome);
                step.run();
            }
        });
    }

    /** Reads one entry; if that fails, runs {@code otherwise} and pauses. */
    public void read(String name, Consumer<Snapshot> then, Runnable otherwise) {
        read(new Query.One(directory, name), then, otherwise);
    }

    public void read(Query query, Consumer<Snapshot> then, Runnable otherwise) {
        Object mine = begin();
        kernel.store().read(query, strand, (snapshot, why) -> {
            if (isCurrent(mine)) {
                if (snapshot != null) {
                    answered();
                    then.accept(snapshot);
                } else {
                    otherwise.run();
                    pause(why);
                }
                step.run();
            }
        });
    }

    private void answered() {
        if (failure != null) {
            failure = null;
            calm();
        }
    }

    /** Retries after a pause. Each pause is longer than the last, until an answer ends a series of failures, or {@link #calm} is called. */
    public void pause(@Nullable BackendException why) {
        if (why != null) {
            failed(why);
        }
        pause.set(kernel.time(), backoff.next(), strand, step);
    }

    /** The request could not even be sent. */
    public void failed(BackendException why) {
        boolean first = failure == null;
        failure = why;
        trouble.failed(why, first);
    }

    /** Nothing was put, nor ever will be. The sessions report their end in a moment, which ends the pause too. */
    public void leaseDead(Session under) {
        pause(null);
        kernel.sessions().end(under);
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
