package io.sereno;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A right given for a time: mutex, election. Any thread may use it. (Permits and read locks, later, get a type without token: theirs would order nothing.) */
public interface Grant extends AutoCloseable {
    /** createRevision x 1024 + place in the local series: final, strictly increasing over all grants of this name. */
    long fencingToken();
    /** Reads the clock: false from the local deadline on, with no server in reach. */
    boolean isHeld();

    Duration remaining();
    /** By the local deadline at the latest, off I/O threads; never after an orderly release; callers cannot complete it. */
    CompletionStage<LossCause> lost();
    /** GrantLostException when lost before, IllegalStateException when given back before. */
    void release();

    @Override
    void close();
}
