package io.sereno.tck.history;

import java.util.Optional;

/**
 * How an object behaves when its calls come one after another.
 *
 * @param <S> its state; immutable, with equals and hashCode
 * @param <A> what a call asked for, and what it was told
 */
public interface Model<S, A> {
    /** The state at the beginning. */
    S initial();

    /**
     * What one call does.
     *
     * @param state before it
     * @param action the call with its answer
     * @return the state after it; empty if in this state it cannot be answered so
     */
    Optional<S> step(S state, A action);
}
