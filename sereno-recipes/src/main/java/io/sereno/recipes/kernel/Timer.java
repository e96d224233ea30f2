package io.sereno.recipes.kernel;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** At most one timed task: setting another cancels the one before. Confined to the strand that runs the tasks. */
public final class Timer {
    private @Nullable Runnable cancel;

    /** Whether a task is to run that has not begun. */
    public boolean isSet() {
        return cancel != null;
    }

    public void set(TimeSource time, Duration delay, Strand strand, Runnable task) {
        cancel();
        cancel = time.schedule(delay, strand, () -> {
            cancel = null;
            task.run();
        });
    }

    public void cancel() {
        if (cancel != null) {
            cancel.run();
            cancel = null;
        }
    }
}
