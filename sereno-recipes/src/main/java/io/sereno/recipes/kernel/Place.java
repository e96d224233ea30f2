package io.sereno.recipes.kernel;

import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import org.jspecify.annotations.Nullable;

/** A place in a queue: the entry, and which of all that ever had its name. */
record Place(String name, long createRevision) {
    static Place of(Entry entry) {
        return new Place(entry.name(), entry.createRevision());
    }

    boolean isIn(Snapshot snapshot) {
        Entry found = entryOf(name, snapshot);
        return found != null && found.createRevision() == createRevision;
    }

    static @Nullable Entry entryOf(String name, Snapshot snapshot) {
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(name)) {
                return entry;
            }
        }
        return null;
    }
}
