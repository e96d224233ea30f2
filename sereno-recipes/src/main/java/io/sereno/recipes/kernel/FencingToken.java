package io.sereno.recipes.kernel;

/**
 * The number by which a resource tells a holder from those before it. Greater for each later grant of a name, because createRevisions are, and places
 * in a series are within one.
 */
public final class FencingToken {
    /** Grants under one entry, and the factor between createRevision and token: part of the stored format, never to change. */
    public static final int SERIES = 1_024;

    private FencingToken() {}

    /** Fits: revisions are below 2^53 (COM-5c). */
    public static long of(long createRevision, int place) {
        return createRevision * SERIES + place;
    }
}
