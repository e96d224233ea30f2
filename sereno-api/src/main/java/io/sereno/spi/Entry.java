package io.sereno.spi;

import java.util.Objects;

/** leaseId 0: none. Revisions: 1 to 2^53 - 1. */
public record Entry(String name, Bytes value, long createRevision, long modRevision, long leaseId) {
    /** The greatest revision, 2^53 - 1 (COM-5). */
    public static final long MAX_REVISION = (1L << 53) - 1;

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
