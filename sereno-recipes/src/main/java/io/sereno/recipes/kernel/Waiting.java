package io.sereno.recipes.kernel;

/** What a taken place waits for, until the turn is granted or the place is given back. Confined to the strand. */
interface Waiting {
    /** Sends the request that is due, if one is. */
    void step();

    /** Whether others are known to be in front. */
    boolean isBehindOthers();

    void close();
}
