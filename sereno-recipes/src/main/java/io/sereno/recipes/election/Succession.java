package io.sereno.recipes.election;

import io.sereno.OutcomeUnknownException;
import io.sereno.Peer;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.election.Standing.Step;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who leads next, where that is not the one who enrolled first: a candidate of higher priority, or the peer to which the leader hands over.
 *
 * <p>Stored: the {@link Standing} in the entry of each candidate.
 *
 * <p>Invariant: only turns are given up. A candidate leads by its {@link Turn} alone, whatever it has read here; so an entry that was read too late costs
 * a turn, and never makes two leaders.
 *
 * <ol>
 *   <li><b>Give way.</b> A candidate that waits, and sees behind it one of higher priority or the peer that the leader prepares, queues again at the tail. The
 *       candidate of the highest priority gives way to nobody, and nobody gets in front of a taken place, so this ends.
 *   <li><b>Prepare.</b> A leader that is to hand over writes {@code preparing}. The peer runs its callback and writes {@code ready}.
 *   <li><b>Give up.</b> The leader gives its place back when it sees {@code ready} and nobody between itself and the peer, in a read that began after the
 *       attempt. Nobody gets in front of a taken place, so the peer is first then.
 *   <li><b>Confirm.</b> The peer writes {@code took-over} when it leads.
 * </ol>
 *
 * <p>Confined to the strand.
 */
final class Succession {
    private final Scope scope;
    private final Strand strand;
    private final Turn turn;
    private final Callbacks callbacks;
    private final Optional<Consumer<Peer>> onPreparing;
    private final Runnable giveUp;

    private int priority;
    private long attempts;
    /** As a leader: the attempt to hand over, until it has ended. */
    private @Nullable HandOver handOver;
    /** As a follower: the leader that prepares this candidate. */
    private @Nullable Step chosen;
    /** It is prepared to take over. */
    private boolean ready;

    private @Nullable Interruptible preparation;
    /** As a leader: the one that handed over. */
    private @Nullable Step tookOver;

    Succession(
            Scope scope,
            Strand strand,
            Turn turn,
            Callbacks callbacks,
            Optional<Consumer<Peer>> onPreparing,
            Runnable giveUp) {
        this.scope = scope;
        this.strand = strand;
        this.turn = turn;
        this.callbacks = callbacks;
        this.onPreparing = onPreparing;
        this.giveUp = giveUp;
    }

    /** What the own entry is to say. */
    String lines() {
        HandOver mine = handOver;
        Step preparing = mine == null || mine.givenUp != 0 ? null : new Step(mine.peer, mine.attempt);
        return new Standing(priority, preparing, ready ? chosen : null, tookOver).lines();
    }

    void priority(int changed) {
        priority = changed;
        turn.rewrite();
    }

    /** Whether a leader callback that asked for the hand-over waits for it. */
    boolean isAwaitedInsideCallback() {
        return handOver != null && handOver.insideCallback;
    }

    /** Takes in the queue: the live places, in their order. */
    void look(List<Entry> queue, boolean leads) {
        HandOver mine = handOver;
        if (mine != null && mine.givenUp != 0) {
            confirm(mine, queue);
        }
        if (leads) {
            advance(queue);
        } else {
            follow(queue);
        }
    }

    // Step 1, and the peer's part of step 2.
    private void follow(List<Entry> queue) {
        long own = turn.incarnation();
        if (own == 0) {
            choose(null, null);
            return;
        }
        if (queue.isEmpty() || turn.isOwn(queue.get(0))) {
            return; // The former leader is gone, and this candidate is about to lead.
        }
        Entry first = queue.get(0);
        Step prepared = Standing.of(first).preparing();
        if (prepared != null && prepared.incarnation() == own) {
            choose(new Step(first.createRevision(), prepared.attempt()), first);
            return;
        }
        choose(null, null);
        if (turn.isWaiting() && queue.stream().anyMatch(other -> goesFirst(other, own, prepared))) {
            turn.rollOver();
        }
    }

    private boolean goesFirst(Entry other, long own, @Nullable Step prepared) {
        return other.createRevision() > own
                && !turn.isOwn(other)
                && !Turn.isForeign(other)
                && ((prepared != null && prepared.incarnation() == other.createRevision())
                        || Standing.of(other).priority() > priority);
    }

