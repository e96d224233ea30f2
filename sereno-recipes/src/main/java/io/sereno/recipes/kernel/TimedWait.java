package io.sereno.recipes.kernel;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One caller's wait for a result. It ends with the result, or when the caller gives up; and it may have a limit, which only its owner's task
 * ends.
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

    /** Ends the wait without a result, or before its result is reported. False if it had ended before. */
    public final boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        cancelLimit();
        return true;
    }

    /** Whether it has ended: its limit does not matter any more. */
    public final boolean isEnded() {
        return ended;
    }

    /** Ends the wait with this result, unless there is a result; null if there is nothing to tell. */
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
