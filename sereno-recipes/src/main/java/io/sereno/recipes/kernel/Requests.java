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
    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Consumer<BackendException> onTrouble;
    private final Runnable step;
    private final Backoff backoff;

    /** What is under way; an answer to anything else is stale. */
    private @Nullable Object current;

    private @Nullable Runnable cancelPause;
    private @Nullable BackendException failure;

    /** {@code onTrouble} is told the first failure of a series. */
    public Requests(
            Kernel kernel, Strand strand, String directory, Consumer<BackendException> onTrouble, Runnable step) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.onTrouble = onTrouble;
        this.step = step;
        this.backoff = kernel.backoff();
    }

    /** Nothing is under way, and there is no pause. */
    public boolean isIdle() {
        return current == null && cancelPause == null;
    }

    /** Why the last request failed; null when it did not. */
    public @Nullable BackendException failure() {
        return failure;
    }

    public void commit(Commit.Builder commit, Consumer<Outcome> then) {
        Object mine = begin();
        kernel.store().commit(commit.build(), strand, outcome -> {
            if (isCurrent(mine)) {
                if (outcome.failure() == null) {
                    failure = null;
                }
                then.accept(outcome);
                step.run();
            }
        });
    }

    /** Reads one entry; {@code otherwise}, and a pause, when that fails. */
    public void read(String name, Consumer<Snapshot> then, Runnable otherwise) {
        Object mine = begin();
        kernel.store().read(new Query.One(directory, name), strand, (snapshot, why) -> {
            if (isCurrent(mine)) {
                if (snapshot != null) {
                    failure = null;
                    then.accept(snapshot);
                } else {
                    otherwise.run();
                    pause(why);
                }
                step.run();
            }
        });
    }

    /** What did not work out is tried again, after a while; each time a longer one, until {@link #calm}. */
    public void pause(@Nullable BackendException why) {
        if (why != null) {
            boolean first = failure == null;
            failure = why;
            if (first) {
                onTrouble.accept(why);
            }
        }
        endPause();
        cancelPause = kernel.time().schedule(backoff.next(), strand, () -> {
            cancelPause = null;
            step.run();
        });
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
