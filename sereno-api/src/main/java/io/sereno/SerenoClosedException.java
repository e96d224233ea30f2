package io.sereno;

import org.jspecify.annotations.Nullable;

/** The Sereno that this belongs to was closed. */
public final class SerenoClosedException extends SerenoException {
    private static final long serialVersionUID = 1L;

    public SerenoClosedException(String message) {
        this(message, null);
    }

    public SerenoClosedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
