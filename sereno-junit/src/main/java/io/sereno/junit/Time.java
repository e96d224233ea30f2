package io.sereno.junit;

/** The time in which a test runs. */
public enum Time {
    /** Passes only when the test waits for something, and then as fast as the nodes work. */
    VIRTUAL,
    /** The machine's time. */
    REAL
}
