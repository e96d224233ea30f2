package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One caller's request to a {@link Cell}; completed with its result. A subclass keeps what {@link #apply} found until {@link #result} is called.
 * Confined to the cell's strand.
 *
 * @param <S> the state that it changes
 * @param <R> the result that the caller gets
 */
public abstract class Change<S, R> extends CompletableFuture<R> implements CompletionQueue.Answer {
    private final String operation;
    private final long deadline;
    private @Nullable RuntimeException failure;
    private boolean ended;
    private long revision;

    /** The change ends within {@link Store#limit()} from here. */
    protected Change(String operation, Kernel kernel) {
        this.operation = operation;
        this.deadline = kernel.time().nanoTime() + kernel.store().limit().toNanos();
    }

    /**
     * Returns the state after this change. If it throws, the caller gets the exception once the state that it was thrown for has been confirmed.
     * May be called again, with another state.
     *
     * @param incarnation the createRevision of the entry; 0 while there is none
     */
    protected abstract S apply(S state, long incarnation);

    /** The result of the last call of {@link #apply}; the revision is that of the commit, or 0 when nothing was changed. */
    protected abstract R result(long revision);

    /** Whether more than the entry is changed. Such a change is alone in its batch, and is committed in any case. */
    protected boolean isAlone() {
        return false;
    }

    /**
     * Adds to the commit of a change that is alone. If a condition can become true again, {@link #refused} must say no more than that the
     * condition was false: a copy with unknown outcome may still be applied, as long as the entry is the same.
     */
    protected void write(Commit.Builder commit, Session under, long incarnation) {}

    /** The exception for the caller when a condition of {@link #write} is false. */
    protected RuntimeException refused() {
        throw new IllegalStateException("no condition, no refusal");
    }

    /**
     * The change was applied after all, at this revision, after the outcome had been reported to its caller as unknown.
     */
    protected void appliedLate(long commitRevision) {}

    /** Whether completing this future may run a caller's code, which must not run on the strand. */
    protected boolean isPublic() {
        return false;
    }

    /** The future is about to be completed. Called once. */
    protected void reporting() {}

    public final String operation() {
        return operation;
    }

    final long deadline() {
        return deadline;
    }

    /** The state after this change, or the same state if the change cannot be applied to it. */
    final S applyTo(S state, long incarnation) {
        failure = null;
        try {
            return apply(state, incarnation);
        } catch (RuntimeException refused) {
            failure = refused;
            return state;
        }
    }

    final void fail(RuntimeException why) {
        failure = why;
    }

    final boolean hasFailed() {
        return failure != null;
    }

    final void appliedAt(long commitRevision) {
        revision = commitRevision;
    }

    final void end() {
        ended = true;
    }

    final boolean isEnded() {
        return ended;
    }

    /** Completes the future, which the caller waits for. */
    @Override
    public final void report() {
        reporting();
        if (failure != null) {
            completeExceptionally(failure);
        } else {
            complete(result(revision));
        }
    }
}
