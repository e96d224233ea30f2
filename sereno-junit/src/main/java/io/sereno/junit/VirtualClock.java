package io.sereno.junit;

import io.sereno.simulation.ManualTime;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** From timer to timer, as soon as the threads have settled. */
final class VirtualClock extends Clock {
    /** So that threads that are not known have some real time now and then. */
    private static final Duration LONGEST_STEP = Duration.ofSeconds(1);

    private final ManualTime time;
    private final Threads threads;

    VirtualClock(ManualTime time, Threads threads) {
        super(threads);
        this.time = time;
        this.threads = threads;
    }

    @Override
    boolean passUntil(BooleanSupplier condition, Duration atMost) throws InterruptedException {
        Duration end = time.elapsed().plus(atMost);
        threads.settle();
        while (!condition.getAsBoolean()) {
            Duration left = end.minus(time.elapsed());
            if (left.compareTo(Duration.ZERO) <= 0) {
                return false;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            time.advance(least(left, least(LONGEST_STEP, time.untilNext().orElse(LONGEST_STEP))));
            threads.settle();
        }
        return true;
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public Duration elapsed() {
        return time.elapsed();
    }
}
