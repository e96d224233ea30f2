package io.sereno.tck.time;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** How the kit waits: by the machine's clock, or by moving a manual clock when nothing else happens. */
public sealed interface Pace {
    /** The time of clients and of the kit. */
    TimeSource time();

    /** Waits until the condition holds; returns false if it does not in time. The condition itself must not wait. */
    boolean reach(BooleanSupplier condition, Duration atMost) throws InterruptedException;

    /** Whether {@link #reach} waits in real time. */
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

    /** A manual clock. One thread at a time moves it: the rule's. Other threads only wait. */
    record Manual(ManualTime time, Crew crew) implements Pace {
        /** How long threads may be busy, by the machine's clock, before they count as blocked for good. */
        private static final Duration BUSY = Duration.ofSeconds(8);

        @Override
        public boolean reach(BooleanSupplier condition, Duration atMost) throws InterruptedException {
            if (crew.isMember()) {
                long end = time.nanoTime() + atMost.toNanos();
                // The thread that moves the time has to stop there.
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
                    // Some thread is blocked, so the condition does not come to hold.
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
