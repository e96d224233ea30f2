package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * The change was made, or will be made later, or never will be: its outcome could not be found out in time. Sereno did
 * not repeat the change, since that could have made it twice. Check the current state before repeating it.
 */
public final class OutcomeUnknownException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception without a cause.
     *
     * @param message what happened, without secrets
     */
    public OutcomeUnknownException(String message) {
        this(message, null);
    }

    /**
     * Creates an exception.
     *
     * @param message what happened, without secrets
     * @param cause the underlying exception, if any
     */
    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
