package io.sereno;

import java.time.Duration;
import java.util.OptionalLong;

/** No I/O inside its reserved window; strictly increasing per generator; unique whatever clocks and leases do. */
public interface IdGenerator {
    /** Waits at most the operation timeout for a window, a slot, or a clock that went back; then NotAppliedException. */
    long nextId();

    long[] nextIds(int count);

    OptionalLong tryNextId(Duration timeout) throws InterruptedException;

    IdLayout layout();
}
