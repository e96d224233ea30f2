package io.sereno.recipes.ids;

import io.sereno.IdLayout;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;

/** The wall clock, in ticks of a layout. Safe for use by multiple threads. */
final class Ticks {
    /** Up to this many seconds fit into a long of nanoseconds, with room to spare. */
    private static final long MOST_SECONDS = 9_000_000_000L;

    private final TimeSource time;
    private final Instant epoch;
    private final Duration tick;
    private final long tickNanos;
    private final long limit;

    Ticks(TimeSource time, IdLayout layout) {
        this.time = time;
        this.epoch = layout.epoch();
        this.tick = layout.tick();
        this.tickNanos = tick.toSeconds() < MOST_SECONDS ? tick.toNanos() : 0;
        // With 63 bits the last tick is left out, so that every tick has a successor.
        this.limit = layout.timeBits() == Long.SIZE - 1 ? Long.MAX_VALUE : 1L << layout.timeBits();
    }

    /** The current tick; negative before the epoch. */
    long now() {
        Instant wall = time.wall();
        long seconds = wall.getEpochSecond() - epoch.getEpochSecond();
        long nanos = wall.getNano() - (long) epoch.getNano();
        if (tickNanos != 0 && Math.abs(seconds) < MOST_SECONDS) {
            return Math.floorDiv(seconds * 1_000_000_000 + nanos, tickNanos);
        }
        Duration passed = Duration.between(epoch, wall);
        if (passed.isNegative()) {
            return -1;
        }
        try {
            return passed.dividedBy(tick);
        } catch (ArithmeticException beyondLong) {
            return Long.MAX_VALUE; // Later than the last tick of every layout.
        }
    }

    /** The time until a tick begins, if nobody sets the clock; negative if it has begun. */
    Duration until(long ticks) {
        return Duration.between(time.wall(), epoch.plus(tick.multipliedBy(ticks)));
    }

    /** The first tick that does not fit into the layout's bits. */
    long limit() {
        return limit;
    }

    /** The number of ticks in a duration; at least one. */
    long in(Duration duration) {
        return Math.max(1, duration.dividedBy(tick));
    }
}
