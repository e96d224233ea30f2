package io.sereno.tck.faults;

import java.time.Duration;

/**
 * What can go wrong between one client and the store. The other clients of a run are not affected and judge.
 *
 * <p>After {@link #breakConnections}, {@link #endConnections}, {@link #refuse} and {@link #beSilent}, requests and
 * answers under way are lost; after any other fault {@link #heal} delivers them.
 */
public sealed interface Faults extends AutoCloseable permits ProxyFaults, SimulatedFaults {
    /** Nothing passes in either direction, and no connection breaks: a partition. */
    void cutOff();

    /** Requests arrive; answers do not. */
    void holdReplies();

    /**
     * Requests are held: they arrive with {@link #heal}, or after this time. heal() must not be called before this time
     * is over.
     */
    void holdRequests(Duration atLeast);

    /** Requests of the client are lost, and the client cannot notice it: a half-open connection. */
    void swallowRequests();

    /** Answers are cut off after this many bytes, then the connection breaks. */
    void cutReplies(int afterBytes);

    /** Requests are cut off after this many bytes, then the connection breaks. */
    void cutRequests(int afterBytes);

    /** Everything takes this much longer. */
    void slow(Duration delay);

    /** All connections are reset; the client may reconnect. */
    void breakConnections();

    /** All connections end in order, as when a server's process is killed; the client may reconnect. */
    void endConnections();

    /** All connections are reset, and new ones refused. */
    void refuse();

    /** All connections are reset, and new ones are never answered. */
    void beSilent();

    /** Ends all faults. */
    void heal();

    /** How much the client has sent so far, in bytes or requests. */
    long sent();

    @Override
    void close();
}
