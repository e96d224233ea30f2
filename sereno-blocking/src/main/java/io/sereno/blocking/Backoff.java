package io.sereno.blocking;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt to connect: not at all before the first, then up to 50 ms, doubling up to a
 * second, at random, so that clients that lost one server do not all return at once. Used by one thread.
 */
final class Backoff {
    private static final long FIRST_MILLIS = 50;
    private static final long GREATEST_MILLIS = 1_000;

    private int attempts;

    Duration next() {
        int attempt = attempts++;
        if (attempt == 0) {
            return Duration.ZERO;
        }
        long ceiling = Math.min(GREATEST_MILLIS, FIRST_MILLIS << Math.min(attempt - 1, 10));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, ceiling + 1));
    }

    /** After the connection has proved to work. */
    void reset() {
        attempts = 0;
    }
}
