package io.sereno.backend.redis;

import io.sereno.spi.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All calls that have not ended. They have the same timeout, so the oldest is due first, and one timer serves all. */
final class Deadlines {
    private static final Logger LOG = System.getLogger(Deadlines.class.getName());

    private record Pending(Call<?> call, long due) {}

    private final TimeSource time;
    private final Duration timeout;
    private final Consumer<Call<?>> onDue;

    /** Guarded by this. In the order of their deadlines; a call that has ended is removed when it is the oldest. */
    private final Queue<Pending> calls = new ArrayDeque<>();
    /** Guarded by this. */
    private @Nullable Runnable timer;

    Deadlines(TimeSource time, Duration timeout, Consumer<Call<?>> onDue) {
        this.time = time;
        this.timeout = timeout;
        this.onDue = onDue;
    }

    synchronized void add(Call<?> call) {
        forgetEnded();
        calls.add(new Pending(call, time.nanoTime() + timeout.toNanos()));
        if (timer == null) {
            arm(timeout);
        }
    }

    /** Cancels the timer. Returns the calls that have not ended. */
    synchronized List<Call<?>> close() {
        if (timer != null) {
            timer.run();
        }
        List<Call<?>> left = new ArrayList<>();
        calls.forEach(pending -> left.add(pending.call));
        calls.clear();
        return left;
    }

    private void arm(Duration delay) {
        timer = time.schedule(delay, Runnable::run, this::ring);
    }

    private void ring() {
        List<Call<?>> due = new ArrayList<>();
        synchronized (this) {
            timer = null;
            long now = time.nanoTime();
            forgetEnded();
            for (Pending oldest = calls.peek(); oldest != null; oldest = calls.peek()) {
                if (oldest.due - now > 0) {
                    arm(Duration.ofNanos(oldest.due - now));
                    break;
                }
                due.add(oldest.call);
                calls.remove();
            }
        }
        for (Call<?> call : due) {
            try {
                onDue.accept(call);
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, "a call that is overdue could not be ended", e);
            }
        }
    }

    private void forgetEnded() {
        for (Pending oldest = calls.peek(); oldest != null && oldest.call.hasEnded(); oldest = calls.peek()) {
            calls.remove();
        }
    }
}
