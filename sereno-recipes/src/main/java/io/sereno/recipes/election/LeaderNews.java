package io.sereno.recipes.election;

import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.recipes.client.CallbackFailures;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reports each new leader to the user's callback: the present one first. Before the candidate stands, a view of the queue shows the leaders, if there
 * is a callback; from then on the candidate does, which knows of its own leadership.
 *
 * <p>All but {@link #listen}, {@link #seen} and {@link #shutDown} is confined to the strand.
 */
final class LeaderNews implements Open {
    private static final String WHAT = "onLeaderChanged";

    private final Scope scope;
    private final Strand strand = new Strand();
    private final Callbacks callbacks;

    /** Written on the strand. */
    private volatile @Nullable Consumer<Peer> callback;

    private @Nullable View view;
    /** The candidate shows the leaders. */
    private boolean standing;

    private boolean closed;
    private Optional<Peer> present = Optional.empty();
    /** The incarnation that the callback got last; 0 for none. */
    private long reported;

    LeaderNews(Scope scope) {
        this.scope = scope;
        this.callbacks = new Callbacks(scope.kernel().callbacks(), new CallbackFailures(scope));
    }

    /** Replaces the callback. */
    void listen(Consumer<Peer> next) {
        strand.execute(() -> {
            callback = next;
            reported = 0;
            report();
            if (view == null && !standing && !closed) {
                view = View.ofQueue(
                        scope.kernel(),
                        strand,
                        scope.directory(),
                        scope.client().settings().sessionTtl(),
                        this::look);
                view.open();
            }
        });
        scope.client().opened(this);
    }

    /** What the candidate sees. */
    void seen(Topology topology) {
        strand.execute(() -> {
            Optional<Peer> leader = topology.leader();
            if (view != null && leader.map(Peer::incarnation).orElse(0L) < reported) {
                return; // The candidate's read is older than the view's. The view goes on until it is not.
            }
            standing = true;
            closeView();
            present = leader;
            report();
        });
    }

    private void look() {
        List<Entry> entries = view == null ? null : view.entries();
        if (entries != null) {
            present = Peers.compose(entries, true, Optional.empty(), false, entry -> false)
                    .leader();
            report();
        }
    }

    private void report() {
        Consumer<Peer> to = callback;
        if (to != null && !closed && present.isPresent() && present.get().incarnation() != reported) {
            Peer leader = present.get();
            reported = leader.incarnation();
            callbacks.submitNews(WHAT, () -> {
                if (callback == to) { // It may have been replaced since.
                    to.accept(leader);
                }
            });
        }
    }

    private void closeView() {
        if (view != null) {
            view.close();
            view = null;
        }
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        scope.client().closed(this);
        strand.execute(() -> {
            closed = true;
            closeView();
        });
        return callbacks.close();
    }
}
