package io.sereno.spi;

import java.util.Objects;

/**
 * A condition on one entry that has to hold for a commit to go through, evaluated on the state before its writes
 * (COM-2).
 */
public sealed interface Condition {
    /**
     * The entry that the condition is about.
     *
     * @return its name
     */
    String name();

    /**
     * There is no such entry.
     *
     * @param name of the entry
     */
    record Absent(String name) implements Condition {
        /** Refuses null; the name is checked with the commit. */
        public Absent {
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * There is such an entry.
     *
     * @param name of the entry
     */
    record Present(String name) implements Condition {
        /** Refuses null; the name is checked with the commit. */
        public Present {
            Objects.requireNonNull(name, "name");
        }
    }

    /**
     * There is such an entry, and it is the incarnation created at this revision (COM-4).
     *
     * @param name of the entry
     * @param revision 1 to {@link Entry#MAX_REVISION}
     */
    record CreateRevision(String name, long revision) implements Condition {
        /** Checks the revision; the name is checked with the commit. */
        public CreateRevision {
            Objects.requireNonNull(name, "name");
            Entry.checkRevision("revision", revision, 1);
        }
    }

    /**
     * There is such an entry, and its latest put was at this revision.
     *
     * @param name of the entry
     * @param revision 1 to {@link Entry#MAX_REVISION}
     */
    record ModRevision(String name, long revision) implements Condition {
        /** Checks the revision; the name is checked with the commit. */
        public ModRevision {
            Objects.requireNonNull(name, "name");
            Entry.checkRevision("revision", revision, 1);
        }
    }
}
