package io.sereno;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of a topic is kept. What is within both limits is kept; since messages are stored and trimmed in batches,
 * somewhat more may be there.
 *
 * @param maxMessages how many at most, 1 or more
 * @param maxAge how old at most, by the wall clocks of those who publish; empty for no limit
 */
public record Retention(int maxMessages, Optional<Duration> maxAge) {
    /** Refuses what would keep nothing. */
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
