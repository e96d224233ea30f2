package io.sereno.spring;

import io.sereno.Grant;

/** The fencing token of the right under which the calling thread runs. */
public final class Fencing {
    private Fencing() {}

    /**
     * The token of the innermost {@link Locked}, {@link LeaderOnly} or {@link OnElected} method that the calling thread
     * runs. Does no I/O.
     *
     * @return as {@link Grant#fencingToken()}, also after a loss
     * @throws IllegalStateException if the thread runs no such method
     */
    public static long token() {
        return Tenure.innermost()
                .orElseThrow(() -> new IllegalStateException(
                        "this thread runs under no right: it is in no method with @Locked, @LeaderOnly or @OnElected that was called"
                                + " through a bean; a call within the same object does not pass by the annotation"))
                .grant()
                .fencingToken();
    }
}
