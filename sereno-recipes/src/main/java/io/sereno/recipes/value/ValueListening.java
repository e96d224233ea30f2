package io.sereno.recipes.value;

import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscription to a value or a map: reports the states that the feed shows, in order. Changes while the callback runs are reported as one change, the
 * latest.
 */
final class ValueListening<V, S> implements ValueFeed.Follower {
    private final Consumer<? super S> callback;
    private final Form<V, S> form;
    private final ValueFeed feed;
    private final OpenSubscription subscription;
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile @Nullable V latest;

    /** The state that the last submitted callback reports, unless it reports a newer one; confined to the strand. */
    private @Nullable V seen;

    /** The state that the callback got last; confined to callbacks, which run one after another. */
    private @Nullable V reported;

    ValueListening(Scope scope, Query query, Form<V, S> form, Consumer<? super S> callback) {
        this.callback = callback;
        this.form = form;
        this.feed = ValueFeed.of(scope, query);
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
        V now;
        try {
            now = form.in(entries);
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
        V now = Objects.requireNonNull(latest, "due without a state");
        // A state that arrives between the two lines above is reported here already, and makes one more callback due.
        if (!now.equals(reported)) {
            reported = now;
            callback.accept(form.decode(now));
        }
    }
}
