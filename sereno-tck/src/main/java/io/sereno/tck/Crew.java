package io.sereno.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The threads that run listeners and what rules do beside themselves. Knows whether any of them is busy, so that manual time
 * moves only when nothing more happens by itself: a thread that waits for somebody else says so by {@link #idle}.
 */
final class Crew implements Executor, AutoCloseable {
    private static final AtomicLong THREADS = new AtomicLong();

    private final ExecutorService pool = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tck-crew-" + THREADS.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    });
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ThreadLocal<Boolean> member = ThreadLocal.withInitial(() -> false);
    /** Guarded by the lock: tasks handed over and not finished, without those that wait. */
    private int busy;

    /** Guarded by the lock: what the members wait for that do not count as busy. */
    private final List<BooleanSupplier> awaited = new ArrayList<>();

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

    /** Something may have changed that somebody waits for. */
    void stir() {
        count(0);
    }

    private void count(int change) {
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
        boolean isMember = isMember();
        long end = System.nanoTime() + nanos;
        lock.lock();
        try {
            if (isMember) {
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
                changed.awaitNanos(Math.min(rest, TimeUnit.MILLISECONDS.toNanos(2)));
            }
            return true;
        } finally {
            if (isMember) {
                busy++;
                awaited.remove(signal);
            }
            lock.unlock();
        }
    }

    /**
     * Waits until the condition holds or nobody is busy.
     *
     * @return false if neither came in time
     */
    boolean awaitQuiet(BooleanSupplier done, long nanos) throws InterruptedException {
        return idle(() -> done.getAsBoolean() || isQuiet(), nanos);
    }

    /** Under the lock. Who waits for something that has come is as good as busy. */
    private boolean isQuiet() {
        return busy <= 0 && awaited.stream().noneMatch(BooleanSupplier::getAsBoolean);
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
