package io.sereno.blocking;

import static java.lang.Math.min;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt to connect: not at all before the first, then up to 50 ms, doubling up to a
 * second, at random, so that clients that lost one server do not all return at once. And how long the attempt may take: a
 * second, so that a server that is silent holds up little, then longer, so that one that is slow is reached. Used by one
 * thread.
 */
final class Backoff {
    private static final long FIRST_MILLIS = 50;
    private static final long GREATEST_MILLIS = 1_000;

    /** Nothing ends an attempt, and a thread has to end within two seconds of the close (LIF-4a), which waits for 1.5 s. */
    private static final int LONGEST_SECONDS = 3;

    private final Duration connectTimeout;
    private int attempts;

    Backoff(Duration connectTimeout) {
        this.connectTimeout = connectTimeout;
    }

    /** How long each step of the attempt may take for which {@link #next} gave the pause. */
    Duration limit() {
        Duration limit = Duration.ofSeconds(min(Math.max(1, attempts), LONGEST_SECONDS));
        return limit.compareTo(connectTimeout) < 0 ? limit : connectTimeout;
    }

    /**
     * How long to wait from now on.
     *
     * @param passed since the last attempt ended
     */
    Duration next(Duration passed) {
        int attempt = attempts++;
        if (attempt == 0) {
            return Duration.ZERO;
        }
        long ceiling = min(GREATEST_MILLIS, FIRST_MILLIS << min(attempt - 1, 10));
        Duration left = Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, ceiling + 1))
                .minus(passed);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** After the connection has proved to work. */
    void reset() {
        attempts = 0;
    }
}
