package io.sereno.tck.history;

import io.sereno.spi.Commit;

/**
 * A commit that certainly changed its directory.
 *
 * @param operation the call
 * @param commit what it asked for
 * @param revision from its result, or from a read that shows what it put
 * @param position its place in the order of revisions, from 1
 */
record Effect(Operation operation, Commit commit, long revision, int position) {
    /** After this it has certainly taken effect. */
    long end() {
        return operation.isUnknown() ? Long.MAX_VALUE : operation.end();
    }
}
