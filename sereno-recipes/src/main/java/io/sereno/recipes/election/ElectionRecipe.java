package io.sereno.recipes.election;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.SerenoException;
import io.sereno.SessionState;
import io.sereno.Topology;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Metadata;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.recipes.kernel.View;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The election as its users call it: collects callbacks, creates the {@link Candidacy} at {@link #start}, and waits. Safe for use by multiple threads.
 */
public final class ElectionRecipe implements LeaderElection {
    private final Scope scope;
    private final AtomicReference<Candidacy.Listeners> listeners = new AtomicReference<>(Candidacy.Listeners.NONE);
    private final AtomicReference<@Nullable Candidacy> candidacy = new AtomicReference<>();
    private final LeaderNews leaderNews;
    private volatile Map<String, String> metadata = Map.of();
    private volatile int priority;
    private volatile boolean closed;

    public ElectionRecipe(Client client, String name, String directory) {
        this.scope = new Scope(client, Candidacy.RECIPE, name, directory);
        this.leaderNews = new LeaderNews(scope);
    }

    @Override
    public LeaderElection onElectedLeader(BiConsumer<Leadership, Topology> callback) {
        return register("onElectedLeader", callback, before -> before.withLeader(callback));
    }

    @Override
    public LeaderElection onElectedFollower(Consumer<Topology> callback) {
        return register("onElectedFollower", callback, before -> before.withFollower(callback));
    }

    @Override
    public LeaderElection onPeerJoined(BiConsumer<Peer, Topology> callback) {
        return register("onPeerJoined", callback, before -> before.withJoined(callback));
    }

    @Override
    public LeaderElection onPeerLeft(BiConsumer<Peer, Topology> callback) {
        return register("onPeerLeft", callback, before -> before.withLeft(callback));
    }

    @Override
    public LeaderElection onPreparing(Consumer<Peer> callback) {
        return register("onPreparing", callback, before -> before.withPreparing(callback));
    }

    @Override
    public LeaderElection onLeaderChanged(Consumer<Peer> callback) {
        Objects.requireNonNull(callback, "callback is null");
        requireNotClosed("onLeaderChanged");
        leaderNews.listen(callback);
        if (closed) {
            close(); // It may have been opened after the close.
        }
        return this;
    }

    @Override
    public LeaderElection metadata(Map<String, String> described) {
        requireNotClosed("metadata");
        metadata = Metadata.checked(described);
        Candidacy standing = candidacy.get();
        if (standing != null) {
            standing.describe(metadata);
        }
        return this;
    }

    @Override
    public LeaderElection priority(int changed) {
        requireNotClosed("priority");
        priority = changed;
        Candidacy standing = candidacy.get();
        if (standing != null) {
            standing.prioritize(changed);
        }
        return this;
    }

    @Override
    public LeaderElection start() {
        requireNotClosed("start");
        Candidacy begun = new Candidacy(scope, Objects.requireNonNull(listeners.get()), leaderNews::seen);
        if (!candidacy.compareAndSet(null, begun)) {
            throw new IllegalStateException(scope.about("start") + ": this election was started before");
        }
        begun.describe(metadata);
        begun.prioritize(priority);
        begun.stand();
        if (closed) {
            close();
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

    private Optional<Hold> await(@Nullable Duration limit) throws InterruptedException {
        Candidacy standing = requireStarted("awaitLeadership");
        scope.requireNotInterrupted("awaitLeadership");
        Candidacy.Wish wish = standing.await(limit);
        try {
            return Await.interruptibly(wish.result());
        } finally {
            // Only the wait ends; the candidacy stays.
            wish.forget();
        }
    }

    @Override
    public Optional<Leadership> leadership() {
        Candidacy standing = candidacy.get();
        return standing == null ? Optional.empty() : standing.leadership().map(hold -> hold);
    }

    @Override
    public Topology topology() {
        requireNotClosed("topology");
        Candidacy standing = candidacy.get();
        if (standing != null && standing.peers().isKnown()) {
            return standing.peers().known();
        }
        return Peers.compose(View.queue(scope.readAll("topology")), true, Optional.empty(), false, entry -> false);
    }

    @Override
    public State state() {
        Candidacy standing = candidacy.get();
        if (closed || scope.client().isClosed()) {
            return State.CLOSED;
        }
        if (standing == null) {
            return State.OBSERVING;
        }
        if (standing.leadership().isPresent()) {
            return State.LEADER;
        }
        boolean inReach =
                standing.failure() == null && scope.client().sessions().state() == SessionState.CONNECTED;
        return inReach && standing.isBehindOthers() ? State.FOLLOWER : State.SUSPENDED;
    }

    @Override
    public Optional<SerenoException> lastError() {
        Candidacy standing = candidacy.get();
        if (standing == null || closed) {
            return Optional.empty();
        }
        return Optional.ofNullable(standing.failure()).map(why -> scope.notApplied("candidacy", why));
    }

    @Override
    public void resign() {
        requireNotClosed("resign");
        leadership().ifPresent(Leadership::close);
    }

    @Override
    public boolean transferTo(Peer peer, Duration timeout) throws InterruptedException {
        Objects.requireNonNull(peer, "peer is null");
        Duration limit = Scope.checkTimeout(timeout);
        Candidacy standing = requireStarted("transferTo");
        scope.requireNotInterrupted("transferTo");
        HandOver handOver = standing.transferTo(peer, limit);
        try {
            return Await.interruptibly(handOver.result());
        } finally {
            standing.forget(handOver);
        }
    }

    private Candidacy requireStarted(String operation) {
        requireNotClosed(operation);
        Candidacy standing = candidacy.get();
        if (standing == null) {
            throw new IllegalStateException(
                    scope.about(operation) + ": call start() first; this election has no candidacy yet");
        }
        return standing;
    }

    @Override
    public void close() {
        closed = true;
        Candidacy standing = candidacy.get();
        CompletableFuture<Void> news = leaderNews.shutDown();
        // Two callbacks that close the election must not wait for each other.
        CompletableFuture<Void> quiet = Interruptible.runsHere() ? CompletableFuture.completedFuture(null) : news;
        CompletableFuture<Void> end = standing == null ? quiet : CompletableFuture.allOf(quiet, standing.end());
        Await.uninterruptibly(scope.client().withinCloseLimit(end));
    }

    private LeaderElection register(String operation, Object callback, UnaryOperator<Candidacy.Listeners> addition) {
        Objects.requireNonNull(callback, "callback is null");
        requireNotClosed(operation);
        if (candidacy.get() != null) {
            throw new IllegalStateException(
                    scope.about(operation) + ": register callbacks before start(), or the first events are missed");
        }
        listeners.updateAndGet(addition);
        return this;
    }

    private void requireNotClosed(String operation) {
        scope.requireOpen(operation);
        if (closed) {
            throw new IllegalStateException(Candidacy.closedMessage(scope, operation));
        }
    }

    @Override
    public String toString() {
        return scope + ", " + state();
    }
}
