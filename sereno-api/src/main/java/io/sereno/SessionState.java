package io.sereno;

/**
 * How the session of a client is. A client has one, and another one beside it for some time only when more than 1,000 of its requests had an unknown
 * outcome; then this is the state of the newer one, and what is held under the older one stays held.
 */
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
