package io.sereno.spring;

/** What a {@link Locked} method does if its mutex was not free within {@link Locked#waitAtMost}. */
public enum Busy {
    /** It is not run, and the caller gets a {@link BusyException}. */
    THROW,
    /**
     * It is not run, and returns null, or the empty {@code Optional} if that is its type. Refused at startup for a
     * method that returns a primitive value: the caller could not tell it from a result.
     */
    SKIP
}
