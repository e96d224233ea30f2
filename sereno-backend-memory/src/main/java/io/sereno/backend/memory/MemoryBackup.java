package io.sereno.backend.memory;

import io.sereno.spi.Entry;
import java.util.List;

/**
 * All that a {@link MemoryStore} held at one moment: entries, leases and revision. Immutable; may be restored any
 * number of times, into the store that it was made from.
 */
public final class MemoryBackup {
    /** What happens to revisions when a store is restored. */
    public enum Revisions {
        /**
         * They continue above all that were given, and a lease ends when it would have ended according to the backup:
         * as Redis does after a fail-over or a restart that lost writes.
         */
        GO_ON,
        /**
         * They go back with the entries, so that new commits get revisions that others had before, and each lease in
         * the backup gets its full ttl again: as etcd and ZooKeeper do when they are restored from a snapshot.
         */
        REPEAT
    }

    record Stored(String directory, Entry entry) {}

    record Granted(MemoryLease lease, long deadline) {}

    private final MemoryStore store;
    private final List<Stored> entries;
    private final List<Granted> leases;
    private final long revision;

    MemoryBackup(MemoryStore store, List<Stored> entries, List<Granted> leases, long revision) {
        this.store = store;
        this.entries = List.copyOf(entries);
        this.leases = List.copyOf(leases);
        this.revision = revision;
    }

    boolean isOf(MemoryStore other) {
        return store == other;
    }

    @Override
    public String toString() {
        return "MemoryBackup[revision " + revision + ", " + entries.size() + " entries, " + leases.size() + " leases]";
    }

    List<Stored> entries() {
        return entries;
    }

    List<Granted> leases() {
        return leases;
    }

    long revision() {
        return revision;
    }
}
