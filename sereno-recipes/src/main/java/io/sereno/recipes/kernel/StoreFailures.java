package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tracks the failures of the store, so that each is reported once however many callers are affected. A series of failures begins with the first
 * one, and ends when the store has answered a request of each kind that failed in it. So a store that can be read and not written is reported
 * once, although it answers reads all the time. If a kind fails again after it was answered within the series, that failure is reported too.
 *
 * <p>A failure is permanent, or says that the store has not answered or not carried out the request; only the latter belong here.
 *
 * <p>Safe for use by multiple threads. While nothing fails, an answer costs one read of a volatile field.
 */
final class StoreFailures {
    /** Kinds of requests that can succeed while others fail: a full store still deletes, and renews leases. */
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
            Kind kind = READ;
            for (Write write : commit.writes()) { // No stream: this runs for each commit.
                if (write instanceof Write.Put) {
                    return PUT;
                }
                kind = DELETE;
            }
            return kind;
        }
    }

    /** The kinds whose last request failed; 0 if none: there is no series. Written under the lock. */
    private volatile int failing;

    /** The kinds that were answered within the series. */
    private int answered;
    /** There is a failure that was not reported. */
    private boolean unreported;

    private final ReentrantLock lock = new ReentrantLock();

    void failed(Kind kind) {
        if ((failing & kind.bit) != 0) {
            return;
        }
        lock.lock();
        try {
            if (failing == 0) {
                answered = 0;
                unreported = true;
            }
            unreported |= (answered & kind.bit) != 0;
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

    /** Called before a failure is reported. False if it was reported already. */
    boolean isToBeReported() {
        lock.lock();
        try {
            boolean first = unreported || failing == 0;
            unreported = false;
            return first;
        } finally {
            lock.unlock();
        }
    }
}
