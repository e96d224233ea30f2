package io.sereno.recipes;

import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The queues of one client that somebody uses: a name that nobody wants has none. Users are requests, holds and the turn itself; they are counted
 * under the map's own atomicity for each name.
 */
final class MutexQueues {
    private static final class Use {
        private final MutexQueue queue;
        private int users;

        Use(MutexQueue queue) {
            this.queue = queue;
        }
    }

    private final ConcurrentHashMap<String, Use> inUse = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** One user more; each is followed by one {@link #exit}. */
    MutexQueue enter(Scope scope, String directory) {
        Use entered = inUse.compute(directory, (key, use) -> {
            Use used = use != null ? use : new Use(new MutexQueue(this, scope, directory));
            used.users++;
            return used;
        });
        MutexQueue queue = Objects.requireNonNull(entered).queue;
        if (closed) {
            queue.close(); // It may have been made after close() went through all.
        }
        return queue;
    }

    void exit(MutexQueue queue) {
        inUse.computeIfPresent(queue.directory(), (key, use) -> --use.users == 0 ? null : use);
    }

    int size() {
        return inUse.size();
    }

    void close() {
        closed = true;
        inUse.values().forEach(use -> use.queue.close());
    }
}
