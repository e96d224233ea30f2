package io.sereno.recipes.client;

import io.sereno.SessionState;
import io.sereno.Subscription;
import io.sereno.recipes.kernel.Sessions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The subscriptions to the state of a client's session. Each gets the present state, then each change, and {@link SessionState#CLOSED} as the last
 * callback when the client closes.
 *
 * <p>The listeners are confined to the strand of the sessions, on which the state changes: so a listener that is added gets each later change, and
 * no earlier one. {@link #subscribe} is for every thread.
 */
final class SessionNews {
    private static final String OPERATION = "onSessionState";

    private final Map<OpenSubscription, Consumer<SessionState>> listeners = new LinkedHashMap<>();

    Subscription subscribe(Scope scope, Sessions sessions, Consumer<SessionState> callback) {
        scope.requireOpen(OPERATION);
        OpenSubscription subscription = OpenSubscription.withLast(
                scope,
                OPERATION,
                ended -> sessions.execute(() -> listeners.remove(ended)),
                () -> callback.accept(SessionState.CLOSED));
        sessions.execute(() -> {
            if (!subscription.isEnding()) {
                listeners.put(subscription, callback);
                report(subscription, callback, sessions.state());
            }
        });
        return subscription;
    }

    /** On the strand of the sessions. */
    void changed(SessionState state) {
        listeners.forEach((subscription, callback) -> report(subscription, callback, state));
    }

    /** The end of the subscription reports CLOSED. */
    private static void report(OpenSubscription to, Consumer<SessionState> callback, SessionState state) {
        if (state != SessionState.CLOSED) {
            to.report(state, callback);
        }
    }
}
