package io.sereno.spi;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The only exception with which a backend fails (OUT-6c). Recipes turn it into an exception of {@link io.sereno} and
 * add operation, recipe and name. So the message says only what happened at the store and what to do about it; it never
 * contains a password (OUT-6d).
 */
public final class BackendException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The outcome of the call. */
    public enum Outcome {
        /**
         * Nothing was changed, and nothing ever will be (OUT-1). Failed reads, watches and grants end this way
         * (OUT-6a).
         */
        NOT_APPLIED,
        /**
         * A commit that was applied once, or will be at some later moment, or never will be (OUT-3). A renewal or a
         * revocation of a lease may end this way too.
         */
        UNKNOWN
    }

    private final Outcome outcome;
    private final boolean permanent;

    /**
     * Makes a failure.
     *
     * @param outcome the outcome of the call; {@link Outcome#UNKNOWN} if it is not certain
     * @param permanent whether the same call will fail again until somebody changes something
     * @param message what happened, without password
     * @param cause the error of the client library, if there is one
     */
    public BackendException(Outcome outcome, boolean permanent, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.outcome = Objects.requireNonNull(outcome, "outcome");
        this.permanent = permanent;
    }

    /**
     * The outcome of the call.
     *
     * @return {@link Outcome#NOT_APPLIED} only if that is certain
     */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * Whether repeating the call will not help: wrong credentials, missing permissions, an argument that the store
     * refuses, a closed backend.
     *
     * @return false if it may help, or if that is not known
     */
    public boolean permanent() {
        return permanent;
    }
}
