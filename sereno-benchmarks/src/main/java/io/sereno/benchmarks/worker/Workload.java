package io.sereno.benchmarks.worker;

import java.time.Duration;

/** What a worker measures. The driver calls {@link #open}, {@link #fill}, {@link #window} several times, and {@link #hold} once. */
interface Workload {
    /** Connects the clients that do the work. */
    void open() throws Exception;

    /** Brings the store and the process to the size that the row is about. */
    default void fill() throws Exception {}

    /** Works for about this long, and checks the results. */
    Window window(Duration length) throws Exception;

    /** Returns when the callers are in the state that is measured; the state lasts until {@link #letGo}. */
    default void hold() throws Exception {}

    default void letGo() throws Exception {}
}
