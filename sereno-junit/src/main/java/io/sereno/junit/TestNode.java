package io.sereno.junit;

import io.sereno.Sereno;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * One process of the application, as far as the store sees it: a client with a connection and a session of its own.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class TestNode {
    /** After this time a call of a node that is cut off ends without an answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final String name;
    private final Sereno sereno;
    private final FaultyBackend line;
    private final Leaks leaks;
    private final Random random;

    /** Until {@link #resume()}; for ever after {@link #kill()}. */
    private volatile boolean stopped;

    TestNode(String name, Sereno sereno, FaultyBackend line, Leaks leaks, Random random) {
        this.name = name;
        this.sereno = sereno;
        this.line = line;
        this.leaks = leaks;
        this.random = random;
    }

    /**
     * The client of this node, for the code under test.
     *
     * @return closed after the test
     */
    public Sereno sereno() {
        return sereno;
    }

    /** Cuts the node off from the store: no request reaches it, and no answer and no notice the node. */
    public void cutOff() {
        line.cutOff(PATIENCE);
    }

    /** Restores the connection after {@link #cutOff()}. */
    public void heal() {
        line.heal();
    }

    /**
     * Stops the node's timers and holds its messages, as a long pause of the garbage collector does. Its clock goes on.
     * Threads of the test go on too, and what they ask the store for is sent after {@link #resume()}.
     */
    public void pause() {
        stopped = true;
        line.pause();
    }

    /** Resumes the node after {@link #pause()}: what was held happens now. */
    public void resume() {
        stopped = false;
        line.resume();
    }

    /** Ends the node as {@code kill -9} does: it releases nothing, and its session expires in the store. Final. */
    public void kill() {
        pause();
    }

    /**
     * Disturbs a part of the node's requests from now on, by the seed of the test: a third of them is lost, a third is
     * applied without an answer, and the answers of a third are late, all by the same time of up to a second.
     *
     * @param share of the requests, from 0 to 1
     * @return ends the disturbance
     * @throws IllegalArgumentException if the share is not from 0 to 1
     */
    public Runnable disturb(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share is " + share + "; 0 to 1 is accepted");
        }
        Duration late = Duration.ofMillis(1 + random.nextInt(1000));
        List<Runnable> ends = List.of( // a rule decides about what the former ones let pass
                line.each(request -> chance(share / 3), Fate.loseRequest()),
                line.each(request -> chance(share / (3 - share)), Fate.loseReply()),
                line.each(request -> chance(share / (3 - 2 * share)), Fate.delayReply(late)));
        return () -> ends.forEach(Runnable::run);
    }

    private boolean chance(double share) {
        return random.nextDouble() < share;
    }

    /**
     * The connection of this node, for single faults: {@code line().next(Request.commitsTo("counter/visits"),
     * Fate.loseReply())}.
     *
     * @return between the client and the store
     * @see Request
     * @see Fate
     */
    public FaultyBackend line() {
        return line;
    }

    /** What the node still holds or waits for; empty if it is paused or killed. */
    List<String> leaks() {
        return stopped
                ? List.of()
                : leaks.open().stream().map(leak -> name + " " + leak).toList();
    }

    /** So that the client can be closed. */
    void repair() {
        line.heal();
        line.resume();
    }

    @Override
    public String toString() {
        return name;
    }
}
