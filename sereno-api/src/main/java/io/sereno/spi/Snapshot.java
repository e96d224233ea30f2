package io.sereno.spi;

import java.util.List;

/**
 * The result of a read.
 *
 * <p><b>Guarantees.</b> The snapshot has every entry asked for that lived throughout the call and no entry that never
 * lived during the call, each as it was at some moment of the call (READ-3). <b>Not guaranteed:</b> that all entries
 * are of one moment, unless {@link Promise#SNAPSHOT_READS} is promised. A missing entry says nothing about an entry
 * that is present.
 *
 * @param entries in the order of their names, by unsigned bytes of UTF-8 (READ-5a); copied
 * @param more whether there are entries after the last one; only a {@link Query.Range} leaves any (READ-5c)
 */
public record Snapshot(List<Entry> entries, boolean more) {
    /** Copies the list, unless it is immutable. */
    public Snapshot {
        entries = List.copyOf(entries);
    }
}
