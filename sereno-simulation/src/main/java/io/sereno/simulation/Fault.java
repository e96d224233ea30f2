package io.sereno.simulation;

import io.sereno.backend.memory.MemoryBackup;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The faults that the {@link Explorer} may inject. All but {@link #END_LEASE} are within the rules of the SPI;
 * {@link #ROLL_BACK} and {@link #RESTORE} are within them if the store does not promise to keep acknowledged writes.
 */
public enum Fault {
    /** A request never reaches the store; the client gets UNKNOWN, or NOT_APPLIED if it changes no entry. */
    LOSE_REQUEST,
    /** The store executes a request, and the client gets UNKNOWN or NOT_APPLIED, as above. */
    LOSE_REPLY,
    /** The client gets UNKNOWN or NOT_APPLIED, as above, and later the store executes the request. */
    APPLY_LATE,
    /** A request is not sent, and the client knows: NOT_APPLIED. */
    REFUSE_REQUEST,
    /** The read that came with a commit fails: the result has no snapshot. */
    LOSE_SNAPSHOT,
    /** A request or a reply takes up to twenty seconds. */
    DELAY,
    /** A client is paused for up to thirty seconds: it receives nothing and none of its timers fires. */
    PAUSE,
    /** The network of a client is gone for up to thirty seconds; then its watches are reset. */
    CUT_OFF,
    /** The watches of a client are reset. */
    RESET_WATCHES,
    /** A change is announced that has not happened. */
    INVENT_NOTICE,
    /** A client is gone permanently. Its {@link SimulatedClient#eventually} conditions need not become true. */
    CRASH,
    /** A lease ends without its owner's knowledge. Stores are not allowed to do that (LEA-2), but have done it. */
    END_LEASE,
    /**
     * The store returns to an earlier state, and loses everything that it has acknowledged since then. Revisions go on
     * increasing ({@link MemoryBackup.Revisions#GO_ON}). Only on the explorer's own store.
     */
    ROLL_BACK,
    /**
     * As {@link #ROLL_BACK}, but the store gives the lost revisions to later commits again
     * ({@link MemoryBackup.Revisions#REPEAT}). Only on the explorer's own store.
     */
    RESTORE;

    /**
     * The faults that every client survives and every store may have: all but {@link #CRASH}, {@link #END_LEASE},
     * {@link #ROLL_BACK} and {@link #RESTORE}.
     */
    public static Set<Fault> survivable() {
        return Collections.unmodifiableSet(EnumSet.range(LOSE_REQUEST, INVENT_NOTICE));
    }

    /** All faults that clients may meet on a store that loses no acknowledged write. */
    public static Set<Fault> withoutLossOfWrites() {
        return Collections.unmodifiableSet(EnumSet.range(LOSE_REQUEST, END_LEASE));
    }
}
