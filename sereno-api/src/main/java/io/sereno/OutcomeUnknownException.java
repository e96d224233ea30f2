package io.sereno;

import org.jspecify.annotations.Nullable;

/** The change may have happened, may still happen, or may never happen; it was not repeated. */
public final class OutcomeUnknownException extends SerenoException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(String message) {
        this(message, null);
    }

    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
