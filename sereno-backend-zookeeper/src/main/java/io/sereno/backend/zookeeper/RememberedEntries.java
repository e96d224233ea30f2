package io.sereno.backend.zookeeper;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * What this client has last seen of the store, so that a commit need not read first. None of it is trusted: it only
 * serves to plan a transaction, whose checks fail if it is out of date. The size is bounded; the least recently used
 * entries are forgotten.
 */
final class RememberedEntries {
    private static final int MOST_ENTRIES = 20_000;
    private static final int MOST_DIRECTORIES = 4_000;
    /**
     * For a directory with more names than this, the client does not find out which commit deletes the last entry: the
     * server removes the empty directory a minute later.
     */
    private static final int MOST_NAMES = 16;

    /**
     * How many removals of a directory are left out after one was refused. Clients that take turns each see the others leave before they leave
     * themselves, and not that the others have come back.
     */
    private static final int LEFT_OUT = 16;

    static final int UNKNOWN = -1;

    /** All guarded by this. The greatest version seen of each guard, or UNKNOWN. */
    private final int[] guards = new int[Paths.GUARDS];

    private final Map<String, RememberedEntry> entries = new Recent<>(MOST_ENTRIES);
    /** The names in a directory. An empty set means that the directory exists and its names are unknown. */
    private final Map<String, Set<String>> directories = new Recent<>(MOST_DIRECTORIES);

    private final Map<String, Integer> counts = new Recent<>(MOST_DIRECTORIES);
    /** How many removals of a directory are still to be left out. */
    private final Map<String, Integer> shared = new Recent<>(MOST_DIRECTORIES);

    /** When the guards that the versions belong to were created; 0: not known. */
    private long madeAt;

    RememberedEntries() {
        Arrays.fill(guards, UNKNOWN);
    }

    /**
     * Returns when a reported guard was created. Guards that were created again count their versions from the
     * beginning. So what was remembered with the former guards proves nothing, and is forgotten.
     */
    synchronized void madeAt(long czxid) {
        if (madeAt != czxid) {
            madeAt = czxid;
            Arrays.fill(guards, UNKNOWN);
            entries.clear();
            directories.clear();
        }
    }

    synchronized void guard(int shard, int version) {
        // Compare by difference: versions wrap around.
        if (guards[shard] == UNKNOWN || version - guards[shard] > 0) {
            guards[shard] = version;
        }
    }

    /** Call before an entry is read: the state that is then read is no older than this version. */
    synchronized int guard(int shard) {
        return guards[shard];
    }

    /**
     * All versions, for a following read. Take them before the barrier or the transaction that precedes the read: what
     * another session learns meanwhile may be newer than the state of this session's server.
     */
    synchronized int[] guards() {
        return guards.clone();
    }

    synchronized @Nullable RememberedEntry of(String entryPath) {
        return entries.get(entryPath);
    }

    synchronized void put(String entryPath, RememberedEntry seen) {
        if (seen.guard() != UNKNOWN) {
            entries.put(entryPath, seen);
        }
    }

    void put(String entryPath, int guardBefore, Stat stat) {
        put(entryPath, RememberedEntry.of(guardBefore, stat));
    }

    synchronized void forget(String entryPath) {
        entries.remove(entryPath);
    }

    /** Whether the directory existed when it was last seen. */
    synchronized boolean exists(String directory) {
        return directories.containsKey(directory);
    }

    /**
     * Whether a commit that deletes these entries should remove the directory, which would be empty then as far as is known. If the answer is no
     * and nobody else removes it, the server does, a minute later.
     */
    synchronized boolean shouldRemove(String directory, Set<String> deleted) {
        Set<String> known = directories.get(directory);
        if (known == null || known.isEmpty() || !deleted.containsAll(known)) {
            return false;
        }
        Integer leftOut = shared.remove(directory);
        if (leftOut == null) {
            return true;
        }
        if (leftOut > 1) {
            shared.put(directory, leftOut - 1);
        }
        return false;
    }

    /** The directory could not be removed: it has other entries. */
    synchronized void isShared(String directory) {
        existsWithUnknown(directory);
        shared.put(directory, LEFT_OUT);
    }

    /** The directory exists and has these names; an empty collection means that they are unknown. */
    synchronized void directory(String directory, Collection<String> names) {
        directories.put(directory, names.size() > MOST_NAMES ? Set.of() : new LinkedHashSet<>(names));
    }

    synchronized void existsWithUnknown(String directory) {
        directories.put(directory, Set.of());
    }

    /** The directory seems to exist. Keeps what is known of it. */
    synchronized void presumeExists(String directory) {
        directories.putIfAbsent(directory, Set.of());
    }

    /** How many nodes the directory had when it was last listed; the greatest number if unknown. */
    synchronized int lastCount(String directory) {
        Integer count = counts.get(directory);
        return count == null ? Integer.MAX_VALUE : count;
    }

    synchronized void counted(String directory, int count) {
        counts.put(directory, count);
    }

    synchronized void notCounted(String directory) {
        counts.remove(directory);
    }

    synchronized void gone(String directory) {
        directories.remove(directory);
    }

    synchronized void added(String directory, Set<String> names) {
        Set<String> known = directories.get(directory);
        if (known != null && !known.isEmpty()) {
            known.addAll(names);
            if (known.size() > MOST_NAMES) {
                directories.put(directory, Set.of());
            }
        } else if (known == null) {
            directories.put(directory, Set.of());
        }
    }

    synchronized void removed(String directory, Set<String> names) {
        Set<String> known = directories.get(directory);
        if (known != null && !known.isEmpty()) {
            known.removeAll(names);
        }
    }

    private static final class Recent<V> extends LinkedHashMap<String, V> {
        private static final long serialVersionUID = 1L;

        private final int most;

        Recent(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
            return size() > most;
        }
    }
}
