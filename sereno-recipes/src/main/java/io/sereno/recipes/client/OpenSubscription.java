package io.sereno.recipes.client;

import io.sereno.Subscription;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.recipes.kernel.Lines;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Callbacks to one listener, one after another, until the subscription is closed or fails. Safe for use by multiple threads. */
public final class OpenSubscription implements Subscription, Open {
    /** No further callback is wanted; without a cause if the user closed the subscription. */
    private record Ending(@Nullable Throwable cause) {}

    private final Scope scope;
    private final String operation;
    private final Consumer<OpenSubscription> onEnd;
    private final Supplier<CompletableFuture<Void>> onQuiet;
    private final @Nullable Runnable last;
    private final Callbacks callbacks;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final AtomicReference<@Nullable Ending> ending = new AtomicReference<>();
    /** The state that the listener got last; confined to the callbacks. */
    private @Nullable Object reported;

    /** {@code onEnd} runs once, when no further callback is wanted; it must not block. */
    public OpenSubscription(Scope scope, String operation, Consumer<OpenSubscription> onEnd) {
        this(scope, operation, onEnd, () -> CompletableFuture.completedFuture(null));
    }

    /** As above; {@code last} is the last callback if the client closes. */
    static OpenSubscription withLast(Scope scope, String operation, Consumer<OpenSubscription> onEnd, Runnable last) {
        return new OpenSubscription(scope, operation, onEnd, () -> CompletableFuture.completedFuture(null), last);
    }

    /** {@code onQuiet} begins the remaining work when no callback runs any more; it may be called again. */
    public OpenSubscription(
            Scope scope,
            String operation,
            Consumer<OpenSubscription> onEnd,
            Supplier<CompletableFuture<Void>> onQuiet) {
        this(scope, operation, onEnd, onQuiet, null);
    }

    private OpenSubscription(
            Scope scope,
            String operation,
            Consumer<OpenSubscription> onEnd,
            Supplier<CompletableFuture<Void>> onQuiet,
            @Nullable Runnable last) {
        this.scope = scope;
        this.operation = operation;
        this.onEnd = onEnd;
        this.onQuiet = onQuiet;
        this.last = last;
        this.callbacks = new Callbacks(scope.kernel().callbacks(), new CallbackFailures(scope));
        scope.client().opened(this);
    }

    /** Calls the listener after all earlier callbacks. The caller sees to it that few of them wait. */
    public void call(Runnable callback) {
        callbacks.submit(operation, callback, () -> {});
    }

    /**
     * Calls the listener with a new state, after all earlier callbacks. A listener that is {@link Callbacks#MOST_NEWS} states behind misses some in
     * between, and gets none twice in a row.
     */
    public <S> void report(S state, Consumer<S> listener) {
        callbacks.submitNews(operation, () -> {
            if (!state.equals(reported)) {
                reported = state;
                listener.accept(state);
            }
        });
    }

    /** Whether no further callback is wanted. */
    public boolean isEnding() {
        return ending.get() != null;
    }

    /** Ends by itself, for a cause that {@link #ended()} reports: the store, or what is stored there. */
    public void fail(Throwable cause) {
        Lines.SUBSCRIPTION.expected(scope.about(operation) + " has ended", cause, !isEnding());
        var unused = end(cause);
    }

    /** As above, if a user's code threw the cause. */
    public void failInCallback(String what, Throwable cause) {
        Lines.SUBSCRIPTION.unexpected(
                scope.about(what) + " failed, and the subscription has ended", cause, !isEnding());
        var unused = end(cause);
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        if (last == null) {
            return end(scope.closed(operation));
        }
        // May be called twice: by the client that closes, and by the subscription that is added meanwhile.
        noMore(scope.closed(operation));
        CompletableFuture<Void> end = afterwards(callbacks.closeAfter(operation, last));
        return Interruptible.runsHere() ? CompletableFuture.completedFuture(null) : end;
    }

    private CompletableFuture<Void> end(@Nullable Throwable cause) {
        noMore(cause);
        return afterwards(callbacks.close());
    }

    private void noMore(@Nullable Throwable cause) {
        if (ending.compareAndSet(null, new Ending(cause))) {
            onEnd.accept(this);
        }
    }

    private CompletableFuture<Void> afterwards(CompletableFuture<Void> callbacksEnded) {
        return callbacksEnded
                .thenCompose(quiet -> onQuiet.get())
                .thenRun(() -> scope.kernel().offStrand(this::reportEnd));
    }

    private void reportEnd() {
        // Only now: a client that closes meanwhile waits for the remaining work.
        scope.client().closed(this);
        Ending how = ending.get();
        if (how == null || how.cause() == null) {
            ended.complete(null);
        } else {
            ended.completeExceptionally(how.cause());
        }
    }

    /** A copy, which its user may complete. It has the cause itself: a dependent stage would wrap the cause in a CompletionException. */
    @Override
    public CompletionStage<Void> ended() {
        CompletableFuture<Void> copy = new CompletableFuture<>();
        var unused = ended.whenComplete((done, cause) -> {
            if (cause == null) {
                copy.complete(null);
            } else {
                copy.completeExceptionally(cause);
            }
        });
        return copy;
    }

    @Override
    public String toString() {
        return scope.about(operation) + (isEnding() ? ", ended" : ", open");
    }

    @Override
    public void close() {
        CompletableFuture<Void> end = end(null);
        if (!callbacks.isRunningHere()) {
            Await.uninterruptibly(scope.client().withinCloseLimit(end));
        }
    }
}
