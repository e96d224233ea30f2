package io.sereno.recipes.kernel;

import io.sereno.SessionState;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** The sessions of one client: its own, and one for each other ttl that somebody uses ({@link InUse}). Safe for use by multiple threads. */
public final class SessionsByTtl {
    private final Sessions own;
    private final Function<Duration, Sessions> maker;
    private final InUse<Duration, Sessions> others = new InUse<>(sessions -> end(sessions, Duration.ZERO));
    /** Closed sessions for which the store has not answered yet. */
    private final Set<Sessions> ending = ConcurrentHashMap.newKeySet();

    /**
     * @param directory of the markers
     * @param onState is called with each state of the client's own session and its id; must not block
     */
    public SessionsByTtl(Kernel kernel, String directory, Duration ownTtl, BiConsumer<SessionState, String> onState) {
        this.own = new Sessions(kernel, directory, ownTtl, onState);
        this.maker = ttl -> new Sessions(kernel, directory, ttl, (state, sessionId) -> {
            // Observers are notified of the end of the client once, by the client's own session.
            if (state != SessionState.CLOSED) {
                kernel.events().session(state, sessionId);
            }
        });
        kernel.store().whenRestored(evidence -> {
            kernel.events().storeRestored(evidence);
            own.storeRestored();
            others.forEach(Sessions::storeRestored);
        });
    }

    public Sessions own() {
        return own;
    }

    /** Adds a user of this ttl, which may be the client's own; each call is followed by one {@link #exit}. */
    public Sessions enter(Duration ttl) {
        if (ttl.equals(own.ttl())) {
            return own;
        }
        Sessions sessions = others.enter(ttl, () -> maker.apply(ttl));
        sessions.open();
        return sessions;
    }

    public void exit(Sessions left) {
        if (left != own && others.exit(left.ttl())) {
            end(left, left.ttl());
        }
    }

    /** Ends all, like {@link Sessions#close}. */
    public CompletableFuture<Void> close(Duration limit) {
        others.close(sessions -> end(sessions, limit));
        return CompletableFuture.allOf(Stream.concat(ending.stream(), Stream.of(own))
                .map(sessions -> sessions.close(limit))
                .toArray(CompletableFuture<?>[]::new));
    }

    private void end(Sessions sessions, Duration limit) {
        ending.add(sessions);
        var unused = sessions.close(limit).whenComplete((done, failure) -> ending.remove(sessions));
    }
}
