package io.sereno.recipes.kernel;

/**
 * The number by which a resource distinguishes a holder from earlier ones. Greater for each later grant of a name: createRevisions grow, and so do
 * the places in a series under one createRevision.
 */
public final class FencingToken {
    /** The most grants under one entry, and the factor between createRevision and token: part of the stored format, never to change. */
    public static final int SERIES = 1_024;

    private FencingToken() {}

    /** Does not overflow: revisions are below 2^53 (COM-5c). */
    public static long of(long createRevision, int place) {
        return createRevision * SERIES + place;
    }
}
