package io.sereno.backend.redis;

import io.sereno.spi.Names;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Set;

/** Records in one backend's namespace that Sereno did not write. They are skipped, and each is logged once. */
final class ForeignRecords {
    private static final Logger LOG = System.getLogger(ForeignRecords.class.getName());
    /** Further records are not logged. */
    private static final int MOST_NAMED = 100;

    private static final int LONGEST_EXCERPT = 100;

    /** Guarded by this. */
    private final Set<String> named = new HashSet<>();

    /** Logs the record, unless it was logged before. */
    void skipped(String directory, String name) {
        synchronized (this) {
            if (named.size() >= MOST_NAMED || !named.add(directory + "\0" + name)) {
                return;
            }
        }
        LOG.log(Level.WARNING, "{0} The entry is skipped", description(excerpt(directory), excerpt(name)));
    }

    static String description(String directory, String name) {
        return "entry '" + name + "' of directory '" + directory + "' was not written by Sereno, and nothing"
                + " else may write to its keys; delete the entry, docs/redis.md describes the keys.";
    }

    /** The beginning of a stored text, without line breaks and other control characters, for the log. */
    static String excerpt(String stored) {
        return stored.length() <= LONGEST_EXCERPT
                ? Names.printable(stored)
                : Names.printable(stored.substring(0, LONGEST_EXCERPT)) + "...";
    }
}
