package io.sereno.recipes.client;

import io.sereno.recipes.kernel.Room;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One caller's request to a {@link PoolQueue}: what it wants of the pool, and how that is stored. Its fields belong to the strand. */
public abstract class PoolRequest extends RightRequest {
    /** The place in which it waits or holds; null before there is one. */
    @Nullable
    PoolTurn turn;

    String entry = "";

    protected PoolRequest(PoolQueue queue, String operation, boolean onlyIfFree, boolean limited) {
        super(queue, operation, onlyIfFree, limited);
    }

    /** The name of its entry, once it is granted. */
    public final String entry() {
        return entry;
    }

    /** Whether it may go on in the place of the other. */
    protected abstract boolean isLike(PoolRequest other);

    /** It goes on in the place of the other, whose grant may be under way. */
    protected void replaces(PoolRequest other) {}

    /** What the place says; {@code granted}: with the mark. */
    protected abstract String lines(boolean granted);

    /** As {@link Room.Terms#isMarked}. */
    protected abstract boolean isMarked(Entry place);

    /** As {@link Room.Terms#marked}. */
    protected void marked(Entry own) {}

    /** As {@link Room.Terms#look}. */
    protected abstract Room.Answer look(List<Entry> inFront, @Nullable Entry limit);

    /** Whether a place behind all that were read would have to wait. A request that can never be granted is not answered here, but by its look. */
    protected abstract boolean isTaken(Snapshot directory);

    /** As {@link Room.Terms#firstLimit}. */
    protected @Nullable Bytes firstLimit(@Nullable Entry limit) {
        return null;
    }
}
