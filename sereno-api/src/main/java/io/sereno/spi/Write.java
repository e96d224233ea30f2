package io.sereno.spi;

import java.util.Objects;

/** One change that a commit makes. */
public sealed interface Write {
    /**
     * The entry that the write changes.
     *
     * @return its name
     */
    String name();

    /**
     * Creates the entry, or replaces its value; always a change, even if the value is the same.
     *
     * @param name of the entry
     * @param value perhaps empty, at most {@link Guarantees#maxValueBytes()}
     * @param leaseId {@link Lease#id()} of the lease that the entry is bound to, 0 for none; for an existing entry this
     *     must be the lease that it is bound to already
     */
    record Put(String name, Bytes value, long leaseId) implements Write {
        /** Refuses null; the name is checked with the commit. */
        public Put {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(value, "value");
        }
    }

    /**
     * Deletes the entry. If it is absent, succeeds and changes nothing.
     *
     * @param name of the entry
     */
    record Delete(String name) implements Write {
        /** Refuses null; the name is checked with the commit. */
        public Delete {
            Objects.requireNonNull(name, "name");
        }
    }
}
