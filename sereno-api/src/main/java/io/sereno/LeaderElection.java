package io.sereno;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Observes until start(); then stands until close(), enrolling anew after each loss once the last leader callback has returned. */
public interface LeaderElection extends AutoCloseable {
    /** May run as long as the leadership: lost() and an interrupt end it; no second leader callback beside it. */
    LeaderElection onElectedLeader(BiConsumer<Leadership, Topology> callback);

    LeaderElection onElectedFollower(Consumer<Topology> callback);

    LeaderElection onPeerJoined(BiConsumer<Peer, Topology> callback);

    LeaderElection onPeerLeft(BiConsumer<Peer, Topology> callback);
    /** What others see of this candidate; after start() replaced in place, keeping the turn. */
    LeaderElection metadata(Map<String, String> metadata);

    LeaderElection start();

    Leadership awaitLeadership() throws InterruptedException;

    Optional<Leadership> awaitLeadership(Duration timeout) throws InterruptedException;

    Optional<Leadership> leadership();

    Topology topology();

    State state();

    Optional<SerenoException> lastError();
    /** Hands over, and queues at the tail. */
    void resign();

    @Override
    void close();

    enum State {
        OBSERVING,
        FOLLOWER,
        LEADER,
        SUSPENDED,
        CLOSED
    }
}
