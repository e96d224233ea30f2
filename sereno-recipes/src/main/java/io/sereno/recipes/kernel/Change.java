package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What one caller asks of a {@link Cell}; completed with what came of it. A subclass keeps what {@link #apply} found until {@link #result} is asked
 * for. Confined to the cell's strand.
 *
 * @param <S> the state that it changes
 * @param <R> what the caller hears
 */
public abstract class Change<S, R> extends CompletableFuture<R> implements Answers.Answer {
    private final String operation;
    private final long deadline;
    private @Nullable RuntimeException failure;
    private boolean ended;
    private long revision;

    /** It ends within {@link Store#limit()} from here. */
    protected Change(String operation, Kernel kernel) {
        this.operation = operation;
        this.deadline = kernel.time().nanoTime() + kernel.store().limit().toNanos();
    }

    /**
     * The state after this change. What it throws is what the caller hears, when the state that it was thrown for has been confirmed. May be called
     * again, with another state.
     *
     * @param incarnation the createRevision of the entry; 0 while there is none
     */
    protected abstract S apply(S state, long incarnation);

    /** What the last call of {@link #apply} came to; the revision is that of the commit, or 0 when nothing was changed. */
    protected abstract R result(long revision);

    /** Whether more than the entry is changed. Such a change travels alone, and is committed in any case. */
    protected boolean isAlone() {
        return false;
    }

    /**
     * Adds to the commit of a change that is alone. Where a condition can become true again, {@link #refused} says no more than that it was false: a
     * copy in doubt may still be applied, as long as the entry is the same.
     */
    protected void write(Commit.Builder commit, Session under, long incarnation) {}

    /** What the caller hears when a condition of {@link #write} is false. */
    protected RuntimeException refused() {
        throw new IllegalStateException("no condition, no refusal");
    }

    /** It was made after all, at this revision, when its caller had been told that nobody knows. */
    protected void madeTooLate(long commitRevision) {}

    /** Whether completing it may run a caller's code, which has no place on the strand. */
    protected boolean isPublic() {
        return false;
    }

    public final String operation() {
        return operation;
    }

    final long deadline() {
        return deadline;
    }

    /** The state after this change, or the same state when it cannot be applied to it. */
    final S tryOn(S state, long incarnation) {
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

    final void madeAt(long commitRevision) {
        revision = commitRevision;
    }

    final void end() {
        ended = true;
    }

    final boolean isEnded() {
        return ended;
    }

    /** The caller hears of it. */
    @Override
    public final void tell() {
        if (failure != null) {
            completeExceptionally(failure);
        } else {
            complete(result(revision));
        }
    }
}
