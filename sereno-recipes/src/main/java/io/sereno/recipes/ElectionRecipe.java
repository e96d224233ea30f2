package io.sereno.recipes;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Peer;
import io.sereno.SerenoException;
import io.sereno.SessionState;
import io.sereno.Topology;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One candidate.
 *
 * <p>Stored: the entry of its one {@link Turn}, with its node id and metadata. The queue of the directory is the order of succession.
 *
 * <p>Invariant: the own leadership comes from the turn alone, never from a view of the directory; and between two leaderships the leader callback
 * of the first has returned.
 *
 * <ol>
 *   <li>{@link #start} makes the turn enter, and opens the view. Others in front: follower. Granted: leader.
 *   <li>A leadership ends by loss, or by being given back ({@link #resign}, {@link Leadership#release}). The leader callback is interrupted, and
 *       only when it has returned does the turn enter again, at the tail: nobody leads whose work is still that of an earlier leadership. With no
 *       callback running, giving back and queueing are one commit.
 *   <li>Callbacks alternate: follower, leader, follower, ... . What became of the peers is the difference between the view told last and the newest,
 *       told beside a leader callback that may run for as long as the leadership.
 * </ol>
 */
final class ElectionRecipe implements LeaderElection, Open, Turn.Owner, Hold.Giver {
    private static final String RECIPE = "election";

    private final Client client;
    private final Kernel kernel;
    private final Scope scope;
    private final String directory;
    private final Strand strand = new Strand();
    private final Turn turn;
    private final View view;
    private final Callbacks leading;
    private final Callbacks telling;

    private volatile BiConsumer<Leadership, Topology> onLeader = (leadership, topology) -> {};
    private volatile Consumer<Topology> onFollower = topology -> {};
    private volatile BiConsumer<Peer, Topology> onJoined = (peer, topology) -> {};
    private volatile BiConsumer<Peer, Topology> onLeft = (peer, topology) -> {};
    private volatile Map<String, String> metadata = Map.of();
    private volatile State state = State.OBSERVING;
    private volatile @Nullable Hold leadership;
    private volatile @Nullable SerenoException lastError;
    private volatile @Nullable Topology latest;

    // Confined to the strand.
    private final List<CompletableFuture<Optional<Hold>>> awaiting = new ArrayList<>();
    private final List<CompletableFuture<Void>> leaving = new ArrayList<>();
    private @Nullable Interruptible leaderCallback;
    private boolean reenter;
    private boolean toldFollower;
    private boolean toldLeader;
    private boolean failing;
    private long enteredAt;

    /** The peers that the callbacks have been told of, by incarnation; confined to those callbacks. */
    private final Map<Long, Peer> told = new LinkedHashMap<>();

    private final AtomicBoolean newsDue = new AtomicBoolean();

    ElectionRecipe(Client client, String name, String directory) {
        this.client = client;
        this.kernel = client.kernel();
        this.scope = new Scope(kernel, RECIPE, name);
        this.directory = directory;
        this.turn = new Turn(kernel, strand, directory, this);
        this.view = new View(
                kernel, strand, new Query.All(directory), client.settings().sessionTtl(), this::refresh);
        this.leading = new Callbacks(kernel.callbacks(), scope::callbackFailed);
        this.telling = new Callbacks(kernel.callbacks(), scope::callbackFailed);
    }

    @Override
    public LeaderElection onElectedLeader(BiConsumer<Leadership, Topology> callback) {
        onLeader = beforeStart("onElectedLeader", callback);
        return this;
    }

    @Override
    public LeaderElection onElectedFollower(Consumer<Topology> callback) {
        onFollower = beforeStart("onElectedFollower", callback);
        return this;
    }

    @Override
    public LeaderElection onPeerJoined(BiConsumer<Peer, Topology> callback) {
        onJoined = beforeStart("onPeerJoined", callback);
        return this;
    }

    @Override
    public LeaderElection onPeerLeft(BiConsumer<Peer, Topology> callback) {
        onLeft = beforeStart("onPeerLeft", callback);
        return this;
    }

    @Override
    public LeaderElection metadata(Map<String, String> described) {
        requireNotClosed("metadata");
        metadata = Metadata.checked(described);
        strand.execute(turn::rewrite);
        return this;
    }

    // Step 1.
    @Override
    public LeaderElection start() {
        client.requireOpen("start", scope);
        requireNotClosed("start");
        CompletableFuture<Boolean> first = new CompletableFuture<>();
        strand.execute(() -> {
            first.complete(state == State.OBSERVING);
            if (state == State.OBSERVING) {
                state = State.SUSPENDED;
                client.opened(this);
                enteredAt = kernel.time().nanoTime();
                view.open();
                turn.enter();
            }
        });
        if (!Await.uninterruptibly(first)) {
            throw new IllegalStateException(scope.about("start") + ": it was started before");
        }
        return this;
    }

    @Override
    public Leadership awaitLeadership() throws InterruptedException {
        return await(null).orElseThrow();
    }

    @Override
    public Optional<Leadership> awaitLeadership(Duration timeout) throws InterruptedException {
        return await(Scope.checkTimeout(timeout)).map(hold -> hold);
    }

    @Override
    public Optional<Leadership> leadership() {
        Hold hold = leadership;
        return hold != null && hold.isHeld() ? Optional.of(hold) : Optional.empty();
    }

    @Override
    public Topology topology() {
        requireNotClosed("topology");
        return known();
    }

    /** For callbacks too: one that had begun when the election was closed runs to its end. */
    private Topology known() {
        Topology known = latest;
        if (known == null) {
            return observed();
        }
        boolean connected = kernel.sessions().state() == SessionState.CONNECTED;
        return new Topology(known.self(), known.leader(), known.peers(), known.current() && connected);
    }

    @Override
    public State state() {
        State now = state;
        if (now == State.CLOSED || now == State.OBSERVING) {
            return now;
        }
        if (leadership().isPresent()) {
            return State.LEADER;
        }
        boolean connected = kernel.sessions().state() == SessionState.CONNECTED;
        return now == State.FOLLOWER && connected ? State.FOLLOWER : State.SUSPENDED;
    }

    @Override
    public Optional<SerenoException> lastError() {
        return Optional.ofNullable(lastError);
    }

    @Override
    public void resign() {
        requireNotClosed("resign");
        Hold hold = leadership;
        if (hold != null) {
            hold.close();
        }
    }

    @Override
    public void close() {
        Await.uninterruptibly(client.withinCloseLimit(end(null)));
    }

    /** The client closes: what is held is lost, and the entry goes with the session. */
    @Override
    public CompletableFuture<Void> shutDown() {
        return end(LossCause.SERENO_CLOSED);
    }

    private CompletableFuture<Void> end(@Nullable LossCause cause) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        strand.execute(() -> {
            boolean started = state != State.OBSERVING && state != State.CLOSED;
            state = State.CLOSED;
            client.closed(this);
            awaiting.forEach(result -> result.completeExceptionally(closedError("awaitLeadership")));
            awaiting.clear();
            view.close();
            Hold hold = leadership;
            leadership = null;
            if (hold != null && cause != null) {
                hold.lose(cause);
            } else if (hold != null) {
                var unused = hold.surrender();
            }
            if (started && cause == null) {
                leaving.add(gone);
            } else {
                gone.complete(null);
            }
            turn.leave();
        });
        return CompletableFuture.allOf(gone, leading.close(), telling.close());
    }

    // Step 2.
    @Override
    public CompletableFuture<Void> takeBack(Hold hold) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        boolean inside = leading.isRunningHere();
        strand.execute(() -> {
            if (hold != leadership) {
                done.complete(null);
                return;
            }
            leadership = null;
            state = State.SUSPENDED;
            leaving.add(done);
            if (leaderCallback == null) {
                turn.rollOver();
            } else {
                if (!inside) {
                    leaderCallback.interrupt();
                }
                reenter = true;
                turn.leave();
            }
            refresh();
        });
        return kernel.atMost(kernel.operationTimeout(), done);
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    // Step 3.
    @Override
    public void waiting() {
        state = State.FOLLOWER;
        refresh();
        tellFollower();
    }

    @Override
    public void granted(Session session, long createRevision) {
        long token = createRevision * MutexQueue.SERIES;
        Hold hold = new Hold(kernel, this, session, RECIPE, scope.name(), token);
        leadership = hold;
        state = State.LEADER;
        refresh();
        kernel.observer()
                .granted(
                        RECIPE,
                        scope.name(),
                        token,
                        Duration.ofNanos(kernel.time().nanoTime() - enteredAt));
        awaiting.forEach(result -> result.complete(Optional.of(hold)));
        awaiting.clear();
        if (toldLeader) {
            tellFollower();
        }
        toldLeader = true;
        toldFollower = false;
        leaderCallback = leading.submit(
                "onElectedLeader", () -> onLeader.accept(hold, known()), () -> strand.execute(this::leaderReturned));
        hold.interruptedByLoss(leaderCallback);
    }

    @Override
    public void lost(LossCause cause) {
        Hold hold = leadership;
        leadership = null;
        enteredAt = kernel.time().nanoTime();
        if (state != State.CLOSED) {
            state = State.SUSPENDED;
        }
        if (leaderCallback != null) {
            reenter = true;
            turn.leave();
        }
        refresh();
        if (hold != null) {
            hold.lose(cause);
        }
    }

    @Override
    public void failed(BackendException why) {
        lastError = scope.notApplied("candidacy", why);
        if (!failing) {
            failing = true;
            Scope.LOG.log(Level.WARNING, scope.about("candidacy") + " goes on, after a failure", why);
            kernel.observer().failed(RECIPE, scope.name(), "candidacy", why);
        }
    }

    @Override
    public void answered() {
        failing = false;
    }

    @Override
    public void givenBack() {
        List<CompletableFuture<Void>> done = List.copyOf(leaving);
        leaving.clear();
        done.forEach(left -> left.complete(null));
    }

    @Override
    public void idle() {
        givenBack();
    }

    private void leaderReturned() {
        leaderCallback = null;
        if (reenter && state != State.CLOSED) {
            reenter = false;
            enteredAt = kernel.time().nanoTime();
            turn.enter();
        }
    }

    private void tellFollower() {
        if (!toldFollower) {
            toldFollower = true;
            toldLeader = false;
            leading.submit("onElectedFollower", () -> onFollower.accept(known()), () -> {});
        }
    }

    /** The newest topology; whoever is to hear of peers does. */
    private void refresh() {
        List<Entry> entries = view.entries();
        if (entries == null) {
            return;
        }
        latest = compose(entries, view.isCurrent());
        if (newsDue.compareAndSet(false, true)) {
            telling.submit("onPeer", this::tellNews, () -> {});
        }
    }

    /** Peers by order of succession: without places that were ours, and without those that our leadership proves gone. */
    private Topology compose(List<Entry> entries, boolean current) {
        long own = turn.incarnation();
        boolean leads = leadership != null;
        List<Peer> peers = new ArrayList<>();
        Optional<Peer> self = own == 0 ? Optional.empty() : Optional.of(new Peer(kernel.nodeId(), own, metadata));
        self.ifPresent(peers::add);
        for (Entry entry : entries) {
            boolean passed = leads && entry.createRevision() < own;
            if (!turn.isOwn(entry) && !passed) {
                Card card = Card.decode(entry.value());
                peers.add(new Peer(card.nodeId(), entry.createRevision(), card.metadata()));
            }
        }
        peers.sort(Comparator.comparingLong(Peer::incarnation));
        Optional<Peer> first = peers.stream().findFirst();
        // That this candidate is first in a view is no proof that it leads.
        Optional<Peer> leader = first.equals(self) && !leads ? Optional.empty() : first;
        return new Topology(self, leader, peers, current);
    }

    private void tellNews() {
        newsDue.set(false);
        Topology now = Objects.requireNonNull(latest);
        Map<Long, Peer> others = new LinkedHashMap<>();
        now.peers().stream()
                .filter(peer -> !Optional.of(peer).equals(now.self()))
                .forEach(peer -> others.put(peer.incarnation(), peer));
        List<Peer> gone = told.values().stream()
                .filter(peer -> !others.containsKey(peer.incarnation()))
                .toList();
        List<Peer> come = others.values().stream()
                .filter(peer -> !told.containsKey(peer.incarnation()))
                .toList();
        for (Peer peer : gone) {
            told.remove(peer.incarnation());
            tell("onPeerLeft", () -> onLeft.accept(peer, now));
        }
        for (Peer peer : come) {
            told.put(peer.incarnation(), peer);
            tell("onPeerJoined", () -> onJoined.accept(peer, now));
        }
    }

    /** One failing callback does not take the news from the next. */
    private void tell(String what, Runnable callback) {
        if (state == State.CLOSED) {
            return;
        }
        try {
            callback.run();
        } catch (RuntimeException | Error thrown) {
            scope.callbackFailed(what, thrown);
        }
    }

    /** Asked of the store, for whoever has no view yet. */
    private Topology observed() {
        List<Entry> entries = View.live(client.read("topology", scope, directory));
        CompletableFuture<Topology> result = new CompletableFuture<>();
        strand.execute(() -> result.complete(compose(entries, true)));
        return Await.uninterruptibly(result);
    }

    private Optional<Hold> await(@Nullable Duration limit) throws InterruptedException {
        client.requireOpen("awaitLeadership", scope);
        requireNotClosed("awaitLeadership");
        if (state == State.OBSERVING) {
            throw new IllegalStateException(
                    scope.about("awaitLeadership") + ": call start() first, nobody stands here yet");
        }
        if (Thread.interrupted()) {
            throw new InterruptedException(scope.about("awaitLeadership") + ": interrupted before it began");
        }
        CompletableFuture<Optional<Hold>> result = new CompletableFuture<>();
        strand.execute(() -> {
            if (leadership().isPresent()) {
                result.complete(Optional.ofNullable(leadership));
            } else if (state == State.CLOSED) {
                result.completeExceptionally(closedError("awaitLeadership"));
            } else {
                awaiting.add(result);
            }
        });
        Runnable cancel = limit == null ? () -> {} : kernel.time().schedule(limit, strand, () -> runOut(result));
        try {
            return Await.interruptibly(result);
        } finally {
            // Only the wait ends; the candidacy stays.
            cancel.run();
            strand.execute(() -> awaiting.removeIf(other -> other == result));
        }
    }

    private void runOut(CompletableFuture<Optional<Hold>> result) {
        if (state() == State.FOLLOWER && !failing) {
            result.complete(Optional.empty());
        } else {
            BackendException because = kernel.sessions().failure();
            result.completeExceptionally(scope.notApplied("awaitLeadership", because));
        }
    }

    private <T> T beforeStart(String operation, T callback) {
        requireNotClosed(operation);
        if (state != State.OBSERVING) {
            throw new IllegalStateException(
                    scope.about(operation) + ": register callbacks before start(), else the first events are missed");
        }
        return Objects.requireNonNull(callback, "callback is null");
    }

    private void requireNotClosed(String operation) {
        if (state == State.CLOSED) {
            throw closedError(operation);
        }
    }

    private IllegalStateException closedError(String operation) {
        return new IllegalStateException(scope.about(operation) + ": this election was closed; make another one");
    }
}
