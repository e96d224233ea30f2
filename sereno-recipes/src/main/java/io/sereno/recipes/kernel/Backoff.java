package io.sereno.recipes.kernel;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Random pauses of 5 ms to 2 s. Each is between a tenth of a limit and the limit, which doubles from 50 ms to 2 s. Confined to the strand of its
 * owner.
 */
public final class Backoff {
    private static final long LEAST_NANOS = Duration.ofMillis(50).toNanos();
    private static final long MOST_NANOS = Duration.ofSeconds(2).toNanos();

    private final SplittableRandom random;
    private long ceiling = LEAST_NANOS;

    public Backoff(SplittableRandom random) {
        this.random = random;
    }

    /** How long to wait before the next attempt. Never zero, so that an immediate failure does not cause a busy loop. */
    public Duration next() {
        long wait = random.nextLong(ceiling / 10, ceiling + 1);
        ceiling = Math.min(MOST_NANOS, ceiling * 2);
        return Duration.ofNanos(wait);
    }

    public void reset() {
        ceiling = LEAST_NANOS;
    }
}
