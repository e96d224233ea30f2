package io.sereno.examples.guides;

import java.util.ArrayList;
import java.util.List;

/** A resource that a lock protects: it refuses late writers. */
final class Archive {
    private final List<String> pages = new ArrayList<>();
    private long greatestToken;

    synchronized void write(String page, long fencingToken) {
        if (fencingToken < greatestToken) {
            throw new IllegalStateException("token " + fencingToken + " is late: " + greatestToken + " has been here");
        }
        greatestToken = fencingToken;
        pages.add(page);
    }

    synchronized long greatestToken() {
        return greatestToken;
    }

    synchronized List<String> pages() {
        return List.copyOf(pages);
    }
}
