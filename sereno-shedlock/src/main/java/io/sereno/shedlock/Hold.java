package io.sereno.shedlock;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.spi.Lease;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A mutex that is held for a task. It ends when the task has ended and lockAtLeastFor is over, or after lockAtMostFor.
 *
 * <p>As long as the process lives, the mutex is held until then. The keeper, an entry under a lease of lockAtLeastFor, is
 * stored before the task begins; it counts if the process dies, is closed or loses its session in between. At the end the
 * keeper is removed first and the mutex released after it, so that who acquires the mutex next does not find the keeper.
 */
final class Hold {
    private static final Logger LOG = System.getLogger(Hold.class.getName());

    /** Longer than a process lives, and short enough to be added to a time and compared. */
    private static final long FOREVER = Long.MAX_VALUE / 4;

    private final SerenoLockProvider provider;
    private final String name;
    private final Grant grant;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock. Times are of the provider's clock.
    private @Nullable Lease keeper;
    private Duration atMost;
    private long atMostUntil;
    private long atLeastUntil;
    private boolean unlocked;
    private boolean over;
    private Runnable cancelTimer = () -> {};

    Hold(SerenoLockProvider provider, String name, Grant grant, Duration atMost, Duration atLeast) {
        this.provider = provider;
        this.name = name;
        this.grant = grant;
        this.atMost = atMost;
        begin(atMost, atLeast);
        provider.began(this);
    }

    String name() {
        return name;
    }

    private void begin(Duration most, Duration least) {
        long now = provider.time().nanoTime();
        keeper =
                least.isNegative() || least.isZero() ? null : provider.keepers().put(name, least);
        atMost = most;
        atMostUntil = now + nanos(most);
        atLeastUntil = now + nanos(least);
        endAt(atMostUntil);
    }

    /** The task has ended. */
    void unlock() {
        lock.lock();
        try {
            if (over) {
                return; // lockAtMostFor is over, which was logged, or the provider is closed
            }
            unlocked = true;
            boolean lost = !grant.isHeld();
            if (!isPast(atLeastUntil)) {
                endAt(atLeastUntil);
            } else {
                lost |= !end();
            }
            if (lost) {
                LOG.log(
                        Level.WARNING,
                        "lock ''{0}'' was lost before its task ended: another process may have run the task at the same time",
                        name);
            }
        } finally {
            lock.unlock();
        }
    }

    /** False if the lock was lost or lockAtMostFor is over. */
    boolean extend(Duration most, Duration least) {
        provider.checked(name, least);
        lock.lock();
        try {
            endIfDue();
            if (over || !grant.isHeld()) {
                return false;
            }
            Lease former = keeper;
            begin(most, least);
            if (former != null) {
                provider.keepers().remove(name, former);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    void endIfDue() {
        lock.lock();
        try {
            if (over) {
                return;
            }
            if (unlocked && isPast(atLeastUntil)) {
                end();
            } else if (!unlocked && isPast(atMostUntil)) {
                LOG.log(
                        Level.WARNING,
                        "lock ''{0}'' is released after its lockAtMostFor of {1}, although its task has not ended: another "
                                + "process may begin the task now. A longer lockAtMostFor delays nobody, since the lock of a "
                                + "process that dies is released with its session",
                        name,
                        atMost);
                end();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The provider is closed: nothing is removed, so the keeper keeps the lock until its lease ends. */
    void leave() {
        if (lock.tryLock()) { // if not, it is about to end, and needs no wait
            try {
                over = true;
                cancelTimer.run();
            } finally {
                lock.unlock();
            }
        }
    }

    /** False if it turns out that the mutex was lost. */
    private boolean end() {
        over = true;
        cancelTimer.run();
        provider.ended(this);
        if (keeper != null) {
            provider.keepers().remove(name, keeper);
        }
        try {
            grant.release();
            return true;
        } catch (GrantLostException e) {
            return false;
        }
    }

    private void endAt(long until) {
        cancelTimer.run();
        Duration rest = Duration.ofNanos(until - provider.time().nanoTime());
        cancelTimer = provider.time().schedule(rest, provider.executor(), this::endIfDue);
    }

    private boolean isPast(long until) {
        return provider.time().nanoTime() - until >= 0;
    }

    private static long nanos(Duration duration) {
        return Math.min(FOREVER, TimeUnit.NANOSECONDS.convert(duration));
    }

    @Override
    public String toString() {
        return "lock '" + name + "'";
    }
}
