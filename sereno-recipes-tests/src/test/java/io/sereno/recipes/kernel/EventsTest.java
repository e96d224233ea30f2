package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sereno.SerenoMeter;
import io.sereno.spi.TimeSource;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class EventsTest {
    private final TimeSource untouched = new TimeSource() {
        @Override
        public long nanoTime() {
            throw new AssertionError("the clock was read without an observer");
        }

        @Override
        public Instant wall() {
            throw new AssertionError("the clock was read without an observer");
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            throw new AssertionError("a timer was set without an observer");
        }
    };

    @Test
    void withoutObserversAndMetersNothingIsAllocatedAndNoClockIsRead() {
        Events events = new Events("store", untouched, Hooks.NONE, task -> {
            throw new AssertionError("a task without an observer");
        });
        cycles(events);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        cycles(events);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated)
                .as("bytes in %s cycles, the measurement included", CYCLES)
                .isLessThan(CYCLES);
    }

    private static final long CYCLES = 10_000;

    private static void cycles(Events events) {
        for (long i = 0; i < CYCLES; i++) {
            long began = events.now();
            events.waiting("mutex", "m");
            events.granted("mutex", "m", i, began, events.now());
            events.released("mutex", "m", began, began);
            events.gaveUp("mutex", "m", SerenoMeter.NotGranted.BUSY, began);
            events.answered(StoreFailures.Kind.READ);
            events.lag("t", 1);
        }
    }
}
