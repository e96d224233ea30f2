package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the store fails at, so that it is told once however many suffer from it. A series of failures begins with the first one, and ends when the
 * store has answered a request of each kind that failed in it. So a store that can be read and not written is told once, although it answers reads
 * all the time. What fails again after it was answered within the series is a trouble of its own, and is told too.
 *
 * <p>A failure is permanent or says that the store has not answered, or not carried out what it was asked for; only the latter belong here.
 *
 * <p>Safe for use by multiple threads. While nothing fails, an answer costs one read of a volatile field.
 */
final class StoreTrouble {
    /** What a store may be able to do while it is not able to do something else: a full one deletes, and renews leases. */
    enum Kind {
        READ(1),
        PUT(2),
        DELETE(4),
        RENEW(8);

        private final int bit;

        Kind(int bit) {
            this.bit = bit;
        }

        static Kind of(Commit commit) {
            if (commit.writes().isEmpty()) {
                return READ;
            }
            return commit.writes().stream().anyMatch(Write.Put.class::isInstance) ? PUT : DELETE;
        }
    }

    /** The kinds that failed last; 0: there is no series. Written under the lock. */
    private volatile int failing;

    /** Those that were answered within the series. */
    private int answered;
    /** Something fails that nobody was told of. */
    private boolean untold;

    private final ReentrantLock lock = new ReentrantLock();

    void failed(Kind kind) {
        if ((failing & kind.bit) != 0) {
            return;
        }
        lock.lock();
        try {
            if (failing == 0) {
                answered = 0;
                untold = true;
            }
            untold |= (answered & kind.bit) != 0;
            answered &= ~kind.bit;
            failing |= kind.bit;
        } finally {
            lock.unlock();
        }
    }

    void answered(Kind kind) {
        if (failing == 0) {
            return;
        }
        lock.lock();
        try {
            failing &= ~kind.bit;
            answered |= kind.bit;
        } finally {
            lock.unlock();
        }
    }

    /** Whoever tells of a failure asks first. False: it was told already. */
    boolean toBeTold() {
        lock.lock();
        try {
            boolean first = untold || failing == 0;
            untold = false;
            return first;
        } finally {
            lock.unlock();
        }
    }
}
