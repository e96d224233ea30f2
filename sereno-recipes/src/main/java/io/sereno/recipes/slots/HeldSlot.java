package io.sereno.recipes.slots;

import io.sereno.Slot;
import io.sereno.recipes.client.HeldRight;
import io.sereno.recipes.kernel.Hold;

/** A hold as a slot. */
final class HeldSlot extends HeldRight implements Slot {
    private final int number;

    HeldSlot(Hold hold, int number) {
        super(hold);
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public long fencingToken() {
        return hold.fencingToken();
    }

    @Override
    public String toString() {
        return hold + ", slot " + number;
    }
}
