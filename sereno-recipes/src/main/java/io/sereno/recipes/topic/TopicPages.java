package io.sereno.recipes.topic;

import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;

/** How many entries of a topic to ask for at a time: many where they are small, never more than a store answers with. */
final class TopicPages {
    /** So many of the largest batches fit into the least that every store answers with. */
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

    /** Perhaps the answer would have been too large. Says whether a smaller page is worth another attempt at once. */
    boolean failed() {
        boolean isLarge = size > LEAST;
        size = LEAST;
        return isLarge;
    }
}
