package io.sereno.recipes.ids;

import io.sereno.IdLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The ids of one generator, one after another, from the ticks that are reserved for it.
 *
 * <p>State: the window of those ticks, replaced by the reservations; and the tick and sequence of the last id, which every taker advances
 * by one compare-and-set. An id has the tick of the clock, or the tick of the last id if the clock is behind it; never an earlier tick, and
 * none outside the window. So no tick and sequence is given twice, and ids rise.
 *
 * <p>Safe for use by multiple threads; {@link #open} is called on one strand.
 */
final class IdSequence {
    /** There is no id yet. */
    static final long NONE = -1;

    /** Ticks reserved for this client alone. */
    private record Window(int slot, long from, long to) {}

    private final IdLayout layout;
    private final Ticks ticks;
    private final long reach;
    private final Runnable onScarce;
    private final AtomicLong position = new AtomicLong(-1);
    private volatile @Nullable Window window;

    /**
     * @param reach how many ticks are reserved at a time
     * @param onScarce called by each taker that finds no more than half of them left; must not block
     */
    IdSequence(IdLayout layout, Ticks ticks, long reach, Runnable onScarce) {
        this.layout = layout;
        this.ticks = ticks;
        this.reach = reach;
        this.onScarce = onScarce;
    }

    /** The next id; {@link #NONE} if the clock or the window does not allow one. */
    long take() {
        Window ours = window;
        if (ours == null) {
            return NONE;
        }
        while (true) {
            long last = position.get();
            long lastTick = last >> layout.sequenceBits();
            long now = ticks.now();
            if (now >= ticks.limit()) {
                return NONE;
            }
            long next = now > lastTick ? now << layout.sequenceBits() : last + 1;
            long tick = next >> layout.sequenceBits();
            if (tick > Math.max(now, lastTick) || tick < ours.from || tick >= ours.to) {
                return NONE;
            }
            if (position.compareAndSet(last, next)) {
                if (!isEnough(ours, tick)) {
                    onScarce.run();
                }
                long sequence = next & ((1L << layout.sequenceBits()) - 1);
                return (tick << layout.sequenceBits() | sequence) << layout.slotBits() | ours.slot;
            }
        }
    }

    /** Adds ticks; if they follow the current window of the same slot, that window stays usable too. */
    void open(int slot, long from, long to) {
        Window ours = window;
        long first = ours != null && ours.slot == slot && ours.to == from ? ours.from : from;
        window = new Window(slot, first, to);
    }

    /** The earliest tick that the next id can have. */
    long nextTick() {
        return Math.max(ticks.now(), (position.get() + 1) >> layout.sequenceBits());
    }

    /** Whether the window extends beyond this tick. */
    boolean reaches(long tick) {
        Window ours = window;
        return ours != null && tick < ours.to;
    }

    /** Whether more than half of what is reserved at a time lies ahead of this tick. */
    boolean isEnough(long tick) {
        Window ours = window;
        return ours != null && isEnough(ours, tick);
    }

    private boolean isEnough(Window ours, long tick) {
        return tick < ours.to && (ours.to - tick > reach / 2 || ours.to == ticks.limit());
    }

    /** The time until an id can have this tick, if nobody sets the clock. */
    Duration until(long tick) {
        Window ours = window;
        return ticks.until(ours == null ? tick : Math.max(tick, ours.from));
    }
}
