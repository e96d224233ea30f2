package io.sereno;

import java.time.Duration;
import java.util.Objects;
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

    /**
     * Keeps the last messages, whatever their age.
     *
     * @param messages the most messages to keep, 1 or more
     * @return the retention
     * @throws IllegalArgumentException if {@code messages} is below 1
     */
    public static Retention last(int messages) {
        return new Retention(messages, Optional.empty());
    }

    /**
     * The same number of messages, and of these only the ones that are not older than this.
     *
     * @param age the greatest age, by the wall clocks of the publishers; more than zero
     * @return the retention
     * @throws IllegalArgumentException if the age is zero or negative
     */
    public Retention notOlderThan(Duration age) {
        return new Retention(maxMessages, Optional.of(Objects.requireNonNull(age, "age is null")));
    }
}
