package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * The change was made, or will be, or never will be: its fate could not be found out in time, and it was not repeated,
 * since that could have made it twice. Look at what it was to change before repeating it.
 */
public final class OutcomeUnknownException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes one without a cause.
     *
     * @param message what happened, without secrets
     */
    public OutcomeUnknownException(String message) {
        this(message, null);
    }

    /**
     * Makes one.
     *
     * @param message what happened, without secrets
     * @param cause what it was found by, if anything
     */
    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
