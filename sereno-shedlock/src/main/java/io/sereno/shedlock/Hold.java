package io.sereno.shedlock;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.spi.Lease;
import io.sereno.spi.Names;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import net.javacrumbs.shedlock.support.LockException;
import org.jspecify.annotations.Nullable;

/**
 * A mutex that is held for a task. It ends when the task has ended and lockAtLeastFor is over, or after lockAtMostFor.
 *
 * <p>As long as the process lives, the mutex is held until then. The keeper, an entry under a lease of lockAtLeastFor, is
 * stored before the task begins; it counts if the process dies, is closed or loses its session in between. At the end the
 * keeper is removed first and the mutex released after it, so that who acquires the mutex next does not find the keeper.
 *
 * <p>Storing a keeper may take longer than the session lives. So the mutex is checked when the keeper is stored, and
 * ShedLock learns of the lock after that.
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
    private Duration atMost = Duration.ZERO;
    private long atMostUntil;
    private long atLeastUntil;
    private boolean unlocked;
    private boolean over;
    private Runnable cancelTimer = () -> {};

    Hold(SerenoLockProvider provider, String name, Grant grant) {
        this.provider = provider;
        this.name = name;
        this.grant = grant;
    }

    String name() {
        return name;
    }

    /** False if the lock was lost, or the provider closed, while the keeper was stored; the lock was given back then. */
    boolean begin(Duration most, Duration least) {
        lock.lock();
        try {
            long acquired = provider.time().nanoTime();
            keeper = keep(least);
            provider.began(this); // before the timer, which may fire at once
            begins(acquired, most, least);
            if (provider.isClosed() || !grant.isHeld()) {
                end();
                return false;
            }
            return true;
        } finally {
            free();
        }
    }

    private @Nullable Lease keep(Duration least) {
        return least.isNegative() || least.isZero() ? null : provider.keepers().put(name, least);
    }

    private void begins(long acquired, Duration most, Duration least) {
        atMost = most;
        atMostUntil = provider.time().nanoTime() + nanos(most);
        atLeastUntil = acquired + nanos(least);
        endAt(atMostUntil);
    }

    /** The task has ended. */
    void unlock() {
        lock.lock();
        try {
            if (!over) { // if it is, lockAtMostFor is over, which was logged, or the provider is closed
                taskEnded();
            }
        } finally {
            free();
        }
    }

    private void taskEnded() {
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
                    Names.printable(name));
        }
    }

    /** False if the lock was lost, lockAtMostFor is over or the provider is closed. */
    boolean extend(Duration most, Duration least) {
        provider.checked(name, least);
        lock.lock();
        try {
            endIfDue();
            if (over || unlocked) {
                return false;
            }
            if (!grant.isHeld()) {
                taskEnded(); // as far as ShedLock is concerned: it does not unlock a lock that it could not extend
                return false;
            }
            long extended = provider.time().nanoTime();
            Lease former = keeper;
            Lease next = keepAgain(least);
            if (provider.isClosed() || !grant.isHeld()) {
                if (next != null && next != former) {
                    provider.keepers().remove(name, next);
                }
                if (!provider.isClosed()) {
                    taskEnded();
                }
                return false;
            }
            keeper = next;
            begins(extended, most, least);
            if (former != null && former != next) {
                provider.keepers().remove(name, former);
            }
            return true;
        } finally {
            free();
        }
    }

    /** The former keeper if there is one and the next cannot be stored: the mutex keeps the lock as long as the process lives. */
    private @Nullable Lease keepAgain(Duration least) {
        try {
            return keep(least);
        } catch (LockException e) {
            if (keeper == null) {
                throw e;
            }
            LOG.log(
                    Level.WARNING,
                    "lock '" + Names.printable(name)
                            + "' was extended, but the entry that keeps its lockAtLeastFor was "
                            + "not: if the process dies, the lock may be free before lockAtLeastFor is over",
                    e);
            return keeper;
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
                        Names.printable(name),
                        atMost);
                end();
            }
        } finally {
            free();
        }
    }

    /** The provider is closed: nothing is removed, so the keeper keeps the lock until its lease ends. */
    void leave() {
        if (lock.tryLock()) { // if not, whoever has it leaves when it frees it, and this needs no wait
            try {
                over = true;
                cancelTimer.run();
            } finally {
                lock.unlock();
            }
        }
    }

    private void free() {
        lock.unlock();
        if (provider.isClosed()) {
            leave();
        }
    }

    /** False if it turns out that the mutex was lost. An attempt of this process waits until it is released. */
    private boolean end() {
        over = true;
        cancelTimer.run();
        try {
            if (keeper != null) {
                provider.keepers().remove(name, keeper);
            }
            grant.release();
            return true;
        } catch (GrantLostException e) {
            return false;
        } finally {
            provider.ended(this);
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
        return "lock '" + Names.printable(name) + "'";
    }
}
