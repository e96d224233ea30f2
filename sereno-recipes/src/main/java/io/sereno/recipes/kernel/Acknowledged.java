package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the store has acknowledged to this client lately, as far as it proves later that the store has gone back to an earlier state: the newest
 * revision of each directory, which a later commit has to exceed (COM-6), and the entries that were deleted last, which never come back with the
 * same createRevision. Both are bounded. Safe for use by multiple threads.
 */
final class Acknowledged {
    private static final int MOST_DIRECTORIES = 1_024;
    private static final int MOST_DELETIONS = 16;

    /** What was known when a commit was sent. */
    record Sent(long age, long newest) {}

    /** An entry that is gone for good. */
    record Deletion(String directory, String name, long createRevision) {
        boolean isUndone(List<Entry> found) {
            return found.stream().anyMatch(entry -> entry.createRevision() == createRevision);
        }
    }

    private final Map<String, Long> newest = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST_DIRECTORIES;
        }
    };

    private final Deque<Deletion> deletions = new ArrayDeque<>();
    private long age;
    /** Guards all of it; held for some steps in memory. */
    private final ReentrantLock lock = new ReentrantLock();

    Sent sent(Commit commit) {
        lock.lock();
        try {
            return new Sent(age, newest.getOrDefault(commit.directory(), 0L));
        } finally {
            lock.unlock();
        }
    }

    /** False if the revision proves that the store has gone back. Then nothing is remembered of what was before. */
    boolean committed(Sent sent, Commit commit, long revision) {
        lock.lock();
        try {
            if (sent.age() != age || revision == 0) {
                return true; // What was sent before the store went back proves nothing anew.
            }
            if (revision <= sent.newest()) {
                forget();
                return false;
            }
            newest.merge(commit.directory(), revision, Math::max);
            remember(commit);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void remember(Commit commit) {
        Map<String, Long> bound = new HashMap<>();
        for (Condition condition : commit.conditions()) {
            if (condition instanceof Condition.CreateRevision create) {
                bound.put(create.name(), create.revision());
            }
        }
        for (Write write : commit.writes()) {
            Long createRevision = write instanceof Write.Delete ? bound.get(write.name()) : null;
            if (createRevision != null) {
                deletions.addLast(new Deletion(commit.directory(), write.name(), createRevision));
                if (deletions.size() > MOST_DELETIONS) {
                    deletions.removeFirst();
                }
            }
        }
    }

    List<Deletion> deletions() {
        lock.lock();
        try {
            return List.copyOf(deletions);
        } finally {
            lock.unlock();
        }
    }

    /** The deletion was found undone. False if that is known already. */
    boolean undone(Deletion deletion) {
        lock.lock();
        try {
            boolean isNew = deletions.contains(deletion);
            if (isNew) {
                forget();
            }
            return isNew;
        } finally {
            lock.unlock();
        }
    }

    private void forget() {
        age++;
        newest.clear();
        deletions.clear();
    }
}
