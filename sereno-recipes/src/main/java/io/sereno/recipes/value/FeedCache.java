package io.sereno.recipes.value;

import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** What cached views of one value and of a map have in common: the last state of a feed. Safe for use by multiple threads. */
abstract class FeedCache implements AutoCloseable {
    private final Scope scope;
    private final ValueFeed feed;
    private final AtomicBoolean closed = new AtomicBoolean();

    FeedCache(Scope scope, Query query) {
        this.scope = scope;
        this.feed = ValueFeed.of(scope, query);
    }

    /** Waits for the first state, at most until the deadline; closes the cache if that fails. */
    static <C extends FeedCache> C opened(C cache, long deadline) {
        try {
            ((FeedCache) cache).awaitFirst(deadline);
        } catch (RuntimeException failed) {
            cache.close();
            throw failed;
        }
        return cache;
    }

    private void awaitFirst(long deadline) {
        Kernel kernel = scope.kernel();
        CompletableFuture<Void> look = feed.look();
        Await.uninterruptibly(kernel.atMost(kernel.until(deadline), look));
        scope.requireOpen("cached");
        if (!look.isDone()) {
            throw scope.notApplied("cached", scope.client().sessions().failure(feed.failure()));
        }
    }

    /** The same list as long as nothing has changed. */
    final List<Entry> seen() {
        return Objects.requireNonNull(feed.seen(), "opened without a state");
    }

    public final boolean isCurrent() {
        return !closed.get() && feed.isCurrent();
    }

    @Override
    public final void close() {
        if (closed.compareAndSet(false, true)) {
            feed.leave();
        }
    }

    @Override
    public final String toString() {
        return scope.about("cached") + (closed.get() ? ", closed" : isCurrent() ? ", current" : ", not current");
    }
}
