package io.sereno.recipes.kernel;

import io.sereno.spi.Bytes;
import io.sereno.spi.Query;

/**
 * The {@link Cell}s of one kind that a client uses: one for each entry, shared by all callers, and only until it rests. Safe for use by
 * multiple threads.
 *
 * <p>Requesting a change and dropping a resting cell are both atomic in the map: so no change is left with a dropped cell.
 */
public final class Cells<S> {
    /** How the state is stored. */
    public interface Format<S> {
        /** The state while there is no entry. */
        S initial();

        Bytes encode(S state);

        /** Throws an {@link io.sereno.UnreadableEntryException} if {@link #encode} cannot have made this value. */
        S decode(Bytes value);
    }

    private final Sessions sessions;
    private final Format<S> format;
    private final InUse<Query.One, Cell<S>> inUse = new InUse<>(Cell::close);

    public Cells(Sessions sessions, Format<S> format) {
        this.sessions = sessions;
        this.format = format;
    }

    /** Requests a change; it ends within {@link Store#limit()}. */
    public void submit(Errors errors, Query.One entry, Change<S, ?> change) {
        ask(errors, entry, change).attend(change);
    }

    /** As {@link #submit}, for a change that is one of several steps of a call: it ends by the call's deadline. */
    public void submit(Errors errors, Query.One entry, Change<S, ?> change, long deadline) {
        ask(errors, entry, change).attend(change, deadline);
    }

    private Cell<S> ask(Errors errors, Query.One entry, Change<S, ?> change) {
        return inUse.get(
                entry, () -> new Cell<>(sessions, errors, entry, format, this::drop), cell -> cell.ask(change));
    }

    /** Drops the cell, unless it has a new request, or another cell is in use by now. */
    private void drop(Query.One entry, Cell<S> resting) {
        inUse.remove(entry, resting, cell -> !cell.isAsked());
    }

    public int size() {
        return inUse.size();
    }

    /** Ends what is under way. */
    public void close() {
        inUse.close();
    }
}
