package io.sereno.simulation;

/**
 * The way between one client and its store: decides when, and whether, what is on the way arrives. The mechanism around it
 * is {@link LinkedBackend}; strategies are {@link FaultyBackend}, which follows a test's script, and the explorer's, which
 * makes each arrival an event.
 *
 * <p>Methods are called outside locks, and may let things arrive at once.
 */
interface Link {
    /** A request left the client: {@link Exchange#deliver} lets it arrive, {@link Exchange#answer} its answer. */
    void sent(Exchange<?> exchange);

    /** A watch has notices waiting: {@link Notices#deliverNext()} lets one arrive. Not called again until none waits, unless it throws: then once a second. */
    void waiting(Notices notices);

    /** A listener threw; the watch goes on. */
    void threw(Notices notices, Throwable thrown);
}
