package io.sereno;

/**
 * A number of a {@link SlotPool} that one client has: its worker id, its port, its GPU. It is given back when it is released, or when it is lost with the
 * session.
 *
 * <p>Its fencing token is greater than that of each earlier holder of the number (SLT-1). Tokens of different numbers order nothing.
 * Instances are safe for use by multiple threads.
 */
public interface Slot extends Grant {
    /**
     * The number.
     *
     * @return 0 or more, and less than the count given to {@link Sereno#slotPool}; always the same, also after the slot has ended
     */
    int number();
}
