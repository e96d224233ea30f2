package io.sereno.recipes.election;

import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.TimedWait;
import java.util.concurrent.Executor;

/** A leader's attempt to hand over to a peer. True: the peer has led. False: the leadership was not given up for it. The fields are confined to the strand. */
final class HandOver extends TimedWait<Boolean> {
    /** The incarnation of the peer. */
    final long peer;
    /** The leader callback waits for this, so it must not be interrupted. */
    final boolean insideCallback;
    /** Distinguishes the attempts of one leader. */
    long attempt;
    /** A read that began after the attempt has shown the queue. A peer that is not in it has left. */
    boolean sought;
    /** The incarnation that gave the leadership up; 0 before that. */
    long givenUp;

    HandOver(Kernel kernel, Executor strand, long peer, boolean insideCallback) {
        super(kernel, strand);
        this.peer = peer;
        this.insideCallback = insideCallback;
    }
}
