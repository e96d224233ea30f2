package io.sereno;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A right was lost before it was released: the work done under it may have overlapped with that of another holder. */
public final class GrantLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final LossCause lossCause;

    /**
     * Creates an exception without a cause.
     *
     * @param lossCause why the right was lost
     * @param message what happened, without secrets
     */
    public GrantLostException(LossCause lossCause, String message) {
        this(lossCause, message, null);
    }

    /**
     * Creates an exception.
     *
     * @param lossCause why the right was lost
     * @param message what happened, without secrets
     * @param cause the underlying exception, if any
     */
    public GrantLostException(LossCause lossCause, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.lossCause = Objects.requireNonNull(lossCause, "lossCause");
    }

    /**
     * Why the right was lost.
     *
     * @return as {@link Grant#lost()} says
     */
    public LossCause lossCause() {
        return lossCause;
    }
}
