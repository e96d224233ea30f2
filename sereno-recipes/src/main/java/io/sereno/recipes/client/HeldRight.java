package io.sereno.recipes.client;

import io.sereno.LossCause;
import io.sereno.Right;
import io.sereno.recipes.kernel.Hold;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A hold that others may overlap: without the token, which would not order it. */
public class HeldRight implements Right {
    protected final Hold hold;

    public HeldRight(Hold hold) {
        this.hold = hold;
    }

    @Override
    public final boolean isHeld() {
        return hold.isHeld();
    }

    @Override
    public final Duration remaining() {
        return hold.remaining();
    }

    @Override
    public final CompletionStage<LossCause> lost() {
        return hold.lost();
    }

    @Override
    public final void release() {
        hold.release();
    }

    @Override
    public final void close() {
        hold.close();
    }
}
