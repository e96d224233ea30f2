package io.sereno.tck.history;

import java.util.Optional;

/**
 * How an object behaves when its calls come one after another.
 *
 * @param <S> its state; immutable, with equals and hashCode
 * @param <A> a request and its answer
 */
public interface Model<S, A> {
    /** The state at the beginning. */
    S initial();

    /**
     * The effect of one call.
     *
     * @param state before it
     * @param action the call with its answer
     * @return the state after it; empty if this answer is not possible in this state
     */
    Optional<S> step(S state, A action);
}
