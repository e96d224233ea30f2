package io.sereno;

/**
 * The state of a client's session. A client has one session. It has a second one for some time only if more than 1,000
 * of its requests had an unknown outcome; then this is the state of the newer session, and what is held under the older
 * one stays held.
 */
public enum SessionState {
    /** Renewals are acknowledged. */
    CONNECTED,
    /**
     * Renewals are not acknowledged at the moment, or there is no session yet. A held right stays held until its local
     * deadline: nothing is lost. If the store is silent, this state is reported at the latest half a session ttl after
     * the sending of the last renewal that was acknowledged; if the store refuses, it is reported earlier.
     */
    SUSPENDED,
    /**
     * The session has ended permanently, and so has everything that was held under it. A new session follows by itself.
     */
    EXPIRED,
    /** The client was closed. */
    CLOSED
}
