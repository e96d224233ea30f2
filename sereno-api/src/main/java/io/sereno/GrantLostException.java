package io.sereno;

import org.jspecify.annotations.Nullable;

/** The right was lost before it was given back. */
public final class GrantLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final LossCause lossCause;

    public GrantLostException(LossCause lossCause, String message) {
        this(lossCause, message, null);
    }

    public GrantLostException(LossCause lossCause, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.lossCause = lossCause;
    }

    public LossCause lossCause() {
        return lossCause;
    }
}
