package io.sereno.blocking;

/**
 * What an exception of a client library proves about the request that it ended, and about the connection. If in doubt,
 * it is {@link #LOST}.
 */
public enum Fault {
    /** The server has refused the request: nothing was applied. The connection can be used again. */
    REFUSED(true, true),
    /** As {@link #REFUSED}, and the same request will be refused again until somebody changes something. */
    REFUSED_FOR_GOOD(true, true),
    /**
     * Nothing was applied, and the connection cannot be used again: the request was certainly not sent, or the server has
     * refused it and said goodbye. The call is sent again over another connection, a write too.
     */
    NOT_SENT(true, false),
    /** The server has answered, but not whether it has applied the request. The connection can be used again. */
    UNCERTAIN(false, true),
    /**
     * The connection broke or cannot be trusted any more, and the request may have been sent. A write ends
     * {@code UNKNOWN}; a read is sent again over another connection, five times in all at most.
     */
    LOST(false, false),
    /**
     * A bug: of the client library, of the code that calls it, or of the server's answer. As {@link #LOST}, but a read
     * fails at once, since repeating it would end the same way.
     */
    BROKEN(false, false);

    private final boolean nothingApplied;
    private final boolean keepsConnection;

    Fault(boolean nothingApplied, boolean keepsConnection) {
        this.nothingApplied = nothingApplied;
        this.keepsConnection = keepsConnection;
    }

    boolean nothingApplied() {
        return nothingApplied;
    }

    boolean keepsConnection() {
        return keepsConnection;
    }

    /** Whether the call is sent again over another connection. */
    boolean repeats(boolean writes) {
        return this == NOT_SENT || (this == LOST && !writes);
    }
}
