package io.sereno.backend.zookeeper;

import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Set;

/** Nodes in a directory that no Sereno client created, by their names. They are skipped, and each is logged once. */
final class ForeignNodes {
    private static final System.Logger LOG = System.getLogger(ForeignNodes.class.getName());
    /** With more than this many, the log is of no use. */
    private static final int MOST_NAMED = 1_000;

    /** Guarded by this. */
    private final Set<String> named = new HashSet<>();

    void skipped(String path) {
        synchronized (this) {
            if (named.size() >= MOST_NAMED || !named.add(path)) {
                return;
            }
        }
        LOG.log(
                Level.WARNING,
                () -> "node " + path + " was not made by Sereno: its name is not one that Sereno writes. It is skipped."
                        + " Remove it: only Sereno may write below its namespace");
    }
}
