package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of a topic is kept. Messages within both limits are kept; since messages are stored and trimmed in batches,
 * somewhat more may be kept.
 *
 * @param maxMessages the most messages to keep, 1 or more
 * @param maxAge the greatest age of a message, by the wall clocks of the publishers; empty for no limit
 */
public record Retention(int maxMessages, Optional<Duration> maxAge) {
    /** Refuses limits that would keep nothing. */
    public Retention {
        if (maxMessages < 1) {
            throw new IllegalArgumentException("maxMessages is " + maxMessages + "; 1 or more is accepted");
        }
        if (maxAge.isPresent() && (maxAge.get().isNegative() || maxAge.get().isZero())) {
            throw new IllegalArgumentException(
                    "maxAge is " + maxAge.get() + "; more than zero, or empty for no limit, is accepted");
        }
    }
}
