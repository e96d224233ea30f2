package io.sereno.backend.redis;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt to connect: the first one not at all, then up to 50 ms, doubling up to a second, with full jitter,
 * so that clients that lost one server do not come back to it as one. Not safe for use by multiple threads.
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

    /** After the connection has proved to work. */
    void reset() {
        attempts = 0;
    }
}
