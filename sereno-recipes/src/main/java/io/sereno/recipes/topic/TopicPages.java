package io.sereno.recipes.topic;

import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;

/** How many entries of a topic to read at a time: many if they are small, but never more than a store returns. */
final class TopicPages {
    /** Every store can answer with this many of the largest batches. */
    private static final int LEAST = 3;

    private static final int MOST = 64;
    private static final int BYTES = 512 * 1024;

    private int size = LEAST;

    int size() {
        return size;
    }

    void seen(Snapshot page) {
        long bytes = 0;
        for (Entry entry : page.entries()) {
            bytes += entry.value().size();
        }
        if (bytes > BYTES) {
            size = Math.max(LEAST, size / 2);
        } else if (bytes < BYTES / 2 && page.entries().size() == size) {
            size = Math.min(MOST, size * 2);
        }
    }

    /** The read failed, perhaps because the answer was too large. Returns whether to retry at once with a smaller page. */
    boolean failed() {
        boolean isLarge = size > LEAST;
        size = LEAST;
        return isLarge;
    }
}
