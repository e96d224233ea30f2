package io.sereno.backend.redis;

import io.sereno.backend.redis.Replies.Tick;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * When to tick over the present connection: after {@link #LONGEST_REST}, or earlier if requested. One tick at a time; a tick that is requested
 * during a tick follows it. Safe for use by multiple threads. Ticks begin on a timer thread, and must not block.
 *
 * @param <C> a connection
 */
final class Heartbeat<C> {
    /** Together with the timeout, this also bounds how late a watch is notified of a connection that died silently. */
    static final Duration LONGEST_REST = Duration.ofSeconds(5);

    static final Duration LEAST_REST_AFTER_REFUSAL = Duration.ofSeconds(1);
    static final Duration MOST_REST_AFTER_REFUSAL = Duration.ofSeconds(2);

    static final Duration LEAST_AFTER_REAPERS = Duration.ofMillis(500);
    static final Duration MOST_AFTER_REAPERS = Duration.ofMillis(1_500);

    /**
     * How much later than the reapers this client wakes up for the end of a lease. It differs between clients, so that
     * few clients wake up in vain.
     */
    private final Duration afterReapers = between(LEAST_AFTER_REAPERS, MOST_AFTER_REAPERS);

    private final TimeSource time;
    private final Consumer<C> tick;

    /** Guarded by this, as all below. */
    private @Nullable C connection;
    /** Cancels the next tick. */
    private @Nullable Runnable alarm;
    /** When the next tick is due, by the clock of the TimeSource. */
    private long next;
    /** Whether the answer to a tick is awaited. */
    private boolean ticking;
    /** Whether a tick was answered over this connection. */
    private boolean answered;

    Heartbeat(TimeSource time, Consumer<C> tick) {
        this.time = time;
        this.tick = tick;
    }

    /** From now on ticks go over this connection; the caller begins the first one. */
    synchronized void begin(C made) {
        end();
        connection = made;
        ticking = false;
        answered = false;
    }

    /** No further tick begins. */
    synchronized void end() {
        connection = null;
        if (alarm != null) {
            alarm.run();
            alarm = null;
        }
    }

    /**
     * Whether a tick is to be sent now. Then a call of {@link #answered}, {@link #refused} or {@link #end} must follow.
     */
    synchronized boolean start(C open) {
        if (connection != open || ticking) {
            return false;
        }
        ticking = true;
        next = time.nanoTime() + LONGEST_REST.toNanos();
        return true;
    }

    /** Whether a tick was answered over this connection, and it is the present one. */
    synchronized boolean hasTicked(C open) {
        return connection == open && answered;
    }

    /** The tick was answered. The next one follows for the end of the next lease, or after the longest rest. */
    synchronized void answered(C open, Tick tick) {
        answered |= connection == open;
        Duration toDeadline = Duration.of(tick.microsToDeadline(), ChronoUnit.MICROS);
        if (toDeadline.isNegative()) {
            rest(open, LONGEST_REST);
        } else {
            rest(open, tick.reaper() ? toDeadline : toDeadline.plus(afterReapers));
        }
    }

    /**
     * The server refused the tick for now. The next one follows soon, after a random delay, since the server refuses
     * all clients at once.
     */
    void refused(C open) {
        rest(open, between(LEAST_REST_AFTER_REFUSAL, MOST_REST_AFTER_REFUSAL));
    }

    /** Lets the next tick follow after this time, or earlier. */
    synchronized void by(C open, Duration delay) {
        long moment = time.nanoTime() + bounded(delay);
        if (connection != open || moment - next >= 0) {
            return;
        }
        next = moment;
        if (!ticking) {
            arm(open);
        }
    }

    /** The tick has ended; the next one follows after this time or the longest rest, or earlier if that was requested meanwhile. */
    private synchronized void rest(C open, Duration rest) {
        if (connection != open) {
            return;
        }
        ticking = false;
        long moment = time.nanoTime() + bounded(rest);
        next = moment - next < 0 ? moment : next;
        arm(open);
    }

    /** In nanoseconds. */
    private static long bounded(Duration rest) {
        if (rest.isNegative()) {
            return 0;
        }
        return rest.compareTo(LONGEST_REST) < 0 ? rest.toNanos() : LONGEST_REST.toNanos();
    }

    private static Duration between(Duration least, Duration most) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(least.toMillis(), most.toMillis()));
    }

    private void arm(C open) {
        if (alarm != null) {
            alarm.run();
        }
        // Round up: a tick just before the deadline would find nothing and have to be repeated.
        long millis =
                Duration.ofNanos(next - time.nanoTime()).plusNanos(999_999).toMillis();
        alarm = time.schedule(Duration.ofMillis(Math.max(0, millis)), Runnable::run, () -> tick.accept(open));
    }
}
