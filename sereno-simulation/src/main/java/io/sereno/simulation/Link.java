package io.sereno.simulation;

/**
 * The connection between one client and its store: decides when, and whether, messages arrive. {@link LinkedBackend} is
 * the mechanism around it. Strategies are {@link FaultyBackend}, which follows a test's script, and the explorer's,
 * which makes each arrival an event.
 *
 * <p>Methods are called outside locks, and may let messages arrive at once.
 */
interface Link {
    /** A request left the client: {@link Exchange#deliver} lets it arrive, {@link Exchange#answer} its answer. */
    void sent(Exchange<?> exchange);

    /**
     * A watch has notices waiting: {@link Notices#deliverNext()} lets one arrive. Not called again until none waits;
     * but if this method throws, it is called again once a second.
     */
    void waiting(Notices notices);

    /** A listener threw; the watch continues. */
    void threw(Notices notices, Throwable thrown);
}
