package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one owner to one directory: one at a time, and a pause after one that did not work out.
 *
 * <p>The owner has a step that does what is to be done next, and asks first whether it may ({@link #isIdle}). It is called after each answer, when that
 * has been dealt with, and after each pause; so an owner is a handful of steps with no loop between them.
 *
 * <p>Confined to the strand, on which it calls the owner.
 */
public final class Requests {
    /** Hears why something takes so long. */
    public interface Trouble {
        /** {@code first}: of a series of failures without an answer in between. */
        void failed(BackendException why, boolean first);

        /** Hears the first of each series only. */
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

    /** What is under way; an answer to anything else is stale. */
    private @Nullable Object current;

    private @Nullable Runnable cancelPause;
    private volatile @Nullable BackendException failure;

    public Requests(Kernel kernel, Strand strand, String directory, Trouble trouble, Runnable step) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.trouble = trouble;
        this.step = step;
        this.backoff = kernel.backoff();
    }

    /** Nothing is under way, and there is no pause. */
    public boolean isIdle() {
        return current == null && cancelPause == null;
    }

    /** Why the last request failed; null when it did not. For every thread. */
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

    /** Reads one entry; {@code otherwise}, and a pause, when that fails. */
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

    /** What did not work out is tried again, after a while; each time a longer one, until an answer ends a series of failures, or {@link #calm}. */
    public void pause(@Nullable BackendException why) {
        if (why != null) {
            failed(why);
        }
        endPause();
        cancelPause = kernel.time().schedule(backoff.next(), strand, () -> {
            cancelPause = null;
            step.run();
        });
    }

    /** What is wanted could not even be asked for. */
    public void failed(BackendException why) {
        boolean first = failure == null;
        failure = why;
        trouble.failed(why, first);
    }

    /** Nothing was put, nor ever will be. The sessions tell of their end in a moment, which ends the pause too. */
    public void leaseDead(Session under) {
        pause(null);
        kernel.sessions().end(under);
    }

    public void endPause() {
        if (cancelPause != null) {
            cancelPause.run();
            cancelPause = null;
        }
    }

    /** Pauses are short again. */
    public void calm() {
        backoff.reset();
    }

    /** Whatever is under way does not matter any more, nor does what there was a pause for. */
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
