package io.sereno.recipes.value;

import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One caller who waits for a state: gets the states that the feed shows, one at a time, and judges them in its own thread.
 *
 * <p>Invariant: the first state is from a read that began after the wait. All but {@link #next} and {@link #close} is confined to the strand.
 */
final class ValueWait implements ValueFeed.Follower, AutoCloseable {
    private static final String OPERATION = "await";

    private final Kernel kernel;
    private final Scope scope;
    private final boolean looksOnce;
    private final long deadline;
    private final ValueFeed feed;

    private boolean begun;
    /** The read that began with the wait has been answered. */
    private boolean looked;

    private @Nullable List<Entry> last;
    private @Nullable TimedWait<Optional<List<Entry>>> waiting;

    private ValueWait(Scope scope, Query query, Duration timeout) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.looksOnce = timeout.isZero();
        this.deadline = kernel.time().nanoTime() + timeout.toNanos();
        this.feed = ValueFeed.of(scope, query);
    }

    /** Whether a state satisfied the condition in time. */
    static <V, S> boolean until(
            Scope scope, Query query, Form<V, S> form, Predicate<? super S> condition, Duration timeout)
            throws InterruptedException {
        Duration limit = Scope.checkTimeout(timeout);
        scope.requireOpen(OPERATION);
        scope.requireNotInterrupted(OPERATION);
        try (ValueWait wait = new ValueWait(scope, query, limit)) {
            Optional<List<Entry>> next = wait.next();
            while (next.isPresent() && !condition.test(form.decode(form.in(next.get())))) {
                next = wait.next();
            }
            return next.isPresent();
        }
    }

    /** The next state; empty when the time is up. */
    private Optional<List<Entry>> next() throws InterruptedException {
        TimedWait<Optional<List<Entry>>> wait = new TimedWait<>(kernel, feed.strand());
        feed.strand().execute(() -> begin(wait));
        return Await.interruptibly(wait.result());
    }

    @Override
    public void close() {
        feed.strand().execute(() -> {
            feed.unfollow(this);
            if (waiting != null) {
                waiting.end();
            }
        });
        feed.leave();
    }

    private void begin(TimedWait<Optional<List<Entry>>> wait) {
        waiting = wait;
        if (feed.isClosed()) {
            closed();
            return;
        }
        if (!begun) {
            begun = true;
            feed.follow(this);
            var unused = feed.look().thenRun(() -> {
                looked = !feed.isClosed();
                changed();
            });
        }
        changed();
        Duration left = kernel.until(deadline);
        if (!wait.isEnded() && left.isZero()) {
            timeUp(wait);
        } else if (!wait.isEnded()) {
            wait.limit(left, () -> timeUp(wait));
        }
    }

    @Override
    public void changed() {
        List<Entry> now = feed.seen();
        if (looked && now != null && !now.equals(last) && waiting != null && !waiting.isEnded()) {
            last = now;
            waiting.complete(Optional.of(now));
        }
    }

    @Override
    public void closed() {
        if (waiting != null) {
            waiting.fail(scope.closed(OPERATION));
        }
    }

    private void timeUp(TimedWait<Optional<List<Entry>>> wait) {
        if (looked && feed.failure() == null) {
            wait.complete(Optional.empty());
        } else if (looked) {
            wait.fail(scope.notApplied(OPERATION, feed.failure()));
        } else {
            wait.limit(looksOnce ? kernel.operationTimeout() : Kernel.GRACE, () -> giveUp(wait));
        }
    }

    /** The read had no answer. The condition is not known to hold if the store has answered something else since the wait began. */
    private void giveUp(TimedWait<Optional<List<Entry>>> wait) {
        BackendException why = scope.client().sessions().failure(feed.failure());
        if (why == null && wait.hasStoreAnswered() && !looksOnce) {
            wait.complete(Optional.empty());
        } else {
            wait.fail(scope.notApplied(OPERATION, why));
        }
    }
}
