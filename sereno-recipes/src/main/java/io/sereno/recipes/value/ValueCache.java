package io.sereno.recipes.value;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.Versioned;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The last state of the feed, decoded once for each state. Safe for use by multiple threads. */
final class ValueCache<T> implements CachedValue<T> {
    private record Decoded<T>(List<Entry> from, Optional<Versioned<T>> value) {}

    private final Scope scope;
    private final Codec<T> codec;
    private final ValueFeed feed;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable Decoded<T> decoded;

    private ValueCache(Scope scope, Codec<T> codec) {
        this.scope = scope;
        this.codec = codec;
        this.feed = ValueFeed.of(scope);
    }

    /** Waits for the first state, at most the operation timeout. */
    static <T> ValueCache<T> open(Scope scope, Codec<T> codec, long deadline) {
        ValueCache<T> cache = new ValueCache<>(scope, codec);
        try {
            cache.awaitFirst(deadline);
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

    @Override
    public Optional<Versioned<T>> get() {
        List<Entry> now = Objects.requireNonNull(feed.seen(), "opened without a state");
        Decoded<T> known = decoded;
        if (known == null || known.from != now) {
            known = new Decoded<>(now, ValueVersion.in(now).decode(codec));
            decoded = known;
        }
        return known.value;
    }

    @Override
    public boolean isCurrent() {
        return !closed.get() && feed.isCurrent();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            feed.leave();
        }
    }

    @Override
    public String toString() {
        return scope.about("cached") + (closed.get() ? ", closed" : isCurrent() ? ", current" : ", not current");
    }
}
