package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what the store has acknowledged to this client lately, to prove later that the store has gone back to an earlier state. Keeps the
 * newest revision, which a later commit has to exceed, and the entries that were deleted within the last minute, which never come back with the
 * same createRevision. Both are bounded. Safe for use by multiple threads.
 *
 * <p>There is one newest revision for all directories where the store promises {@link io.sereno.spi.Promise#STORE_WIDE_REVISIONS} (COM-14), and
 * one for each directory elsewhere (COM-6).
 *
 * <p>Deletions are kept by age, not by number alone: the number of deletions after an undone one says nothing about how far back the store went.
 */
final class Acknowledged {
    private static final int MOST_DIRECTORIES = 1_024;
    private static final int MOST_DELETIONS = 10_000;
    private static final long OLDEST_DELETION_NANOS = Duration.ofSeconds(60).toNanos();
    /** Up to this many deletions are looked up one by one, since a directory may be large. For more, the whole directory is read once. */
    private static final int FEW = 4;

    /** What was known when a commit was sent. */
    record Sent(long age, long newest) {}

    /** A deleted entry, which can never come back. */
    record Deletion(String directory, String name, long createRevision, long at) {
        boolean isUndone(Entry found) {
            return found.createRevision() == createRevision;
        }
    }

    /** A read, and the deletions that its answer may show to be undone. */
    record Look(Query query, Map<String, List<Deletion>> byName) {
        private static Look at(Query query, List<Deletion> deletions) {
            Map<String, List<Deletion>> byName = new HashMap<>();
            for (Deletion deletion : deletions) {
                byName.computeIfAbsent(deletion.name(), name -> new ArrayList<>(1))
                        .add(deletion);
            }
            return new Look(query, byName);
        }

        /** A deletion that is undone; null if none is. */
        @Nullable
        Deletion undone(List<Entry> found) {
            for (Entry entry : found) {
                for (Deletion deletion : byName.getOrDefault(entry.name(), List.of())) {
                    if (deletion.isUndone(entry)) {
                        return deletion;
                    }
                }
            }
            return null;
        }
    }

    /** In place of a directory, which never has an empty name. */
    private static final String WHOLE_STORE = "";

    private final TimeSource time;
    private final boolean storeWide;

    /** By directory, or for the whole store. */
    private final Map<String, Long> newest = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST_DIRECTORIES;
        }
    };

    private final Deque<Deletion> deletions = new ArrayDeque<>();
    private long age;
    /** Guards all state; held for a few steps in memory. */
    private final ReentrantLock lock = new ReentrantLock();

    Acknowledged(TimeSource time, boolean storeWideRevisions) {
        this.time = time;
        this.storeWide = storeWideRevisions;
    }

    Sent sent(Commit commit) {
        lock.lock();
        try {
            return new Sent(age, newest.getOrDefault(comparedWithin(commit), 0L));
        } finally {
            lock.unlock();
        }
    }

    /** Returns false if the revision proves that the store has gone back. Then everything remembered from before is forgotten. */
    boolean committed(Sent sent, Commit commit, long revision) {
        lock.lock();
        try {
            if (sent.age() != age || revision == 0) {
                return true; // A commit sent before the store went back proves nothing new.
            }
            if (revision <= sent.newest()) {
                forget();
                return false;
            }
            newest.merge(comparedWithin(commit), revision, Math::max);
            remember(commit);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private String comparedWithin(Commit commit) {
        return storeWide ? WHOLE_STORE : commit.directory();
    }

    private void remember(Commit commit) {
        // Loops without streams and maps: this runs for each commit, under the lock.
        for (Write write : commit.writes()) {
            Condition.CreateRevision bound = write instanceof Write.Delete ? boundTo(commit, write.name()) : null;
            if (bound != null) {
                long now = time.nanoTime();
                dropOld(now);
                deletions.addLast(new Deletion(commit.directory(), write.name(), bound.revision(), now));
                if (deletions.size() > MOST_DELETIONS) {
                    deletions.removeFirst();
                }
            }
        }
    }

    private static Condition.@Nullable CreateRevision boundTo(Commit commit, String name) {
        for (Condition condition : commit.conditions()) {
            if (condition instanceof Condition.CreateRevision create
                    && create.name().equals(name)) {
                return create;
            }
        }
        return null;
    }

    private void dropOld(long now) {
        while (!deletions.isEmpty() && now - deletions.getFirst().at() > OLDEST_DELETION_NANOS) {
            deletions.removeFirst();
        }
    }

    /** The reads that find out whether a deletion is undone. */
    List<Look> looks() {
        Map<String, List<Deletion>> byDirectory = new LinkedHashMap<>();
        lock.lock();
        try {
            dropOld(time.nanoTime());
            for (Deletion deletion : deletions) {
                byDirectory
                        .computeIfAbsent(deletion.directory(), directory -> new ArrayList<>())
                        .add(deletion);
            }
        } finally {
            lock.unlock();
        }
        List<Look> looks = new ArrayList<>();
        byDirectory.forEach((directory, all) -> {
            if (all.size() > FEW) {
                looks.add(Look.at(new Query.All(directory), all));
            } else {
                all.forEach(one -> looks.add(Look.at(new Query.One(directory, one.name()), List.of(one))));
            }
        });
        return looks;
    }

    /** The deletion was found undone. Returns false if that was known already. */
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
