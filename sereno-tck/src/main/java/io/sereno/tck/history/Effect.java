package io.sereno.tck.history;

import io.sereno.spi.Commit;

/**
 * A commit that changed its directory for certain.
 *
 * @param operation the call
 * @param commit what it asked for
 * @param revision told by its result, or by a read that shows what it put
 * @param position its place in the order of revisions, from 1
 */
record Effect(Operation operation, Commit commit, long revision, int position) {
    /** After this it has taken effect for certain. */
    long end() {
        return operation.isUnknown() ? Long.MAX_VALUE : operation.end();
    }
}
