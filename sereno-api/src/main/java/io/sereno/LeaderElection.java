package io.sereno;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A candidate in an election: of all that were started, one leads, and all know who. Observes until {@link #start()};
 * then stands until {@link #close()}, through outages and losses.
 *
 * <pre>{@code
 * LeaderElection election = sereno.election("reports")
 *         .metadata(Map.of("address", "10.0.0.7:8080"))
 *         .onElectedLeader((leadership, topology) -> {
 *             while (leadership.isHeld()) {
 *                 reports.writeNext(leadership.fencingToken());
 *             }
 *         })
 *         .onElectedFollower(topology -> reports.readFrom(topology.leader()))
 *         .start();
 * }</pre>
 *
 * <p><b>Guarantees.</b> Two leaders never believe in themselves at the same moment (LDR-2), terms have rising fencing
 * tokens (LDR-1), and a leader that is cut off steps down by itself (LDR-7). After a leader's death another leads
 * within its session ttl and the store's lateness (LDR-3); after {@link #resign()} or {@link #close()} at once (LDR-4).
 * Candidates lead in the order in which they enrolled.
 *
 * <p><b>Not guaranteed.</b> As for every {@link Grant}: that nothing happens between {@code isHeld()} and the effect.
 * That every leader in between is seen by an observer who was away.
 *
 * <p><b>Callbacks</b> are set before {@link #start()}; setting one again replaces it. Those of leader and follower run
 * one after the other and alternate (LDR-5a). The leader callback may last as long as the leadership; the loss
 * completes {@link Grant#lost()} and interrupts it. Those of peers run one after another too, beside a leader callback
 * that lasts. The candidate enrols again only after the leader callback has returned, so that there is no leader
 * without a worker (LDR-5b). What a callback throws goes to the {@link SerenoObserver} and the log, and ends neither
 * leadership nor candidacy (LDR-8).
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface LeaderElection extends AutoCloseable {
    /**
     * What to do when this candidate leads.
     *
     * @param callback given the right that it has and what the election looks like; interrupted when the right is lost,
     *     or given back by another thread
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onElectedLeader(BiConsumer<Leadership, Topology> callback);

    /**
     * What to do when this candidate begins to follow: once it has enrolled behind others, and again after it led: when
     * it lost the leadership, as soon as the leader callback has returned, with or without a store in reach. When the
     * leader that it follows changes, that is a peer that leaves.
     *
     * @param callback given what the election looks like; after a loss the new leader may not be known yet
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onElectedFollower(Consumer<Topology> callback);

    /**
     * What to do when another candidate joins, or is found at the start. Joins and leaves come in pairs for each
     * incarnation, also over a reconnect (LDR-9).
     *
     * @param callback given who joined and what the election looks like
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onPeerJoined(BiConsumer<Peer, Topology> callback);

    /**
     * What to do when another candidate leaves.
     *
     * @param callback given who left, as last seen, and what the election looks like
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onPeerLeft(BiConsumer<Peer, Topology> callback);

    /**
     * What others see of this candidate. May be called at any time: once it stands, the old is replaced in place,
     * keeping the turn (LDR-11). Does not wait for the store.
     *
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @return this election
     * @throws IllegalArgumentException if it is too large, or not well-formed Unicode without U+0000
     * @throws IllegalStateException if it is closed
     */
    LeaderElection metadata(Map<String, String> metadata);

    /**
     * Stands for election. Returns at once; the store is asked in the background for as long as it takes.
     *
     * @return this election
     * @throws IllegalStateException if it was started or closed before
     */
    LeaderElection start();

    /**
     * Waits until this candidate leads. The end of the wait, an interrupt included, does not end the candidacy.
     *
     * @return the right that it has; giving it back is {@link #resign()}
     * @throws InterruptedException if interrupted
     * @throws IllegalStateException if it was not started, or is closed, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Leadership awaitLeadership() throws InterruptedException;

    /**
     * Waits for some time until this candidate leads. The end of the wait does not end the candidacy. Returns at the
     * latest 200 ms after its time has ended (REC-8).
     *
     * @param timeout zero or more
     * @return the right that it has; or empty: it did not come to lead in time, and the store answers
     * @throws InterruptedException if interrupted
     * @throws NotAppliedException if the time ended while the store was out of reach: it has answered nothing since the
     *     call began, or its last request failed
     * @throws IllegalStateException if it was not started, or is closed, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Leadership> awaitLeadership(Duration timeout) throws InterruptedException;

    /**
     * The right to lead, while this candidate has it. Reads the clock and asks nobody.
     *
     * @return empty when it does not lead
     */
    Optional<Leadership> leadership();

    /**
     * What the election looks like. After {@link #start()} as this candidate saw it last, without asking; as long as it
     * has seen nothing, by asking the store, which takes at most the operation timeout and is not interruptible.
     *
     * @return the last known, marked so when it is not current
     * @throws NotAppliedException if nothing is known yet and the store could not be asked
     * @throws IllegalStateException if it is closed
     */
    Topology topology();

    /**
     * Where this candidate stands.
     *
     * @return never waits
     */
    State state();

    /**
     * What keeps this candidate from taking part just now (LDR-12). It is tried again until it is closed.
     *
     * @return empty when nothing does
     */
    Optional<SerenoException> lastError();

    /**
     * Hands the leadership over, interrupts the leader callback, and queues at the tail when that has returned. Waits
     * until the store has it, at most the operation timeout; not interruptible. Inside the leader callback it does not
     * interrupt. Does nothing while this candidate does not lead.
     *
     * @throws IllegalStateException if it is closed
     */
    void resign();

    /**
     * Leaves the election: hands over what it has, interrupts the leader callback and lets no callback begin
     * afterwards. Waits for a running callback and for the store, 5 s at most; inside a callback not for that callback.
     * Idempotent.
     */
    @Override
    void close();

    /** Where a candidate stands. */
    enum State {
        /** Not started: sees the others, and is not seen. */
        OBSERVING,
        /** In the queue, behind others. */
        FOLLOWER,
        /** Leads; also while the store is out of reach, until the local deadline. */
        LEADER,
        /** Started, and neither: about to enrol, or the store is out of reach. */
        SUSPENDED,
        /** Closed for good. */
        CLOSED
    }
}
