package io.sereno.spi;

import java.util.List;

/**
 * What a read found.
 *
 * <p><b>Guarantees.</b> Every entry asked for that lived throughout the call is here, none that never lived during it,
 * and each as it was at some moment of it (READ-3). <b>Not guaranteed:</b> that all are of one moment, unless
 * {@link Promise#SNAPSHOT_READS} is promised. That an entry is missing here says nothing about another that is present.
 *
 * @param entries in the order of their names, by unsigned bytes of UTF-8 (READ-5a); copied
 * @param more whether there are entries behind the last one; only a {@link Query.Range} leaves any (READ-5c)
 */
public record Snapshot(List<Entry> entries, boolean more) {
    /** Copies the list, unless it cannot be changed anyway. */
    public Snapshot {
        entries = List.copyOf(entries);
    }
}
