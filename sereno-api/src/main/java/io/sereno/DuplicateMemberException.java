package io.sereno;

import org.jspecify.annotations.Nullable;

/** Another live member holds this id. */
public final class DuplicateMemberException extends SerenoException {
    private static final long serialVersionUID = 1L;

    public DuplicateMemberException(String message) {
        this(message, null);
    }

    public DuplicateMemberException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
