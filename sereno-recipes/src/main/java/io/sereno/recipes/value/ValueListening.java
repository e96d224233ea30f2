package io.sereno.recipes.value;

import io.sereno.Codec;
import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.Versioned;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscription to a value: reports the states that the feed shows, in order. Changes while the callback runs are reported as one change, the
 * latest.
 */
final class ValueListening<T> implements ValueFeed.Follower {
    private final Consumer<? super Optional<Versioned<T>>> callback;
    private final Codec<T> codec;
    private final ValueFeed feed;
    private final OpenSubscription subscription;
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile ValueVersion latest = ValueVersion.NONE;

    /** The state that the last submitted callback reports, unless it reports a newer one; confined to the strand. */
    private @Nullable ValueVersion seen;

    /** The state that the callback got last; confined to callbacks, which run one after another. */
    private @Nullable ValueVersion reported;

    ValueListening(Scope scope, Codec<T> codec, Consumer<? super Optional<Versioned<T>>> callback) {
        this.callback = callback;
        this.codec = codec;
        this.feed = ValueFeed.of(scope);
        this.subscription = new OpenSubscription(scope, "onChange", ended -> end());
    }

    Subscription start() {
        feed.strand().execute(() -> {
            if (!subscription.isEnding()) {
                feed.follow(this);
                changed();
            }
        });
        return subscription;
    }

    private void end() {
        feed.strand().execute(() -> feed.unfollow(this));
        feed.leave();
    }

    @Override
    public void changed() {
        List<Entry> entries = feed.seen();
        if (entries == null) {
            return; // The store could not be read yet.
        }
        ValueVersion now;
        try {
            now = ValueVersion.in(entries);
        } catch (UnreadableEntryException unreadable) {
            subscription.fail(unreadable);
            return;
        }
        if (!now.equals(seen)) {
            seen = now;
            latest = now;
            if (due.compareAndSet(false, true)) {
                subscription.call(this::report);
            }
        }
    }

    private void report() {
        due.set(false);
        ValueVersion now = latest;
        // A state that arrives between the two lines above is reported here already, and makes one more callback due.
        if (!now.equals(reported)) {
            reported = now;
            callback.accept(now.decode(codec));
        }
    }
}
