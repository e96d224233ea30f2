package io.sereno.spring;

/** The mutex of a {@link Locked} method was not free in time, so the method was not run. */
public final class BusyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BusyException(String message) {
        super(message);
    }
}
