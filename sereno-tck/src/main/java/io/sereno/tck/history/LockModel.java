package io.sereno.tck.history;

import java.util.Optional;

/**
 * A mutex, or an election, with fencing tokens: one holder at a time, tokens that only rise. A holder that was lost is a
 * release of unknown outcome, from the moment on at which its session may have ended.
 */
public final class LockModel implements Model<LockModel.State, LockModel.Action> {
    /**
     * Who holds it.
     *
     * @param holder the token of the holder; 0 if nobody holds it
     * @param lastToken the greatest token so far
     */
    public record State(long holder, long lastToken) {}

    /** What a client was told, or did. */
    public sealed interface Action {}

    /** It was granted. */
    public record Acquired(long token) implements Action {}

    /** It was given back, or lost. */
    public record Released(long token) implements Action {}

    /** It was found to be held by somebody. */
    public record FoundHeld() implements Action {}

    @Override
    public State initial() {
        return new State(0, 0);
    }

    @Override
    public Optional<State> step(State state, Action action) {
        if (action instanceof Acquired acquired) {
            boolean free = state.holder() == 0 && acquired.token() > state.lastToken();
            return free ? Optional.of(new State(acquired.token(), acquired.token())) : Optional.empty();
        }
        if (action instanceof Released released) {
            return state.holder() == released.token() ? Optional.of(new State(0, state.lastToken())) : Optional.empty();
        }
        return state.holder() != 0 ? Optional.of(state) : Optional.empty();
    }
}
