package io.sereno.tck.time;

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
 * The threads that run listeners and the concurrent work of rules. It knows whether any of them is busy, so that manual
 * time moves only when nothing more happens by itself. A thread that waits for another one calls {@link #idle}.
 */
public final class Crew implements Executor, AutoCloseable {
    private static final AtomicLong THREADS = new AtomicLong();

    /** How long a change without a signal, such as a thread that parks, may go unnoticed. */
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

    /** Guarded by the lock: the number of submitted, unfinished tasks, without those that wait. */
    private int busy;

    /** Guarded by the lock: the conditions of members that wait and do not count as busy. */
    private final List<BooleanSupplier> awaited = new ArrayList<>();

    /** Guarded by the lock: members inside calls that wait by themselves. They count as busy only while they run. */
    private final Set<Thread> callers = new HashSet<>();

    /**
     * Creates a crew.
     *
     * @param counts whether anybody asks if the crew is busy. Nobody asks where time passes by itself, and hundreds of
     *     waiting threads would contend for one lock.
     */
    public Crew(boolean counts) {
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

    /** Whether the calling thread is a member of the crew. */
    boolean isMember() {
        return member.get();
    }

    /**
     * Signals that an awaited condition may have changed. Never blocks: listeners call it inside monitors that the
     * conditions of waiting threads take too. A waiting thread that gets no signal soon checks again by itself.
     */
    public void stir() {
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
     * Waits for a condition that another thread fulfils. A member of the crew that waits here does not count as busy.
     *
     * @return whether the condition came to hold in time
     */
    public boolean idle(BooleanSupplier signal, long nanos) throws InterruptedException {
        return counts ? idleAndUncounted(signal, nanos) : nap(signal, nanos);
    }

    /** Polls the condition, less often the longer it takes. */
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
                // Not every condition signals its changes.
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
     * Makes a call that waits by itself, as the methods of recipes do, in a member of the crew. The member does not
     * count as busy while its thread is parked.
     */
    public <T> T waiting(Callable<T> call) throws Exception {
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

    /**
     * Whether a thread waits for something that has not happened. A thread that was woken but does not run yet counts
     * as running.
     */
    public static boolean isParked(Thread thread) {
        return waitOf(thread).isPresent();
    }

    /** What the thread waits for: an object that identifies this wait. */
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
     * @return false if neither happened in time
     */
    boolean awaitQuiet(BooleanSupplier done, long nanos) throws InterruptedException {
        return idle(() -> done.getAsBoolean() || isQuiet(), nanos);
    }

    /**
     * Called under the lock. A thread whose condition already holds counts as busy. Callers are checked one after the
     * other, and a caller that is still unchecked may wake one that was checked. So they are checked twice: a caller
     * with the same wait both times has not run in between.
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
