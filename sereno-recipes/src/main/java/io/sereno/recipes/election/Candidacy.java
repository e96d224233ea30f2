package io.sereno.recipes.election;

import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Peer;
import io.sereno.SerenoMeter.NotGranted;
import io.sereno.Topology;
import io.sereno.recipes.client.CallbackFailures;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One candidate, from {@code start()} to {@code close()}.
 *
 * <p>Stored: the entry of its one {@link Turn}, with its node id and metadata. The queue of the directory is the order of succession.
 *
 * <p>Invariant: the candidate's own leadership comes from the turn alone, never from a view of the directory. Before a candidate leads again, the
 * leader callback of its former leadership has returned.
 *
 * <ol>
 *   <li>The turn enters, and the view opens. If others are in front, the candidate is a follower; if the turn is granted, it is the leader.
 *   <li>A leadership ends by loss, or when it is given back ({@code resign()}, {@code release()}). The leader callback is interrupted, and only
 *       when it has returned does the turn enter again, at the tail: so no candidate leads while its work for a former leadership still runs. If
 *       no callback runs, giving back and queueing again are one commit.
 *   <li>Leader and follower callbacks alternate, in one queue. The follower callback is called when others are found in front, and at once when a
 *       leadership is lost.
 * </ol>
 *
 * <p>All but {@link #stand}, {@link #end}, {@link #await}, {@link #takeBack} and the accessors is confined to the strand.
 */
final class Candidacy implements Open, Turn.Owner, Hold.Giver {
    static final String RECIPE = "election";

    /** The user's callbacks. */
    record Listeners(
            Optional<BiConsumer<Leadership, Topology>> leader,
            Optional<Consumer<Topology>> follower,
            Optional<BiConsumer<Peer, Topology>> joined,
            Optional<BiConsumer<Peer, Topology>> left,
            Optional<Consumer<Peer>> preparing) {
        static final Listeners NONE =
                new Listeners(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        Listeners withLeader(BiConsumer<Leadership, Topology> callback) {
            return new Listeners(Optional.of(callback), follower, joined, left, preparing);
        }

        Listeners withFollower(Consumer<Topology> callback) {
            return new Listeners(leader, Optional.of(callback), joined, left, preparing);
        }

        Listeners withJoined(BiConsumer<Peer, Topology> callback) {
            return new Listeners(leader, follower, Optional.of(callback), left, preparing);
        }

        Listeners withLeft(BiConsumer<Peer, Topology> callback) {
            return new Listeners(leader, follower, joined, Optional.of(callback), preparing);
        }

        Listeners withPreparing(Consumer<Peer> callback) {
            return new Listeners(leader, follower, joined, left, Optional.of(callback));
        }
    }

    /** A caller that waits for the leadership. */
    final class Wish extends TimedWait<Optional<Hold>> {
        private boolean overdue;

        Wish() {
            super(kernel, strand);
        }

        void forget() {
            end();
            strand.execute(() -> wishes.remove(this));
        }
    }

    private final Kernel kernel;
    private final Scope scope;
    private final Listeners listeners;
    private final Strand strand = new Strand();
    private final Turn turn;
    private final Peers peers;
    private final Callbacks leading;
    private final Succession succession;
    private final Consumer<Topology> onTopology;

    private volatile Map<String, String> metadata = Map.of();
    private volatile @Nullable Hold leadership;
    private volatile boolean behindOthers;

    // Confined to the strand.
    private final List<Wish> wishes = new ArrayList<>();
    private @Nullable Supplier<RuntimeException> closed;
    private @Nullable Interruptible leaderCallback;
    private boolean reenter;
    private boolean ledBefore;
    private boolean followerNotified;
    private LossCause lastLoss = LossCause.SESSION_EXPIRED;
    private boolean queues;
    /** By the clock, if there is an observer or a meter. */
    private long queuesSince;

    /** {@code onTopology} gets what the candidate sees, after each change; it must not block. */
    Candidacy(Scope scope, Listeners listeners, Consumer<Topology> onTopology) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.listeners = listeners;
        this.onTopology = onTopology;
        this.turn = new Turn(scope.client().sessions(), strand, scope.directory(), this);
        this.peers = new Peers(scope, strand, listeners, this::refresh);
        this.leading = new Callbacks(kernel.callbacks(), new CallbackFailures(scope));
        this.succession = new Succession(scope, strand, turn, leading, listeners.preparing(), this::giveUp);
    }

    static String closedMessage(Scope scope, String operation) {
        return scope.about(operation) + ": this election was closed; create another one";
    }

    Optional<Hold> leadership() {
        return Optional.ofNullable(leadership).filter(Hold::isHeld);
    }

    Peers peers() {
        return peers;
    }

    /** Whether the candidate is in the queue, and not first. */
    boolean isBehindOthers() {
        return behindOthers;
    }

    /** The failure that keeps the candidate from taking part; null if there is none. */
    @Nullable
    BackendException failure() {
        return turn.failure();
    }

    void describe(Map<String, String> described) {
        metadata = described;
        strand.execute(turn::rewrite);
    }

    void prioritize(int priority) {
        strand.execute(() -> succession.priority(priority));
    }

    HandOver transferTo(Peer peer, Duration timeout) {
        HandOver begun = new HandOver(kernel, strand, peer.incarnation(), leading.isRunningHere());
        strand.execute(() -> {
            if (closed != null) {
                begun.fail(closed.get());
            } else if (leadership().isEmpty()) {
                begun.complete(false);
            } else if (peer.incarnation() == turn.incarnation()) {
                begun.fail(new IllegalArgumentException(
                        scope.about("transferTo") + ": the peer is this candidate itself; pass another one"));
            } else {
                succession.begin(begun, timeout);
                peers.lookAgain(() -> begun.sought = true);
            }
        });
        return begun;
    }

    /** The caller waits no more. */
    void forget(HandOver handOver) {
        if (handOver.end()) {
            strand.execute(() -> succession.withdraw(handOver));
        }
    }

    private void giveUp() {
        Hold hold = leadership;
        if (hold != null) {
            var unused = hold.surrender();
        }
    }

    // Step 1.
    void stand() {
        strand.execute(() -> {
            queue();
            peers.open();
            turn.enter();
        });
        scope.client().opened(this);
    }

    Wish await(@Nullable Duration limit) {
        Wish wish = new Wish();
        strand.execute(() -> {
            if (closed != null) {
                wish.fail(closed.get());
            } else if (leadership().isPresent()) {
                wish.complete(leadership());
            } else {
                wishes.add(wish);
            }
        });
        if (limit != null) {
            wish.limit(limit, () -> runOut(wish));
        }
        return wish;
    }

    private void runOut(Wish wish) {
        BackendException because = failure();
        boolean othersLead = because == null && (turn.isWaiting() || leaderCallback != null);
        boolean answered = because == null && wish.hasStoreAnswered();
        if (because == null && !othersLead && !answered && !wish.overdue) {
            wish.overdue = true; // An answer may be on its way.
            wish.limit(Kernel.GRACE, () -> runOut(wish));
        } else if (othersLead || answered) {
            wish.complete(Optional.empty());
        } else {
            wish.fail(scope.notApplied("awaitLeadership", because));
        }
    }

    /** Gives back what is held, and leaves; completes when the store has no entry of the candidate and no callback runs. */
    CompletableFuture<Void> end() {
        return end(null, () -> new IllegalStateException(closedMessage(scope, "awaitLeadership")));
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        return end(LossCause.SERENO_CLOSED, () -> scope.closed("awaitLeadership"));
    }

    private CompletableFuture<Void> end(@Nullable LossCause cause, Supplier<RuntimeException> why) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        scope.client().closed(this);
        strand.execute(() -> {
            closed = why;
            if (queues) {
                queues = false;
                NotGranted reason = cause == null ? NotGranted.WITHDRAWN : NotGranted.CLOSED;
                kernel.events().gaveUp(RECIPE, scope.name(), reason, queuesSince);
            }
            wishes.forEach(wish -> wish.fail(why.get()));
            wishes.clear();
            succession.close(why);
            Hold hold = leadership;
            if (hold != null && cause != null) {
                leadership = null;
                hold.lose(cause);
            } else if (hold != null) {
                var unused = hold.surrender();
            }
            if (cause == null) {
                turn.whenGone(null, gone);
                turn.leave();
            } else {
                // All entries of this client go together, with the session: otherwise one of its candidates would be
                // elected while the client closes.
                turn.abandon();
                gone.complete(null);
            }
        });
        return CompletableFuture.allOf(gone, leading.close(), peers.close());
    }

    // Step 2.
    @Override
    public CompletableFuture<Void> takeBack(Hold hold) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean inside = leading.isRunningHere();
        strand.execute(() -> {
            if (hold != leadership) {
                hold.foundLost(lastLoss); // Lost at the same moment.
                done.complete(null);
                return;
            }
            leadership = null;
            succession.leadsNoMore();
            turn.whenGone(hold, done);
            if (leaderCallback != null && !inside && !succession.isAwaitedInsideCallback()) {
                leaderCallback.interrupt();
            }
            enterAgain();
            refresh();
        });
        return kernel.atMost(kernel.operationTimeout(), done);
    }

    @Override
    public void lost(LossCause cause) {
        lastLoss = cause;
        Hold hold = leadership;
        leadership = null;
        if (hold != null) {
            succession.leadsNoMore();
            hold.lose(cause);
        }
        refresh(); // First, so that no callback is shown a leadership that is lost.
        notifyFollower();
        enterAgain();
    }

    private void queue() {
        if (!queues) {
            queues = true;
            queuesSince = kernel.events().now();
            kernel.events().waiting(RECIPE, scope.name());
        }
    }

    private void enterAgain() {
        if (closed != null) {
            turn.leave();
        } else if (leaderCallback == null) {
            queue();
            turn.rollOver();
        } else {
            reenter = true;
            turn.leave();
        }
    }

    private void leaderReturned() {
        leaderCallback = null;
        if (reenter && closed == null) {
            reenter = false;
            queue();
            turn.enter();
        }
    }

    // Step 3.
    @Override
    public void waiting() {
        behindOthers = true;
        refresh();
        notifyFollower();
    }

    @Override
    public void granted(Session session, long createRevision) {
        long token = FencingToken.of(createRevision, 0);
        Hold hold = new Hold(kernel, this, session, RECIPE, scope.name(), token);
        leadership = hold;
        behindOthers = false;
        succession.leads();
        peers.leads(createRevision);
        refresh();
        queues = false;
        hold.reportGrant(queuesSince);
        wishes.forEach(wish -> wish.complete(Optional.of(hold)));
        wishes.clear();
        if (ledBefore) {
            notifyFollower();
        }
        ledBefore = true;
        followerNotified = false;
        listeners.leader().ifPresent(callback -> {
            Interruptible handle = leading.submit(
                    "onElectedLeader",
                    () -> callback.accept(hold, peers.known()),
                    () -> strand.execute(this::leaderReturned));
            leaderCallback = handle;
            hold.interruptedByLoss(handle);
        });
    }

    private void notifyFollower() {
        if (!followerNotified && closed == null) {
            followerNotified = true;
            listeners
                    .follower()
                    .ifPresent(callback ->
                            leading.submit("onElectedFollower", () -> callback.accept(peers.known()), () -> {}));
        }
    }

    private void refresh() {
        long own = turn.incarnation();
        Optional<Peer> self = own == 0 ? Optional.empty() : Optional.of(new Peer(kernel.nodeId(), own, metadata));
        peers.refresh(self, leadership, turn::isOwn);
        if (peers.isKnown()) {
            onTopology.accept(peers.known());
        }
        List<Entry> queue = peers.queue();
        if (queue != null && closed == null) {
            succession.look(queue, leadership != null);
        }
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public String lines() {
        return succession.lines();
    }

    @Override
    public void seen(List<Entry> queue) {
        peers.seed(queue);
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            scope.retrying("candidacy", why);
        }
    }
}
