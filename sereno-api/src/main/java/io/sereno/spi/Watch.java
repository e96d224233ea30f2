package io.sereno.spi;

/**
 * A watch that is live.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Watch {
    /**
     * Ends it: no notice begins after this has returned (WAT-5c). One that runs in another thread may still be running.
     * Idempotent, allowed inside the listener, and does not block.
     */
    void cancel();
}
