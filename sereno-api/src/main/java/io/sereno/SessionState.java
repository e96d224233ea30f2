package io.sereno;

/** How the session of a client is. */
public enum SessionState {
    /** Renewals are acknowledged. */
    CONNECTED,
    /**
     * Not so now: renewals are not acknowledged, or there is no session yet. What is held stays held until its local
     * deadline: no loss. A store that is silent is told half a ttl of the session after the sending of the last renewal that was
     * acknowledged, at the latest; a store that refuses is told earlier.
     */
    SUSPENDED,
    /** Over for good, with all that was held under it. A new session follows by itself. */
    EXPIRED,
    /** The client was closed. */
    CLOSED
}
