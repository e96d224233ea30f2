package io.sereno.spi;

import java.util.Objects;

/**
 * One entry of a directory, as a read shows it; all fields belong to one put (READ-2c).
 *
 * @param name unique in its directory
 * @param value perhaps empty
 * @param createRevision of the commit that created this incarnation, 1 to {@link #MAX_REVISION}; kept by later puts
 *     (COM-7a)
 * @param modRevision of the commit with its latest put, 1 to {@link #MAX_REVISION}
 * @param leaseId the lease that the entry is bound to; 0 for none
 */
public record Entry(String name, Bytes value, long createRevision, long modRevision, long leaseId) {
    /** The greatest revision, 2<sup>53</sup> - 1 (COM-5c): 1,024 times that, plus a place, still is a positive long. */
    public static final long MAX_REVISION = (1L << 53) - 1;

    /** Checks only that the revisions are in range, not that they are consistent with each other. */
    public Entry {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(value, "value");
        checkRevision("createRevision", createRevision, 1);
        checkRevision("modRevision", modRevision, 1);
    }

    static void checkRevision(String what, long revision, long least) {
        if (revision < least || revision > MAX_REVISION) {
            throw new IllegalArgumentException(what + " is " + revision + "; " + least + " to 2^53 - 1 is accepted");
        }
    }
}
