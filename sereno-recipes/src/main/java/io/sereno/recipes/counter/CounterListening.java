package io.sereno.recipes.counter;

import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One subscription to a counter: reports the value as the view of its entry shows it, in order. Changes while the callback runs are reported as
 * one change, the latest.
 */
final class CounterListening {
    private final LongConsumer callback;
    private final Strand strand = new Strand();
    private final View view;
    private final OpenSubscription subscription;
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile long latest;

    /** The value that the last submitted callback reports, unless it reports a newer one; confined to the strand. */
    private @Nullable Long seen;

    /** The value that the callback got last; confined to callbacks, which run one after another. */
    private @Nullable Long reported;

    CounterListening(Scope scope, LongConsumer callback) {
        this.callback = callback;
        Query value = scope.one(CounterRecipe.VALUE);
        this.view = new View(
                scope.kernel(), strand, value, scope.client().settings().sessionTtl(), this::look);
        this.subscription = new OpenSubscription(scope, "onChange", ended -> strand.execute(view::close));
    }

    Subscription start() {
        strand.execute(view::open);
        return subscription;
    }

    private void look() {
        List<Entry> entries = view.entries();
        if (entries == null) {
            return; // The store could not be read yet.
        }
        long value;
        try {
            value = CounterRecipe.countIn(entries).value();
        } catch (UnreadableEntryException unreadable) {
            subscription.fail(unreadable);
            return;
        }
        if (seen == null || seen != value) {
            seen = value;
            latest = value;
            if (due.compareAndSet(false, true)) {
                subscription.call(this::report);
            }
        }
    }

    private void report() {
        due.set(false);
        long value = latest;
        // A value that arrives between the two lines above is reported here already, and makes one more callback due.
        if (reported == null || reported != value) {
            reported = value;
            callback.accept(value);
        }
    }
}
