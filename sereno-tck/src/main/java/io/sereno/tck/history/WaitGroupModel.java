package io.sereno.tck.history;

import java.util.Optional;

/** A wait group: a number of workers to wait for, never below zero. */
public final class WaitGroupModel implements Model<Integer, WaitGroupModel.Action> {
    /** What a client did, and was told. */
    public sealed interface Action {}

    /** Workers were added. */
    public record Added(int workers) implements Action {}

    /** One of them was done. */
    public record Done() implements Action {}

    /** Being done was refused, since nobody was left. */
    public record DoneRefused() implements Action {}

    /** A wait came to its end: at some moment of it nobody was left. */
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
