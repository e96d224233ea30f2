package io.sereno.recipes.kernel;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One caller's wait for a result, with a limit if the caller gave one. When the limit has passed, a task of the owner decides how the wait ends.
 *
 * <p>A wait ends with its result, or before that by {@link #end}: the caller has given up, or the result is certain and is reported later. A wait
 * that has ended needs no limit any more.
 *
 * <p>Safe for use by multiple threads.
 */
public class TimedWait<T> {
    private final Kernel kernel;
    private final Executor strand;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    /** The store's latest call when the wait began. */
    private final long askedBefore;

    private volatile @Nullable Runnable cancelLimit;
    private volatile boolean ended;

    /** {@code strand} runs the task of the limit. */
    public TimedWait(Kernel kernel, Executor strand) {
        this.kernel = kernel;
        this.strand = strand;
        this.askedBefore = kernel.store().asked();
    }

    public final CompletableFuture<T> result() {
        return result;
    }

    /** Runs a task on the strand after the limit, unless the wait has ended by then. A later limit replaces an earlier one. */
    public final void limit(Duration limit, Runnable runOut) {
        if (!ended) {
            cancelLimit();
            cancelLimit = kernel.time().schedule(limit, strand, () -> {
                if (!ended) {
                    runOut.run();
                }
            });
            if (ended) {
                cancelLimit(); // It may have ended before the limit was set.
            }
        }
    }

    /** Ends the wait without a result. False if it had ended before; if threads call this at the same time, each may get true. */
    public final boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        cancelLimit();
        return true;
    }

    /** Whether the wait has ended, with or without a result. */
    public final boolean isEnded() {
        return ended;
    }

    /** Ends the wait with this result, unless there is a result; null if the wait has no value. */
    public final void complete(@Nullable T value) {
        end();
        result.complete(value);
    }

    /** Ends the wait with a failure, unless there is a result. */
    public final void fail(RuntimeException why) {
        end();
        result.completeExceptionally(why);
    }

    /** Whether the store has answered a call that was made since the wait began. */
    public final boolean hasStoreAnswered() {
        return kernel.store().hasAnsweredSince(askedBefore);
    }

    private void cancelLimit() {
        Runnable cancel = cancelLimit;
        if (cancel != null) {
            cancel.run();
        }
    }
}
