package io.sereno.backend.redis;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt to connect: not at all before the first, then up to 50 ms, doubling up to a second, with full
 * jitter, so that clients that lost one server do not all return at once. Not safe for use by multiple threads.
 */
final class Backoff {
    static final Duration GREATEST = Duration.ofSeconds(1);

    private static final int FIRST_MILLIS = 50;

    private int attempts;

    Duration next() {
        int attempt = attempts++;
        if (attempt == 0) {
            return Duration.ZERO;
        }
        long ceiling = Math.min(GREATEST.toMillis(), (long) FIRST_MILLIS << Math.min(attempt - 1, 10));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, ceiling + 1));
    }

    /** Call after the connection has proved to work. */
    void reset() {
        attempts = 0;
    }
}
