package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * An entry in the store cannot be read: it was written by another program, or by a version of Sereno whose format this
 * version does not know. Nothing was changed. The call fails in the same way until the entry is fixed or removed. The
 * message says what the entry should be and quotes the beginning of its value.
 */
public final class UnreadableEntryException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message what the entry should contain, and the beginning of its value
     * @param cause the underlying exception, if any
     */
    public UnreadableEntryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
