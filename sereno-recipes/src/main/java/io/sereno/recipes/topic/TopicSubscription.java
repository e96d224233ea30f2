package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Message;
import io.sereno.Subscription;
import io.sereno.TopicListener;
import io.sereno.recipes.client.CallbackFailures;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Backoff;
import io.sereno.recipes.kernel.Strand;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Passes the messages of a topic to a listener.
 *
 * <ol>
 *   <li>When something is ready, one callback is submitted. It handles what is there, up to a limit, so that others that use the same
 *       executor have their turn.
 *   <li>When a message fails, the listener decides: retry after a pause, continue with the next message, or stop.
 *   <li>Handled messages are acknowledged, if the position is durable.
 * </ol>
 *
 * <p>Callbacks run one after another, so state that only they use needs no further protection.
 */
final class TopicSubscription<T> implements TopicCursor.Reader {
    private static final String OPERATION = "onMessage";
    private static final int AT_ONCE = 1_024;

    private final Scope scope;
    private final Codec<T> codec;
    private final TopicListener<T> listener;
    private final TopicCursor cursor;
    private final @Nullable TopicPosition position;
    private final OpenSubscription subscription;
    private final Backoff backoff;
    private final CallbackFailures failures;

    /** A callback is submitted, or will be after a pause that is under way. */
    private final AtomicBoolean due = new AtomicBoolean();

    /** The running callback: if it closes the subscription, its message is acknowledged all the same. */
    private volatile CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

    /** For callbacks only: what is to be handled again. */
    private TopicCursor.@Nullable Next again;

    private int epoch;

    TopicSubscription(TopicPlace place, Codec<T> codec, TopicListener<T> listener) {
        this.scope = place.feed().scope();
        this.codec = codec;
        this.listener = listener;
        this.cursor = new TopicCursor(place.feed(), this);
        TopicPosition durable = place.position(cursor);
        this.position = durable;
        this.backoff = scope.kernel().backoff();
        this.failures = new CallbackFailures(scope);
        Strand strand = place.feed().strand();
        this.subscription = new OpenSubscription(
                scope,
                OPERATION,
                ended -> strand.execute(() -> {
                    cursor.close();
                    scope.client().shared(TopicFeed.FEEDS).exit(scope.directory());
                }),
                () -> durable == null
                        ? CompletableFuture.completedFuture(null)
                        : running.thenCompose(returned -> durable.close()));
    }

    Subscription open(From from, @Nullable TopicHeader now, Strand strand) {
        strand.execute(() -> {
            if (position != null) {
                position.open();
            } else {
                cursor.open(from, now);
            }
        });
        return subscription;
    }

    // Step 1.
    @Override
    public void ready() {
        if (due.compareAndSet(false, true)) {
            subscription.call(this::handle);
        }
    }

    @Override
    public void failed(RuntimeException cause) {
        subscription.fail(cause);
    }

    private void handle() {
        CompletableFuture<Void> returned = new CompletableFuture<>();
        running = returned;
        try {
            handleSome();
        } finally {
            returned.complete(null);
        }
    }

    private void handleSome() {
        for (int i = 0; i < AT_ONCE; i++) {
            if (subscription.isEnding()) {
                return;
            }
            TopicCursor.Next next = next();
            if (next == null) {
                due.set(false);
                if (cursor.isReady() && isActive()) {
                    ready(); // It came before {@code due} was cleared.
                }
                return;
            }
            if (!handled(next)) {
                return;
            }
        }
        subscription.call(this::handle);
    }

    private TopicCursor.@Nullable Next next() {
        if (!isActive()) {
            again = null;
            return null;
        }
        TopicCursor.Next next = again;
        again = null;
        if (next != null && epoch == cursor.epoch()) {
            return next;
        }
        epoch = cursor.epoch();
        return cursor.poll();
    }

    /**
     * Whether messages may be delivered now. Messages that are ready for a turn that is over are dropped soon. Callable from any
     * thread.
     */
    boolean isActive() {
        return position == null || position.isActive();
    }

    /** Returns whether the next message may follow now. */
    private boolean handled(TopicCursor.Next next) {
        if (next instanceof TopicCursor.Next.Missing missing) {
            try {
                listener.onGap(missing.gap());
            } catch (RuntimeException | Error failure) {
                stop("onGap", failure);
                return false;
            }
            acknowledge(missing.stream(), missing);
            return true;
        }
        TopicCursor.Next.One one = (TopicCursor.Next.One) next;
        try {
            Message<T> message = TopicPlace.message(one, codec);
            if (!handled(message, next)) {
                return false;
            }
        } catch (RuntimeException | Error fatal) {
            stop(OPERATION, fatal);
            return false;
        }
        acknowledge(one.batch().stream(), one);
        return true;
    }

    private boolean handled(Message<T> message, TopicCursor.Next next) {
        try {
            listener.onMessage(message);
            backoff.reset();
            failures.succeeded(OPERATION);
            return true;
        } catch (Exception failure) {
            return !subscription.isEnding() && mayFollow(message, next, failure);
        }
    }

    // Step 2.
    private boolean mayFollow(Message<T> message, TopicCursor.Next next, Exception failure) {
        switch (listener.onFailure(message, failure)) {
            case SKIP -> {
                failures.failed(OPERATION, failure);
                return true;
            }
            case RETRY -> {
                failures.failed(OPERATION, failure);
                again = next;
                scope.kernel().time().schedule(backoff.next(), Runnable::run, () -> subscription.call(this::handle));
                return false;
            }
            case STOP -> {
                stop(OPERATION, failure);
                return false;
            }
        }
        throw new AssertionError("unreachable");
    }

    private void stop(String what, Throwable failure) {
        scope.kernel().events().failed(scope.recipe(), scope.name(), what, failure);
        subscription.failInCallback(what, failure);
    }

    // Step 3.
    private void acknowledge(long stream, TopicCursor.Next handled) {
        if (position != null) {
            position.acknowledge(stream, handled.end(), handled.history());
        }
    }
}
