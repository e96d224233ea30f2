package io.sereno;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A candidate in an election. Of all started candidates one leads, and all know which one. A candidate observes until
 * {@link #start()}; then it stands for election until {@link #close()}, through outages and losses.
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
 * <p><b>Guarantees.</b> No two candidates consider themselves the leader at the same moment (LDR-2), terms have rising
 * fencing tokens (LDR-1), and a leader that is cut off steps down by itself (LDR-7). After a leader died, another leads
 * within the dead leader's session ttl plus the store's lateness (LDR-3); after {@link #resign()} or {@link #close()}
 * at once (LDR-4). Candidates of one priority lead in the order in which they enrolled, except where they gave way to another one.
 *
 * <p><b>Who leads next.</b> A candidate of lower {@link #priority} queues again behind each candidate of higher priority that it sees, so the next leader
 * is the one of the highest priority that enrolled in time (LDR-15). Nobody is deposed: a leader of low priority leads on. {@link #transferTo} hands over to
 * a chosen peer, after that peer has prepared itself.
 *
 * <p><b>Not guaranteed.</b> As for every {@link Grant}: that nothing happens between {@code isHeld()} and the effect.
 * That an observer that was disconnected sees every leader of that time.
 *
 * That the candidate of the highest priority leads next if it enrolled a moment before the leadership ended: the others have to see it first. Nodes of a
 * release without priorities give way to nobody.
 *
 * <p><b>Callbacks</b> are set before {@link #start()}, {@link #onLeaderChanged} at any time; setting one again replaces
 * it. The leader and follower callbacks run one at a time and alternate (LDR-5a). The leader callback may run as long
 * as the leadership lasts; a loss completes {@link Grant#lost()} and interrupts the callback. The peer callbacks also
 * run one at a time, and may run while the leader callback runs. The candidate enrols again only after the leader
 * callback has returned, so that there is no leader without a worker (LDR-5b). An exception from a callback goes to the
 * {@link SerenoObserver} and the log, and ends neither leadership nor candidacy (LDR-8).
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface LeaderElection extends AutoCloseable {
    /**
     * Sets the callback that runs when this candidate begins to lead.
     *
     * @param callback receives the right to lead and the topology of the election; interrupted when the right is lost,
     *     or released by another thread
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onElectedLeader(BiConsumer<Leadership, Topology> callback);

    /**
     * Sets the callback that runs when this candidate begins to follow: once it has enrolled behind others, and again
     * after it led. After a loss of the leadership it runs as soon as the leader callback has returned, whether the
     * store is reachable or not. A change of the leader that this candidate follows is reported to
     * {@link #onLeaderChanged}.
     *
     * @param callback receives the topology of the election; after a loss the new leader may not be known yet
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onElectedFollower(Consumer<Topology> callback);

    /**
     * Sets the callback that runs when another candidate joins, or is found at the start. Joins and leaves come in
     * pairs for each incarnation, also across a reconnect (LDR-9).
     *
     * @param callback receives the candidate that joined and the topology of the election
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onPeerJoined(BiConsumer<Peer, Topology> callback);

    /**
     * Sets the callback that runs when another candidate leaves.
     *
     * @param callback receives the candidate that left, as last seen, and the topology of the election
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onPeerLeft(BiConsumer<Peer, Topology> callback);

    /**
     * Sets the callback that runs for each new leader that is seen, this candidate included; the present leader comes
     * first. May be called at any time, also without {@link #start()}: an election that is not started observes then,
     * until {@link #close()}. Setting the callback again replaces it, and the new one gets the present leader. Does not
     * wait for the store.
     *
     * <p>Each leader is reported once for each incarnation, in the order of the leaderships (LDR-14). A leader that came
     * and went between two reads, for instance while this client was disconnected, is not seen. A callback that is 1,000
     * leaders behind misses some in between, and gets the latest. The callback does not run when there is no leader. For
     * decisions use {@link #leadership()}: the leader may have changed when the callback runs.
     *
     * @param callback receives the leader; runs off I/O threads, one call at a time, and may run while other callbacks
     *     run
     * @return this election
     * @throws IllegalStateException if it is closed
     * @throws SerenoClosedException if the client is closed
     */
    LeaderElection onLeaderChanged(Consumer<Peer> callback);

    /**
     * Sets the metadata that others see of this candidate. May be called at any time: if the candidate stands already,
     * the new metadata replaces the old in place, and the candidate keeps its turn (LDR-11). Does not wait for the
     * store.
     *
     * @param metadata copied; at most 16 KiB of UTF-8 in keys and values
     * @return this election
     * @throws IllegalArgumentException if it is too large, or not well-formed Unicode without U+0000
     * @throws IllegalStateException if it is closed
     */
    LeaderElection metadata(Map<String, String> metadata);

    /**
     * Sets the callback that prepares this candidate to take over: it runs when the leader has begun to {@linkplain #transferTo transfer} the leadership to
     * this candidate, and the leader gives up only after it has returned. So a cache is warm, or a replica has caught up, before there is a new leader. It
     * runs one at a time with the leader and the follower callback. An exception means that this candidate is not prepared; the leader leads on. Interrupted
     * when the leader has withdrawn the transfer, and when this candidate leads for another reason. Without this callback a candidate is always prepared.
     *
     * @param callback receives the leader that hands over
     * @return this election
     * @throws IllegalStateException if it was started or closed
     */
    LeaderElection onPreparing(Consumer<Peer> callback);

    /**
     * Sets the priority of this candidate. May be called at any time: if the candidate stands already, the new priority replaces the old in place, and
     * those of lower priority in front of it give way (LDR-15). A leader leads on, whatever the priorities are. Does not wait for the store. When a candidate
     * of higher priority arrives, each candidate in front of it, except the leader, sends one request.
     *
     * @param priority greater numbers lead first; 0 without this call
     * @return this election
     * @throws IllegalStateException if it is closed
     */
    LeaderElection priority(int priority);

    /**
     * Stands for election. Returns at once; the candidate enrols in the background, for as long as it takes.
     *
     * @return this election
     * @throws IllegalStateException if it was started or closed before
     */
    LeaderElection start();

    /**
     * Waits until this candidate leads. The end of the wait, an interrupt included, does not end the candidacy.
     *
     * @return the right to lead; releasing it is {@link #resign()}
     * @throws InterruptedException if interrupted
     * @throws IllegalStateException if it was not started, or is closed, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Leadership awaitLeadership() throws InterruptedException;

    /**
     * Waits for some time until this candidate leads. The end of the wait does not end the candidacy. Returns at the
     * latest 200 ms after the timeout (REC-8).
     *
     * @param timeout zero or more
     * @return the right to lead; or empty if the candidate did not become leader in time although the store answers
     * @throws InterruptedException if interrupted
     * @throws NotAppliedException if the time ended while the store was out of reach: the store has answered nothing
     *     since the call began, or the last request failed
     * @throws IllegalStateException if it was not started, or is closed, also while waiting
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    Optional<Leadership> awaitLeadership(Duration timeout) throws InterruptedException;

    /**
     * The right to lead, while this candidate has it. Reads the clock and does no I/O.
     *
     * @return empty if this candidate does not lead
     */
    Optional<Leadership> leadership();

    /**
     * The topology of the election. After {@link #start()} this is what the candidate saw last, without I/O. As long as
     * the candidate has seen nothing, this method asks the store, which takes at most the operation timeout and is not
     * interruptible.
     *
     * @return the last known topology, marked if it is not current
     * @throws NotAppliedException if nothing is known yet and the store could not be asked
     * @throws IllegalStateException if it is closed
     */
    Topology topology();

    /**
     * The state of this candidate.
     *
     * @return the state; the call never waits
     */
    State state();

    /**
     * The error that currently keeps this candidate from taking part (LDR-12). The candidate retries until it is
     * closed.
     *
     * @return empty if there is no such error
     */
    Optional<SerenoException> lastError();

    /**
     * Hands the leadership over, interrupts the leader callback, and queues at the tail when the callback has returned.
     * Waits until the store has released the leadership, at most the operation timeout; not interruptible. Inside the
     * leader callback it does not interrupt. Does nothing if this candidate does not lead.
     *
     * @throws IllegalStateException if it is closed
     */
    void resign();

    /**
     * Hands the leadership over to a peer: the peer runs its {@link #onPreparing} callback while this candidate leads on; then all between them queue behind the peer,
     * and this candidate gives up as by {@link #resign()}. Waits until the peer leads. The leadership is given up only if the peer is next (LDR-16), and no
     * other candidate leads in between unless the peer fails. Inside the leader callback it does not interrupt that callback. One transfer at a time.
     *
     * @param peer from the {@link #topology()}, by its {@linkplain Peer#incarnation() incarnation}
     * @param timeout zero or more; for the preparation. After this candidate has given up, the call waits further for the peer, at most the operation timeout
     * @return true if the peer has led; false if this candidate did not give up: the peer did not become ready in time, is not there, or has left; or if it does
     *     not lead, or has lost the leadership meanwhile
     * @throws OutcomeUnknownException if this candidate has given up, and has not seen the peer lead
     * @throws InterruptedException if interrupted; then {@link #leadership()} shows whether this candidate has given up
     * @throws IllegalArgumentException if the peer is this candidate
     * @throws IllegalStateException if it was not started, or is closed, also while waiting; or if another transfer is under way
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    boolean transferTo(Peer peer, Duration timeout) throws InterruptedException;

    /**
     * Leaves the election: hands over the leadership if it has it, interrupts the leader callback and lets no callback
     * begin afterwards. Waits for a running callback and for the store, 5 s at most; inside a callback it does not wait
     * for that callback. Idempotent.
     */
    @Override
    void close();

    /** The state of a candidate. */
    enum State {
        /** Not started: sees the other candidates, and they do not see it. */
        OBSERVING,
        /** In the queue, behind others. */
        FOLLOWER,
        /** The leader; stays leader while the store is out of reach, until the local deadline. */
        LEADER,
        /** Started, but neither follower nor leader: about to enrol, or the store is out of reach. */
        SUSPENDED,
        /** Closed permanently. */
        CLOSED
    }
}
