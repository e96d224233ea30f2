package io.sereno;

import org.jspecify.annotations.Nullable;

/** The session ended while the call depended on it. What it was to do did not happen, or went with the session. */
public final class SessionLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes one without a cause.
     *
     * @param message what happened, without secrets
     */
    public SessionLostException(String message) {
        this(message, null);
    }

    /**
     * Makes one.
     *
     * @param message what happened, without secrets
     * @param cause what it was found by, if anything
     */
    public SessionLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
