package io.sereno.backend.etcd;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Mutual exclusion. Tasks that must not run under the lock are deferred until it is released. */
final class Exclusive {
    private final ReentrantLock lock = new ReentrantLock();
    private List<Runnable> left = new ArrayList<>();

    /** Runs work that neither blocks nor calls foreign code; such tasks are {@linkplain #afterwards deferred}. */
    <T> T call(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            List<Runnable> todo = left;
            if (!todo.isEmpty()) {
                left = new ArrayList<>();
            }
            lock.unlock();
            todo.forEach(Runnable::run);
        }
    }

    /** As {@link #call}, without a result. */
    void run(Runnable work) {
        call(() -> {
            work.run();
            return true;
        });
    }

    /** Defers a task until the lock is released. Call only while the work runs. */
    void afterwards(Runnable task) {
        left.add(task);
    }
}
