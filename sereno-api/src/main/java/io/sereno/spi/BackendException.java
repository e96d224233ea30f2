package io.sereno.spi;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** permanent: repeating will not help (authentication, permission, arguments). */
public final class BackendException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public enum Outcome {
        NOT_APPLIED,
        UNKNOWN
    }

    private final Outcome outcome;
    private final boolean permanent;

    public BackendException(Outcome outcome, boolean permanent, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.outcome = Objects.requireNonNull(outcome, "outcome");
        this.permanent = permanent;
    }

    public Outcome outcome() {
        return outcome;
    }

    public boolean permanent() {
        return permanent;
    }
}
