package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * Nothing was changed, and nothing will be: the call may be repeated. Also thrown by failed reads, and by waits whose
 * time ended while the store was out of reach.
 */
public final class NotAppliedException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception without a cause.
     *
     * @param message what happened, without secrets
     */
    public NotAppliedException(String message) {
        this(message, null);
    }

    /**
     * Creates an exception.
     *
     * @param message what happened, without secrets
     * @param cause the underlying exception, if any
     */
    public NotAppliedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
