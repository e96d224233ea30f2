package io.sereno.tck.history;

import java.util.Optional;

/**
 * A mutex, or an election, with fencing tokens: one holder at a time, and tokens only rise. A lost holder is a release
 * of unknown outcome, from the moment at which its session may have ended.
 */
public final class LockModel implements Model<LockModel.State, LockModel.Action> {
    /**
     * The holder.
     *
     * @param holder the token of the holder; 0 if there is none
     * @param lastToken the greatest token so far
     */
    public record State(long holder, long lastToken) {}

    /** An answer to a client, or an action of a client. */
    public sealed interface Action {}

    /** A client acquired it. */
    public record Acquired(long token) implements Action {}

    /** The holder released or lost it. */
    public record Released(long token) implements Action {}

    /** A client found that another client holds it. */
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
