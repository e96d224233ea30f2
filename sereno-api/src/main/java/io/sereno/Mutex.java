package io.sereno;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/** FIFO between clients and within one. Not re-entrant; asLock() is. */
public interface Mutex {
    String name();
    /** Through outages and session loss (then at the tail); ends by grant, interrupt or Sereno.close(). */
    Grant acquire() throws InterruptedException;

    Optional<Grant> tryAcquire();
    /** Empty: others were in front to the end. NotAppliedException: the store was out of reach when the time ended. */
    Optional<Grant> tryAcquire(Duration timeout) throws InterruptedException;
    /** Acquires, runs in this thread, interrupts it on loss, gives back; GrantLostException when it did not hold to the end. */
    <T, E extends Exception> T call(Work<T, E> work) throws E, InterruptedException;

    LockView inspect();
    /** Re-entrant per thread. unlock(): GrantLostException after a loss, IllegalMonitorStateException for a stranger. No conditions. */
    Lock asLock();

    @FunctionalInterface
    interface Work<T, E extends Exception> {
        T run(Grant grant) throws E;
    }
}
