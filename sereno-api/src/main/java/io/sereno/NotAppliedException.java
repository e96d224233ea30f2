package io.sereno;

import org.jspecify.annotations.Nullable;

/** Nothing was changed: the call may be repeated. Failed reads end this way too. */
public final class NotAppliedException extends SerenoException {
    private static final long serialVersionUID = 1L;

    public NotAppliedException(String message) {
        this(message, null);
    }

    public NotAppliedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
