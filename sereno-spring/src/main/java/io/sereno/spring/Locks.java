package io.sereno.spring;

import io.sereno.Grant;

/** Checks for code that has to run under a {@link Locked} method. */
public final class Locks {
    private Locks() {}

    /**
     * Fails unless the calling thread runs in a {@link Locked} method of this mutex, which is held now. Finds calls that
     * passed by the annotation, as those within the same object do. Reads the clock and does no I/O.
     *
     * @param name of the mutex: what the key of the method evaluates to
     * @throws IllegalStateException if it does not, or if the mutex was lost
     */
    public static void assertHeld(String name) {
        Grant grant = Tenure.of(Tenure.Recipe.MUTEX, name)
                .orElseThrow(
                        () -> new IllegalStateException(
                                "this thread does not hold mutex '" + name
                                        + "' by @Locked; a call within the same object does not pass by the annotation: call through another bean"))
                .grant();
        if (!grant.isHeld()) {
            throw new IllegalStateException("mutex '" + name + "' was lost: " + grant);
        }
    }
}
