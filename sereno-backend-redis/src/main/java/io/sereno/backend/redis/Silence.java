package io.sereno.backend.redis;

import io.sereno.spi.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Detects a silent connection: calls are under way, and none of them is answered for a period. Runs an action at the end
 * of each such period, on a timer thread. However many calls are under way, there is one timer. Safe for use by multiple
 * threads.
 */
final class Silence {
    private final TimeSource time;
    private final Duration patience;
    private final Runnable action;

    /** The number of calls so far. Guarded by this. */
    private long sent;
    /** The number of calls that have ended. Guarded by this. */
    private long answered;
    /** Guarded by this: the number of answers when the timer was set. */
    private long answeredBefore;
    /** Guarded by this: set while at least one call is under way. */
    private @Nullable Runnable timer;
    /** Guarded by this. */
    private boolean ended;

    Silence(TimeSource time, Duration patience, Runnable action) {
        this.time = time;
        this.patience = patience;
        this.action = action;
    }

    synchronized void sent() {
        sent++;
        if (timer == null && !ended) {
            arm();
        }
    }

    /** A call was answered, or failed. */
    synchronized void answered() {
        answered++;
    }

    synchronized void end() {
        ended = true;
        if (timer != null) {
            timer.run();
            timer = null;
        }
    }

    /** Whether no call was answered since the action ran. */
    synchronized boolean lasts() {
        return !ended && sent > answered && answered == answeredBefore;
    }

    /** Call under the lock. */
    private void arm() {
        answeredBefore = answered;
        timer = time.schedule(patience, Runnable::run, this::ring);
    }

    private void ring() {
        boolean silent;
        synchronized (this) {
            timer = null;
            silent = lasts();
            if (!ended && sent > answered) {
                arm();
            }
        }
        if (silent) {
            action.run();
        }
    }
}
