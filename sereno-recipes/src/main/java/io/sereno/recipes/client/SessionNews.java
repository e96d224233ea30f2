package io.sereno.recipes.client;

import io.sereno.SessionState;
import io.sereno.Subscription;
import io.sereno.recipes.kernel.Strand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions to the state of a client's session. Each gets the present state, then each change, and {@link SessionState#CLOSED} as the last
 * callback when the client closes. Safe for use by multiple threads.
 */
final class SessionNews {
    private static final String OPERATION = "onSessionState";

    private static final class Listener {
        private final Consumer<SessionState> callback;
        private @Nullable SessionState last;

        Listener(Consumer<SessionState> callback) {
            this.callback = callback;
        }
    }

    private final Strand strand = new Strand();
    /** Confined to the strand. */
    private final Map<OpenSubscription, Listener> listeners = new LinkedHashMap<>();

    /** {@code present} is read after the subscription is listed, so that no change is missed; it must not block. */
    Subscription subscribe(Scope scope, Supplier<SessionState> present, Consumer<SessionState> callback) {
        scope.requireOpen(OPERATION);
        OpenSubscription subscription = OpenSubscription.withLast(
                scope,
                OPERATION,
                ended -> strand.execute(() -> listeners.remove(ended)),
                () -> callback.accept(SessionState.CLOSED));
        strand.execute(() -> {
            if (!subscription.isEnding()) {
                Listener listener = new Listener(callback);
                listeners.put(subscription, listener);
                report(subscription, listener, present.get());
            }
        });
        return subscription;
    }

    void changed(SessionState state) {
        strand.execute(() -> listeners.forEach((subscription, listener) -> report(subscription, listener, state)));
    }

    /** The present state may be one whose report as a change is still to come. The end of the subscription reports CLOSED. */
    private static void report(OpenSubscription subscription, Listener listener, SessionState state) {
        if (state != SessionState.CLOSED && state != listener.last) {
            listener.last = state;
            subscription.call(() -> listener.callback.accept(state));
        }
    }
}
