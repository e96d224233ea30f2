package io.sereno.recipes.permits;

import io.sereno.Permit;
import io.sereno.recipes.client.HeldRight;
import io.sereno.recipes.kernel.Hold;

/** A hold as a permit. */
final class HeldPermit extends HeldRight implements Permit {
    private final int weight;
    private final String id;

    HeldPermit(Hold hold, int weight, String id) {
        super(hold);
        this.weight = weight;
        this.id = id;
    }

    @Override
    public int weight() {
        return weight;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String toString() {
        return hold + ", weight " + weight + ", entry " + id;
    }
}
