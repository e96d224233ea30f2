package io.sereno.simulation;

import java.time.Duration;
import java.util.Optional;

/**
 * What happens to one request: when it reaches the store, when the answer reaches the client, and when the client gives
 * up waiting. A loss is reported as the rules of outcomes say: UNKNOWN for a commit with writes, NOT_APPLIED for a
 * read.
 *
 * <p>Unless {@link #givenUpAfter} says otherwise, a loss is reported to the client at once, as when a connection breaks;
 * with it, the loss is reported after that time, as when its operation timeout passes.
 *
 * <p>Instances are immutable.
 */
public final class Fate {
    private static final Fate PASS =
            new Fate(Optional.of(Duration.ZERO), Optional.of(Duration.ZERO), Optional.empty(), false, false);

    private final Optional<Duration> delivery;
    private final Optional<Duration> answer;
    private final Optional<Duration> patience;
    private final boolean refused;
    private final boolean losesSnapshot;

    private Fate(
            Optional<Duration> delivery,
            Optional<Duration> answer,
            Optional<Duration> patience,
            boolean refused,
            boolean losesSnapshot) {
        this.delivery = delivery;
        this.answer = answer;
        this.patience = patience;
        this.refused = refused;
        this.losesSnapshot = losesSnapshot;
    }

    /** The request passes, and so does its answer. */
    public static Fate pass() {
        return PASS;
    }

    /** The request is not sent, and the client knows: NOT_APPLIED. */
    public static Fate refuse() {
        return new Fate(Optional.empty(), Optional.empty(), Optional.of(Duration.ZERO), true, false);
    }

    /** The request is lost on its way to the store; the client cannot distinguish that from a lost answer. */
    public static Fate loseRequest() {
        return new Fate(Optional.empty(), Optional.empty(), Optional.of(Duration.ZERO), false, false);
    }

    /** The store executes the request, and the answer is lost. */
    public static Fate loseReply() {
        return applyLate(Duration.ZERO);
    }

    /** A commit passes, but the read that came with it fails: its result has no snapshot, though one was requested. */
    public static Fate loseSnapshot() {
        return new Fate(PASS.delivery, PASS.answer, Optional.empty(), false, true);
    }

    /**
     * A loss of the request is reported to the client, but later the request reaches the store.
     *
     * @param after when it reaches the store, counted from its sending
     */
    public static Fate applyLate(Duration after) {
        return new Fate(Optional.of(checked(after)), Optional.empty(), Optional.of(Duration.ZERO), false, false);
    }

    /**
     * The request passes, but reaches the store late.
     *
     * @param delay from sending to arrival
     */
    public static Fate delayRequest(Duration delay) {
        return new Fate(Optional.of(checked(delay)), PASS.answer, Optional.empty(), false, false);
    }

    /**
     * The request passes, but its answer is late.
     *
     * @param delay from the store to the client
     */
    public static Fate delayReply(Duration delay) {
        return new Fate(PASS.delivery, Optional.of(checked(delay)), Optional.empty(), false, false);
    }

    /**
     * The same, for a client that gives up after waiting this long without an answer.
     *
     * @param patience from sending to giving up
     */
    public Fate givenUpAfter(Duration patience) {
        return new Fate(delivery, answer, Optional.of(checked(patience)), refused, losesSnapshot);
    }

    /** From sending until it reaches the store; empty if it never does. */
    Optional<Duration> delivery() {
        return delivery;
    }

    /** From the store's answer until the client receives it; empty if it never does. */
    Optional<Duration> answer() {
        return answer;
    }

    /** From sending until the client gives up; empty if it waits for ever. */
    Optional<Duration> patience() {
        return patience;
    }

    /** Whether the client knows, when it gives up, that the request was never sent. */
    boolean refused() {
        return refused;
    }

    boolean losesSnapshot() {
        return losesSnapshot;
    }

    private static Duration checked(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("zero or more is accepted, not " + duration);
        }
        return duration;
    }

    @Override
    public String toString() {
        return (refused ? "refused" : "")
                + delivery.map(d -> "delivered after " + d).orElse("not delivered")
                + answer.map(d -> ", answered after " + d).orElse(", not answered")
                + patience.map(d -> ", given up after " + d).orElse("");
    }
}
