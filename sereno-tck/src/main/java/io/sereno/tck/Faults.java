package io.sereno.tck;

import java.time.Duration;

/**
 * What can go wrong between one client and the store. The other clients of a run are not touched, and judge.
 *
 * <p>After {@link #breakConnections}, {@link #endConnections}, {@link #refuse} and {@link #beSilent} what was under way is lost;
 * after everything else {@link #heal} delivers it.
 */
sealed interface Faults extends AutoCloseable permits ProxyFaults, SimulatedFaults {
    /** Nothing passes either way, and no connection breaks: a partition. */
    void cutOff();

    /** Requests arrive, answers do not. */
    void holdReplies();

    /** Requests wait on their way: they arrive with {@link #heal}, or after this time, which heal() is not to come before. */
    void holdRequests(Duration atLeast);

    /** What the client sends is lost, and it cannot tell: a connection that is open on one side only. */
    void swallowRequests();

    /** Answers are cut off after so many bytes, then the connection breaks. */
    void cutReplies(int afterBytes);

    /** Requests are cut off after so many bytes, then the connection breaks. */
    void cutRequests(int afterBytes);

    /** Everything takes this much longer. */
    void slow(Duration delay);

    /** All connections are reset; the client may come again. */
    void breakConnections();

    /** All connections end in order, as when a server's process is killed; the client may come again. */
    void endConnections();

    /** All connections are reset, and new ones refused. */
    void refuse();

    /** All connections are reset, and new ones are never answered. */
    void beSilent();

    /** All is well again. */
    void heal();

    /** How much the client has sent so far: bytes, or requests. */
    long sent();

    @Override
    void close();
}
