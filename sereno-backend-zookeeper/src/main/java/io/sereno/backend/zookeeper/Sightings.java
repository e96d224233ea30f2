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
 * What this client remembers of the store, so that a commit need not look first. Nothing here is believed: it proposes a
 * transaction, and the transaction proves it or fails. Bounded; what was used least lately is forgotten.
 */
final class Sightings {
    private static final int MOST_ENTRIES = 20_000;
    private static final int MOST_DIRECTORIES = 4_000;
    /** Of a directory with more it does not matter who leaves last: the server removes it a minute later. */
    private static final int MOST_NAMES = 16;

    static final int UNKNOWN = -1;

    /** All guarded by this. The greatest version seen of each guard, or UNKNOWN. */
    private final int[] guards = new int[Paths.GUARDS];

    private final Map<String, Sighting> entries = new Recent<>(MOST_ENTRIES);
    /** The names in a directory; none known is a directory that exists and has unknown names. */
    private final Map<String, Set<String>> directories = new Recent<>(MOST_DIRECTORIES);

    private final Map<String, Integer> counts = new Recent<>(MOST_DIRECTORIES);

    /** When the guards that are meant were made; 0: not known. */
    private long madeAt;

    Sightings() {
        Arrays.fill(guards, UNKNOWN);
    }

    /**
     * Of a guard that is being told of: when it was made. Guards that were made again count their versions from the beginning, so what was
     * known by the former ones proves nothing, and is forgotten.
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
        // By difference: versions wrap.
        if (guards[shard] == UNKNOWN || version - guards[shard] > 0) {
            guards[shard] = version;
        }
    }

    /** To be asked before an entry is read: what is read then was there no earlier than this version. */
    synchronized int guard(int shard) {
        return guards[shard];
    }

    /**
     * All of them, for a read that follows: to be taken before the barrier or the transaction that the read comes after. What
     * another session learns meanwhile may be of a time that the server of this one has not reached yet.
     */
    synchronized int[] guards() {
        return guards.clone();
    }

    synchronized @Nullable Sighting of(String entryPath) {
        return entries.get(entryPath);
    }

    synchronized void put(String entryPath, Sighting sighting) {
        if (sighting.guard() != UNKNOWN) {
            entries.put(entryPath, sighting);
        }
    }

    void put(String entryPath, int guardBefore, Stat stat) {
        put(entryPath, Sighting.of(guardBefore, stat));
    }

    synchronized void forget(String entryPath) {
        entries.remove(entryPath);
    }

    /** Whether the directory was there when it was last heard of. */
    synchronized boolean exists(String directory) {
        return directories.containsKey(directory);
    }

    /** Whether, as far as is known, nothing would be left in it without these. */
    synchronized boolean holdsOnly(String directory, Set<String> names) {
        Set<String> known = directories.get(directory);
        return known != null && !known.isEmpty() && names.containsAll(known);
    }

    /** It exists, and these are its names, or nobody knows which. */
    synchronized void directory(String directory, Collection<String> names) {
        directories.put(directory, names.size() > MOST_NAMES ? Set.of() : new LinkedHashSet<>(names));
    }

    synchronized void existsWithUnknown(String directory) {
        directories.put(directory, Set.of());
    }

    /** It seems to exist; what is known of it stays known. */
    synchronized void presumeExists(String directory) {
        directories.putIfAbsent(directory, Set.of());
    }

    /** How many nodes it had when it was last listed; the greatest number if nobody knows. */
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
