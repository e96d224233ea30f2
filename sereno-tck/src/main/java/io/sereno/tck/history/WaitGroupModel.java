package io.sereno.tck.history;

import java.util.Optional;

/** A wait group: a number of workers to wait for, never below zero. */
public final class WaitGroupModel implements Model<Integer, WaitGroupModel.Action> {
    /** A call of a client, with its answer. */
    public sealed interface Action {}

    /** Workers were added. */
    public record Added(int workers) implements Action {}

    /** One worker was done. */
    public record Done() implements Action {}

    /** A done was refused, since there were no workers left. */
    public record DoneRefused() implements Action {}

    /** A wait ended: at some moment of it there were no workers left. */
    public record Awaited() implements Action {}

    @Override
    public Integer initial() {
        return 0;
    }

    @Override
    public Optional<Integer> step(Integer pending, Action action) {
        if (action instanceof Added added) {
            return Optional.of(pending + added.workers());
        }
        if (action instanceof Done) {
            return pending > 0 ? Optional.of(pending - 1) : Optional.empty();
        }
        return pending == 0 ? Optional.of(pending) : Optional.empty();
    }
}
