package io.sereno.tck;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** How the kit waits: by the machine's clock, or by moving a manual one when nothing else happens. */
sealed interface Pace {
    /** By what clients and the kit measure. */
    TimeSource time();

    /** Waits until the condition holds; false if it does not in time. A condition must not wait itself. */
    boolean reach(BooleanSupplier condition, Duration atMost) throws InterruptedException;

    /** Whether {@link #reach} really waits. */
    boolean isReal();

    /** Lets time pass. */
    default void pass(Duration duration) throws InterruptedException {
        long end = time().nanoTime() + duration.toNanos();
        reach(() -> time().nanoTime() - end >= 0, duration);
    }

    /** The machine's clock. */
    record Real(TimeSource time, Crew crew) implements Pace {
        @Override
        public boolean reach(BooleanSupplier condition, Duration atMost) throws InterruptedException {
            return crew.idle(condition, atMost.toNanos());
        }

        @Override
        public boolean isReal() {
            return true;
        }
    }

    /** A manual clock. One thread at a time moves it: that of the rule. Others wait for what they wait for. */
    record Manual(ManualTime time, Crew crew) implements Pace {
        /** How long threads may be busy, by the machine's clock, before what they do will never end. */
        private static final Duration BUSY = Duration.ofSeconds(8);

        @Override
        public boolean reach(BooleanSupplier condition, Duration atMost) throws InterruptedException {
            if (crew.isMember()) {
                long end = time.nanoTime() + atMost.toNanos();
                // Whoever moves the time is to stop there.
                Runnable cancel = time.schedule(atMost, Runnable::run, crew::stir);
                try {
                    return crew.idle(
                                    () -> condition.getAsBoolean() || time.nanoTime() - end >= 0,
                                    BUSY.multipliedBy(2).toNanos())
                            && condition.getAsBoolean();
                } finally {
                    cancel.run();
                }
            }
            long end = time.nanoTime() + atMost.toNanos();
            while (true) {
                if (!crew.awaitQuiet(condition, BUSY.toNanos())) {
                    // Somebody is blocked, and so what is waited for does not come.
                    return false;
                }
                if (condition.getAsBoolean()) {
                    return true;
                }
                Duration rest = Duration.ofNanos(end - time.nanoTime());
                if (rest.isNegative() || rest.isZero()) {
                    return false;
                }
                Duration next = time.untilNext().orElse(rest);
                time.advance(next.compareTo(rest) < 0 ? next : rest);
                crew.stir();
            }
        }

        @Override
        public boolean isReal() {
            return false;
        }
    }
}
