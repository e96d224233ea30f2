package io.sereno.spi;

/** permanent: repeating will not help (authentication, permission, arguments). */
public final class BackendException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public enum Outcome {
        NOT_APPLIED,
        UNKNOWN
    }

    private final Outcome outcome;
    private final boolean permanent;

    public BackendException(Outcome outcome, boolean permanent, String message, Throwable cause) {
        super(message, cause);
        this.outcome = outcome;
        this.permanent = permanent;
    }

    public Outcome outcome() {
        return outcome;
    }

    public boolean permanent() {
        return permanent;
    }
}