    private void choose(@Nullable Step by, @Nullable Entry leader) {
        if (Objects.equals(by, chosen)) {
            return;
        }
        chosen = by;
        if (preparation != null) {
            preparation.interrupt();
        }
        if (ready) {
            ready = false;
            turn.rewrite();
        }
        if (by == null || leader == null) {
            return;
        }
        if (onPreparing.isEmpty()) {
            prepared(by);
            return;
        }
        Card card = Card.decode(leader.value());
        Peer from = new Peer(card.nodeId(), leader.createRevision(), card.metadata());
        AtomicBoolean succeeded = new AtomicBoolean();
        preparation = callbacks.submit(
                "onPreparing",
                () -> {
                    onPreparing.get().accept(from);
                    succeeded.set(true);
                },
                () -> strand.execute(() -> {
                    if (succeeded.get()) {
                        prepared(by);
                    }
                }));
    }

    private void prepared(Step by) {
        if (by.equals(chosen)) {
            ready = true;
            turn.rewrite();
        }
    }

    /** This candidate leads now. */
    void leads() {
        tookOver = ready ? chosen : null;
        choose(null, null); // Interrupts the preparation, which the leader callback waits for.
    }

    /** This candidate leads no more, for whatever reason. */
    void leadsNoMore() {
        tookOver = null;
        HandOver mine = handOver;
        if (mine != null && mine.givenUp == 0) {
            handOver = null;
            mine.complete(false);
        }
    }

    /** Begins to hand over. A {@link #look} at a read that begins after this has to follow, also if nothing has changed. */
    void begin(HandOver begun, Duration timeout) {
        if (handOver != null) {
            begun.fail(new IllegalStateException(scope.about("transferTo")
                    + ": another transfer of this leadership is under way; wait for its end"));
            return;
        }
        begun.attempt = ++attempts;
        handOver = begun;
        begun.limit(timeout, () -> runOut(begun));
        turn.rewrite();
    }

    private void runOut(HandOver mine) {
        if (mine != handOver) {
            return;
        }
        if (mine.givenUp == 0) {
            withdraw(mine);
            mine.complete(false);
        } else {
            mine.limit(scope.kernel().operationTimeout(), () -> unknown(mine));
        }
    }

    /** The caller waits no more. If the leadership has not been given up, it stays. */
    void withdraw(HandOver mine) {
        if (mine == handOver) {
            handOver = null;
            if (mine.givenUp == 0) {
                turn.rewrite();
            }
        }
    }

    // Step 3.
    private void advance(List<Entry> queue) {
        HandOver mine = handOver;
        if (mine == null || mine.givenUp != 0) {
            return;
        }
        long own = turn.incarnation();
        Entry peer = peerOf(mine, queue);
        if (peer != null) {
            boolean isNext = queue.stream()
                    .noneMatch(other -> own < other.createRevision() && other.createRevision() < mine.peer);
            if (isNext && new Step(own, mine.attempt).equals(Standing.of(peer).ready())) {
                mine.givenUp = own;
                giveUp.run();
            }
        } else if (mine.sought) {
            withdraw(mine);
            mine.complete(false);
        }
    }

    // Step 4.
    private void confirm(HandOver mine, List<Entry> queue) {
        Entry peer = peerOf(mine, queue);
        if (peer == null) {
            unknown(mine);
        } else if (new Step(mine.givenUp, mine.attempt).equals(Standing.of(peer).tookOver())) {
            handOver = null;
            mine.complete(true);
        }
    }

    private static @Nullable Entry peerOf(HandOver mine, List<Entry> queue) {
        return queue.stream()
                .filter(other -> other.createRevision() == mine.peer)
                .findFirst()
                .orElse(null);
    }

    private void unknown(HandOver mine) {
        if (mine == handOver) {
            handOver = null;
            mine.fail(new OutcomeUnknownException(scope.about("transferTo")
                    + ": the leadership was given up, and whether the peer has led is not known; see topology()"));
        }
    }

    /** The candidate ends. */
    void close(Supplier<RuntimeException> why) {
        HandOver mine = handOver;
        handOver = null;
        if (mine != null) {
            mine.fail(why.get());
        }
    }
}
