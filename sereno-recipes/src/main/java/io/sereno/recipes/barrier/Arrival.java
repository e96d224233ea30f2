package io.sereno.recipes.barrier;

import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code await}: completed with whether the party has crossed. It may have its answer before the store has nothing of it any more.
 *
 * <p>What is not final is confined to the strand.
 */
final class Arrival extends TimedWait<Boolean> {
    enum Stage {
        /** Nothing is stored, and nothing under way. */
        NEW,
        /** The commit that puts the place is under way, or its outcome is unknown. */
        ENTERING,
        /** The place was put, and is not decided as far as is known. */
        WAITING,
        /** As before, and the place is to be removed unless it has crossed. */
        LEAVING,
        /** The call has its answer, and the place is to be removed. */
        DECIDED
    }

    private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    final String party;
    final int parties;
    /** It waits for the store alone. */
    final boolean once;

    Stage stage = Stage.NEW;
    String place = "";
    long createRevision;
    /** The createRevision of its first place; 0 before. */
    long arrived;

    @Nullable
    Session under;

    private final Kernel kernel;
    /** When its own limit has passed; null if it has none. */
    private @Nullable Long deadline;

    private Runnable unuse = () -> {};
    /** The place is not named by this crossing, nor by one before. */
    long crossings;
    /** The createRevision of the head that this look showed. */
    long incarnation;
    /** What happens when it is certain that the place will not cross; null while it wants to wait, if need be at another place. */
    @Nullable
    Runnable onWithdrawn;

    Arrival(Kernel kernel, Strand strand, String party, int parties, boolean once) {
        super(kernel, strand);
        this.kernel = kernel;
        this.party = party;
        this.parties = parties;
        this.once = once;
    }

    void deadline(long since, Duration limit) {
        deadline = since + TimeUnit.NANOSECONDS.convert(limit);
    }

    /** The time until its own limit; negative after it. */
    Duration left() {
        return deadline == null
                ? FOREVER
                : Duration.ofNanos(deadline - kernel.time().nanoTime());
    }

    /**
     * Its place is being put.
     *
     * @param known the crossings of which the client knows
     * @param end is run when the store has nothing of it under that session any more
     */
    void enters(String name, Session session, long known, Runnable end) {
        stage = Stage.ENTERING;
        place = name;
        under = session;
        unuse = end;
        crossings = known;
        incarnation = 0;
    }

    void entered(long revision) {
        stage = onWithdrawn == null ? Stage.WAITING : Stage.LEAVING;
        createRevision = revision;
        if (arrived == 0) {
            arrived = revision;
        }
    }

    /** Its place, as it is stored. */
    BarrierPlace stored() {
        return new BarrierPlace(place, createRevision, party, parties, arrived);
    }

    /** The store has nothing of it. */
    void rests() {
        unuse.run();
        unuse = () -> {};
        under = null;
        stage = Stage.NEW;
        onWithdrawn = null;
    }

    boolean isOver() {
        Session session = under;
        return session != null && !session.isAlive();
    }

    /** Whether its place is stored, and is not decided as far as is known. */
    boolean isStored() {
        return stage == Stage.WAITING || stage == Stage.LEAVING;
    }
}
