package io.sereno.recipes.value;

import io.sereno.SessionState;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.PagedView;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What this client knows of one value, or of all values of a map: one {@link PagedView}, so one watch and at most one read under way, for all that
 * follow it.
 *
 * <p>Invariant: the states that it shows never go back; and while it is current, it shows each change that a call of this client has completed.
 *
 * <ol>
 *   <li>A <b>read</b> is newer than what is known, unless a change of this client was taken over while the read was under way; the view repeats it
 *       then.
 *   <li>A <b>change</b> of this client that has a greater modRevision than the known entry of that name, or the same one and a later change, is
 *       taken over.
 *   <li>If <b>no entry</b> is known, the change may be older than that, and be deleted since. The same holds for a deletion and any known entry. Only
 *       a read that begins now can tell; the caller waits for it.
 * </ol>
 *
 * <p>What is not marked as for every thread is confined to the strand.
 */
final class ValueFeed {
    static final Shared<InUse<Query, ValueFeed>> FEEDS =
            new Shared<>(client -> new InUse<>(ValueFeed::close), InUse::close);

    /** Is notified on the strand. */
    interface Follower {
        /** Another state is known, or it is current, or no longer so. */
        void changed();

        /** The client was closed. */
        default void closed() {}
    }

    private final Kernel kernel;
    private final Scope scope;
    private final Strand strand = new Strand();
    private final Query query;
    private final PagedView view;
    private final Set<Follower> followers = new LinkedHashSet<>();
    /** The callers who wait for a read. */
    private final List<CompletableFuture<Void>> asking = new ArrayList<>();
    /** How many of them have made a change that the read has yet to show. */
    private int behind;

    private boolean open;
    private boolean closed;
    private volatile @Nullable List<Entry> seen;
    private volatile boolean current;

    private ValueFeed(Scope scope, Query query) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.query = query;
        Duration period = scope.client().settings().sessionTtl();
        this.view = query instanceof Query.One one
                ? PagedView.of(kernel, strand, one, period, this::update)
                : PagedView.ofAll(kernel, strand, query.directory(), MapForm.PREFIX, period, this::update);
    }

    /** Of one value, or of all values of a map. Each call is followed by one {@link #leave}. For every thread. */
    static ValueFeed of(Scope scope, Query query) {
        ValueFeed feed = scope.client().shared(FEEDS).enter(query, () -> new ValueFeed(scope, query));
        feed.strand.execute(feed::open);
        return feed;
    }

    /** For every thread. */
    void leave() {
        if (scope.client().shared(FEEDS).exit(query)) {
            close();
        }
    }

    Strand strand() {
        return strand;
    }

    /** The last known state, with no entry or one of each value; null before the first read. For every thread. */
    @Nullable
    List<Entry> seen() {
        return seen;
    }

    /** For every thread. */
    boolean isCurrent() {
        return current && scope.client().sessions().state() == SessionState.CONNECTED;
    }

    boolean isClosed() {
        return closed;
    }

    /** Why the last read failed; null if it did not. */
    @Nullable
    BackendException failure() {
        return view.failure();
    }

    void follow(Follower follower) {
        followers.add(follower);
    }

    void unfollow(Follower follower) {
        followers.remove(follower);
    }

    /** Completes when a read that begins from now on has been answered, or the feed is closed. For every thread. */
    CompletableFuture<Void> look() {
        CompletableFuture<Void> answered = new CompletableFuture<>();
        strand.execute(() -> look(PagedView.ALL, answered));
        return answered;
    }

    // Step 2.
    /** Completes when a change of this client, which made this entry, is shown. For every thread. */
    CompletableFuture<Void> made(Entry own) {
        CompletableFuture<Void> shown = new CompletableFuture<>();
        strand.execute(() -> {
            Entry known = view.entry(own.name());
            if (known == null) {
                catchUp(own.name(), shown);
            } else {
                if (isNewer(own, known)) {
                    view.take(own);
                    update();
                }
                shown.complete(null);
            }
        });
        return shown;
    }

    private static boolean isNewer(Entry own, Entry known) {
        return own.modRevision() > known.modRevision()
                || (own.modRevision() == known.modRevision() && changeOf(own) > changeOf(known));
    }

    private static long changeOf(Entry entry) {
        return ValueState.FORMAT.decode(entry.value()).change();
    }

    /** Completes when a deletion by this client is shown. For every thread. */
    CompletableFuture<Void> deleted(Query what) {
        CompletableFuture<Void> shown = new CompletableFuture<>();
        String name = what instanceof Query.One one ? one.name() : PagedView.ALL;
        strand.execute(() -> catchUp(name, shown));
        return shown;
    }

    /** Completes when the deletion of a whole map by this client is shown, by the feed of the map and by those of single values. For every thread. */
    static CompletableFuture<Void> deletedAll(Scope scope, Query map) {
        List<CompletableFuture<Void>> shown = new ArrayList<>();
        scope.client().shared(FEEDS).forEach(feed -> {
            if (feed.query.directory().equals(map.directory())) {
                shown.add(feed.deleted(feed.query));
            }
        });
        return CompletableFuture.allOf(shown.toArray(new CompletableFuture<?>[0]));
    }

    // Step 3.
    private void catchUp(String name, CompletableFuture<Void> shown) {
        behind++;
        update();
        CompletableFuture<Void> answered = new CompletableFuture<>();
        var unused = answered.thenRun(() -> {
            behind--;
            update();
            shown.complete(null);
        });
        look(name, answered);
    }

    private void look(String name, CompletableFuture<Void> answered) {
        if (closed) {
            answered.complete(null);
            return;
        }
        asking.add(answered);
        view.afterLook(name, () -> {
            answered.complete(null);
            asking.removeIf(CompletableFuture::isDone);
        });
    }

    private void open() {
        if (!open && !closed) {
            open = true;
            view.open();
        }
    }

    private void close() {
        strand.execute(() -> {
            if (!closed) {
                closed = true;
                view.close();
                List.copyOf(asking).forEach(answered -> answered.complete(null));
                asking.clear();
                update();
                List.copyOf(followers).forEach(Follower::closed);
            }
        });
    }

    private void update() {
        seen = view.entries();
        current = view.isCurrent() && behind == 0 && !closed;
        List.copyOf(followers).forEach(Follower::changed);
    }
}
