package io.sereno.recipes.election;

import io.sereno.Peer;
import io.sereno.SessionState;
import io.sereno.Topology;
import io.sereno.recipes.client.CallbackFailures;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The candidates, as one of them sees them, and the callbacks that report changes.
 *
 * <p>The changes are the difference between the topology reported last and the newest one: each incarnation joins once and leaves once, in
 * pairs, and a peer that came and went in between is not reported. These callbacks have a queue of their own, beside the one for the leader
 * callback, which may run for as long as the leadership.
 *
 * <p>Confined to the strand of the candidate, except {@link #known}, {@link #isKnown} and {@link #close}.
 */
final class Peers {
    private static final Topology NOBODY_KNOWN = new Topology(Optional.empty(), Optional.empty(), List.of(), false);

    private final Sessions sessions;
    private final Strand strand;
    private final View view;
    private final Candidacy.Listeners listeners;
    private final CallbackFailures failures;
    private final Callbacks callbacks;
    private final AtomicBoolean newsDue = new AtomicBoolean();
    private volatile @Nullable Known latest;
    private volatile boolean closed;

    /** Peers reported as joined and not as left, by incarnation; confined to the callbacks. */
    private final Map<Long, Peer> reported = new LinkedHashMap<>();

    Peers(Scope scope, Strand strand, Candidacy.Listeners listeners, Runnable onChange) {
        this.sessions = scope.client().sessions();
        this.strand = strand;
        this.view = View.ofQueue(
                scope.kernel(),
                strand,
                scope.directory(),
                scope.client().settings().sessionTtl(),
                onChange);
        this.listeners = listeners;
        this.failures = new CallbackFailures(scope);
        this.callbacks = new Callbacks(scope.kernel().callbacks(), failures);
    }

    void open() {
        view.open();
    }

    /** Reads the candidates once more, as {@link View#lookAgain}. */
    void lookAgain(Runnable task) {
        view.lookAgain(task);
    }

    /** The queue as it was read last; null before. */
    @Nullable
    List<Entry> queue() {
        return view.entries();
    }

    void seed(List<Entry> queue) {
        view.seed(queue);
    }

    CompletableFuture<Void> close() {
        closed = true;
        strand.execute(view::close);
        return callbacks.close();
    }

    boolean isKnown() {
        return latest != null;
    }

    /** A topology, and the candidate's own leadership that it shows, if any. */
    private record Known(Topology topology, @Nullable Hold leadership) {}

    /** Makes no request. The candidate's own leadership is shown only while it is held, even if nothing has run since it was lost. */
    Topology known() {
        Known shown = latest;
        if (shown == null) {
            return NOBODY_KNOWN;
        }
        Topology now = shown.topology();
        Hold own = shown.leadership();
        Optional<Peer> leader = own == null || own.isHeld() ? now.leader() : Optional.empty();
        boolean current = now.current() && sessions.state() == SessionState.CONNECTED;
        return new Topology(now.self(), leader, now.peers(), current);
    }

    /** Computes the newest topology, from the view and from what the candidate knows of itself, then notifies the peer listeners. */
    void refresh(Optional<Peer> self, @Nullable Hold leadership, Predicate<Entry> isOwn) {
        List<Entry> entries = view.entries();
        if (entries == null) {
            return;
        }
        latest = new Known(compose(entries, view.isCurrent(), self, leadership != null, isOwn), leadership);
        if (newsDue.compareAndSet(false, true)) {
            callbacks.submit("onPeer", this::reportNews, () -> {});
        }
    }

    /** The candidate leads from this place: all candidates before it are gone permanently, and a read that shows otherwise is too old. */
    void leads(long incarnation) {
        view.dropBefore(incarnation);
    }

    /**
     * The peers in the order of succession, without former places of the candidate itself. The first of them is the leader, unless a place of the
     * candidate's own is in front of it in the view: a lost place may stay in the store for a while, and then nobody can lead. If the candidate is
     * first in a view, that does not prove that it leads.
     */
    static Topology compose(
            List<Entry> entries, boolean current, Optional<Peer> self, boolean leads, Predicate<Entry> isOwn) {
        List<Peer> peers = new ArrayList<>(entries.size() + 1);
        self.ifPresent(peers::add);
        for (Entry entry : entries) {
            if (!isOwn.test(entry)) {
                Card card = Card.decode(entry.value());
                String nodeId = Turn.isForeign(entry) ? "foreign entry " + entry.name() : card.nodeId();
                peers.add(new Peer(nodeId, entry.createRevision(), card.metadata()));
            }
        }
        peers.sort(Comparator.comparingLong(Peer::incarnation));
        Optional<Peer> leader = self;
        if (!leads) {
            boolean behindOwn = !entries.isEmpty() && isOwn.test(entries.get(0));
            leader = peers.stream()
                    .findFirst()
                    .filter(first -> !behindOwn && !Optional.of(first).equals(self));
        }
        return new Topology(self, leader, peers, current);
    }

    private void reportNews() {
        newsDue.set(false);
        Topology now = known();
        Map<Long, Peer> others = new LinkedHashMap<>();
        for (Peer peer : now.peers()) {
            if (!now.self().equals(Optional.of(peer))) {
                others.put(peer.incarnation(), peer);
            }
        }
        for (Peer gone : List.copyOf(reported.values())) {
            if (!others.containsKey(gone.incarnation())) {
                reported.remove(gone.incarnation());
                listeners.left().ifPresent(callback -> call("onPeerLeft", () -> callback.accept(gone, now)));
            }
        }
        for (Peer come : others.values()) {
            if (reported.put(come.incarnation(), come) == null) {
                listeners.joined().ifPresent(callback -> call("onPeerJoined", () -> callback.accept(come, now)));
            }
        }
    }

    /** If one callback fails, the next one still gets its news. */
    private void call(String what, Runnable callback) {
        if (!closed) {
            failures.run(what, callback);
        }
    }
}
