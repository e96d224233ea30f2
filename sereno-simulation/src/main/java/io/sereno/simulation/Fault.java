package io.sereno.simulation;

import io.sereno.backend.memory.MemoryBackup;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the {@link Explorer} may do to a schedule. All but {@link #END_LEASE} is within the rules of the SPI; {@link #ROLL_BACK} and {@link
 * #RESTORE} are within them where the store does not promise to keep what it acknowledged.
 */
public enum Fault {
    /** A request never reaches the store; the client is told UNKNOWN, or NOT_APPLIED if it changes no entry. */
    LOSE_REQUEST,
    /** The store carries a request out, and the client is told the same. */
    LOSE_REPLY,
    /** The client is told the same, and later the store carries the request out. */
    APPLY_LATE,
    /** A request is not sent, and the client knows: NOT_APPLIED. */
    REFUSE_REQUEST,
    /** The read that came with a commit failed: the result comes without its snapshot. */
    LOSE_SNAPSHOT,
    /** A request or a reply takes up to twenty seconds. */
    DELAY,
    /** A client stands still for up to thirty seconds: it hears nothing and none of its timers fires. */
    PAUSE,
    /** The network of a client is gone for up to thirty seconds; then its watches are reset. */
    CUT_OFF,
    /** The watches of a client are reset. */
    RESET_WATCHES,
    /** A change is announced that has not happened. */
    INVENT_NOTICE,
    /** A client is gone for good. What was to happen by {@link SimulatedClient#eventually} need not happen. */
    CRASH,
    /** A lease ends behind its owner's back. Stores are not allowed to do that (LEA-2), and have done it. */
    END_LEASE,
    /**
     * The store is again what it was at an earlier moment, and has lost what it acknowledged since; revisions go on increasing ({@link
     * MemoryBackup.Revisions#GO_ON}). Only on the explorer's own store.
     */
    ROLL_BACK,
    /**
     * The same, and revisions are given again that others had before ({@link MemoryBackup.Revisions#REPEAT}). Only on the explorer's own store.
     */
    RESTORE;

    /**
     * What every client survives and every store may do: all but {@link #CRASH}, {@link #END_LEASE}, {@link #ROLL_BACK} and {@link #RESTORE}.
     */
    public static Set<Fault> survivable() {
        return Collections.unmodifiableSet(EnumSet.range(LOSE_REQUEST, INVENT_NOTICE));
    }

    /** Everything that may befall clients of a store that loses no write which it has acknowledged. */
    public static Set<Fault> withoutLossOfWrites() {
        return Collections.unmodifiableSet(EnumSet.range(LOSE_REQUEST, END_LEASE));
    }
}
