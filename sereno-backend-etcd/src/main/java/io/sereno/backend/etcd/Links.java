package io.sereno.backend.etcd;

import java.time.Duration;
import java.util.function.Consumer;

/** The connection of a client, and what happens when it fails: {@link OwnLinks}, or {@link GivenChannel}. */
interface Links {
    /** Sets the listener that is notified of each replaced connection, outside locks. */
    void onReplaced(Consumer<Link> listener);

    /** Between how many servers a request that was not sent may move. */
    int count();

    Link current();

    /**
     * A call over this connection failed because the server is unavailable. Returns whether there is another connection
     * now.
     */
    boolean failed(Link link);

    /**
     * A call over this connection got no answer. If the connection carried other answers meanwhile, it is merely slow.
     */
    void unanswered(Link link, long since);

    /** Ends all calls under way and blocks until own sockets are closed, for this long at most. */
    void close(Duration limit);
}
