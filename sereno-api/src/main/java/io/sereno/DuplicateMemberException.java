package io.sereno;

import org.jspecify.annotations.Nullable;

/** Another live member of the group has this id. */
public final class DuplicateMemberException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception without a cause.
     *
     * @param message what happened, without secrets
     */
    public DuplicateMemberException(String message) {
        this(message, null);
    }

    /**
     * Creates an exception.
     *
     * @param message what happened, without secrets
     * @param cause the underlying exception, if any
     */
    public DuplicateMemberException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
