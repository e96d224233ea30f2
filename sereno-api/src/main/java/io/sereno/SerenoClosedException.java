package io.sereno;

import org.jspecify.annotations.Nullable;

/** The {@link Sereno} of this object was closed, before the call or during it. */
public final class SerenoClosedException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception without a cause.
     *
     * @param message what happened, without secrets
     */
    public SerenoClosedException(String message) {
        this(message, null);
    }

    /**
     * Creates an exception.
     *
     * @param message what happened, without secrets
     * @param cause the underlying exception, if any
     */
    public SerenoClosedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
