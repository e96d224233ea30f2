package io.sereno.tck;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The threads that run listeners and what rules do beside themselves. Knows whether any of them is busy, so that manual time
 * moves only when nothing more happens by itself: a thread that waits for somebody else says so by {@link #idle}.
 */
final class Crew implements Executor, AutoCloseable {
    private static final AtomicLong THREADS = new AtomicLong();

    /** How long a change that nobody signals, like a thread that parks, may go unnoticed. */
    private static final long GLANCE = TimeUnit.MICROSECONDS.toNanos(40);

    private static final long SHORTEST_NAP = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long LONGEST_NAP = TimeUnit.MILLISECONDS.toNanos(10);

    private final ExecutorService pool = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tck-crew-" + THREADS.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    });
    private final boolean counts;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ThreadLocal<Boolean> member = ThreadLocal.withInitial(() -> false);

    /** Guarded by the lock: tasks handed over and not finished, without those that wait. */
    private int busy;

    /** Guarded by the lock: what the members wait for that do not count as busy. */
    private final List<BooleanSupplier> awaited = new ArrayList<>();

    /** Guarded by the lock: members inside calls that wait by themselves. They do not count as busy, but for while they run. */
    private final Set<Thread> callers = new HashSet<>();

    /**
     * A crew.
     *
     * @param counts whether anybody asks if it is busy; where time passes by itself nobody does, and hundreds of threads that
     *     wait would stand in line for one lock
     */
    Crew(boolean counts) {
        this.counts = counts;
    }

    @Override
    public void execute(Runnable task) {
        count(1);
        try {
            pool.execute(() -> {
                member.set(true);
                try {
                    task.run();
                } finally {
                    count(-1);
                }
            });
        } catch (RuntimeException e) {
            count(-1);
            throw e;
        }
    }

    /** Whether the thread that asks is one of these. */
    boolean isMember() {
        return member.get();
    }

    /**
     * Something may have changed that somebody waits for. Waits for nobody: listeners call it inside monitors that the signals of those who
     * wait take too. Who is not told looks again by himself in a moment.
     */
    void stir() {
        if (counts && lock.tryLock()) {
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void count(int change) {
        if (!counts) {
            return;
        }
        lock.lock();
        try {
            busy += change;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for somebody else's signal. While a member of the crew waits here, it does not count as busy.
     *
     * @return whether it came
     */
    boolean idle(BooleanSupplier signal, long nanos) throws InterruptedException {
        return counts ? idleAndUncounted(signal, nanos) : nap(signal, nanos);
    }

    /** Looks now and then, less often the longer it takes. */
    private static boolean nap(BooleanSupplier signal, long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        long nap = SHORTEST_NAP;
        while (!signal.getAsBoolean()) {
            long rest = end - System.nanoTime();
            if (rest <= 0) {
                return false;
            }
            LockSupport.parkNanos(Math.min(rest, nap));
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            nap = Math.min(nap + nap / 4, LONGEST_NAP);
        }
        return true;
    }

    private boolean idleAndUncounted(BooleanSupplier signal, long nanos) throws InterruptedException {
        boolean isMember = isMember();
        long end = System.nanoTime() + nanos;
        lock.lock();
        boolean isCaller = callers.remove(Thread.currentThread());
        try {
            if (isCaller) {
                awaited.add(signal);
                changed.signalAll();
            } else if (isMember) {
                busy--;
                awaited.add(signal);
                changed.signalAll();
            }
            while (!signal.getAsBoolean()) {
                long rest = end - System.nanoTime();
                if (rest <= 0) {
                    return false;
                }
                // Not everything that is waited for says when it changes.
                changed.awaitNanos(
                        Math.min(rest, callers.isEmpty() || isMember ? TimeUnit.MILLISECONDS.toNanos(2) : GLANCE));
            }
            return true;
        } finally {
            if (isCaller) {
                awaited.remove(signal);
                callers.add(Thread.currentThread());
            } else if (isMember) {
                busy++;
                awaited.remove(signal);
            }
            lock.unlock();
        }
    }

    /**
     * Makes a call that waits by itself, as the methods of recipes do, in a member of the crew: while its thread is parked, it
     * does not count as busy.
     */
    <T> T waiting(Callable<T> call) throws Exception {
        if (!counts) {
            return call.call();
        }
        Thread self = Thread.currentThread();
        enter(self);
        try {
            return call.call();
        } finally {
            leave(self);
        }
    }

    private void enter(Thread caller) {
        lock.lock();
        try {
            callers.add(caller);
            busy--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void leave(Thread caller) {
        lock.lock();
        try {
            callers.remove(caller);
            busy++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a thread waits for something that has not come. One that was woken and does not run yet is as good as running. */
    static boolean isParked(Thread thread) {
        return waitOf(thread).isPresent();
    }

    /** What it waits for, which no other wait has. */
    private static Optional<Object> waitOf(Thread thread) {
        return LockSupport.getBlocker(thread) instanceof ForkJoinPool.ManagedBlocker wait
                        && !wait.isReleasable()
                        && !thread.isInterrupted()
                        && (thread.getState() == Thread.State.WAITING
                                || thread.getState() == Thread.State.TIMED_WAITING)
                ? Optional.of(wait)
                : Optional.empty();
    }

    /**
     * Waits until the condition holds or nobody is busy.
     *
     * @return false if neither came in time
     */
    boolean awaitQuiet(BooleanSupplier done, long nanos) throws InterruptedException {
        return idle(() -> done.getAsBoolean() || isQuiet(), nanos);
    }

    /**
     * Under the lock. Who waits for something that has come is as good as busy. Callers are looked at one after the other, and one that has been
     * looked at may be woken by one that has not yet: so there are two looks, and who waits for the same at both has not run in between.
     */
    private boolean isQuiet() {
        if (busy > 0) {
            return false;
        }
        List<Optional<Object>> waits = callers.stream().map(Crew::waitOf).toList();
        return waits.stream().allMatch(Optional::isPresent)
                && awaited.stream().noneMatch(BooleanSupplier::getAsBoolean)
                && waits.equals(callers.stream().map(Crew::waitOf).toList());
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
