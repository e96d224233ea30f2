package io.sereno.recipes.permits;

import io.sereno.recipes.client.RightRequest;
import org.jspecify.annotations.Nullable;

/** One caller's request for permits. Its fields belong to the strand. */
final class PermitRequest extends RightRequest {
    final int weight;
    /** To be stored if no limit is. */
    final int firstLimit;

    /** The place in which it waits or holds; null before there is one. */
    @Nullable
    PermitTurn turn;

    /** The name of the entry, once it is granted. */
    String id = "";

    PermitRequest(
            PermitQueue queue, String operation, int weight, int firstLimit, boolean onlyIfFree, boolean limited) {
        super(queue, operation, onlyIfFree, limited);
        this.weight = weight;
        this.firstLimit = firstLimit;
    }
}
