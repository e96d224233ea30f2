package io.sereno.backend.etcd;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** One at a time; what must not be done under the lock is left for when it has been given back. */
final class Exclusive {
    private final ReentrantLock lock = new ReentrantLock();
    private List<Runnable> left = new ArrayList<>();

    /** Work that neither blocks nor calls anybody else's code, but for what it {@linkplain #afterwards leaves}. */
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

    /** Only while the work runs. */
    void afterwards(Runnable task) {
        left.add(task);
    }
}
