package io.sereno.recipes;

import io.sereno.Subscription;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Callbacks;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Callbacks to one listener, one after another, until it is closed or fails. Safe for use by multiple threads. */
final class OpenSubscription implements Subscription, Open {
    private final Client client;
    private final String operation;
    private final Consumer<OpenSubscription> onEnd;
    private final Callbacks callbacks;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile @Nullable Throwable failure;

    /** {@code onEnd} runs once, when no further callback is wanted; it must not block. */
    OpenSubscription(Client client, Scope scope, String operation, Consumer<OpenSubscription> onEnd) {
        this.client = client;
        this.operation = operation;
        this.onEnd = onEnd;
        this.callbacks = new Callbacks(client.kernel().callbacks(), scope::callbackFailed);
        client.opened(this);
    }

    /** Calls the listener after all that was told before. */
    void tell(Runnable callback) {
        callbacks.submit(operation, callback, () -> {});
    }

    /** Ends by itself, for a reason that {@link #ended()} says. */
    void fail(Throwable cause) {
        failure = cause;
        var unused = shutDown();
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        if (client.closed(this)) {
            onEnd.accept(this);
        }
        CompletableFuture<Void> quiet = callbacks.close();
        return quiet.thenRun(() -> client.kernel().offStrand(this::end));
    }

    private void end() {
        Throwable cause = failure;
        if (cause == null) {
            ended.complete(null);
        } else {
            ended.completeExceptionally(cause);
        }
    }

    @Override
    public CompletionStage<Void> ended() {
        return ended.minimalCompletionStage();
    }

    @Override
    public void close() {
        Await.uninterruptibly(client.withinCloseLimit(shutDown()));
    }
}
