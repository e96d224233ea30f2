package io.sereno;

import org.jspecify.annotations.Nullable;

/** The session ended while the call depended on it. */
public final class SessionLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    public SessionLostException(String message) {
        this(message, null);
    }

    public SessionLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
