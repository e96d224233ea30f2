package io.sereno.spi;

/**
 * A watch that is live.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Watch {
    /**
     * Ends the watch: no notice begins after this method has returned (WAT-5c). A notice that runs in another thread
     * may still be running. Idempotent, allowed inside the listener, and does not block.
     */
    void cancel();
}
