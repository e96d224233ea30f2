package io.sereno.recipes.kernel;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Sessions for users that want another ttl than the client's own: one for each ttl, which exists while somebody uses it ({@link InUse}). */
final class SessionsByTtl {
    private final Function<Duration, Sessions> maker;
    private final InUse<Duration, Sessions> inUse = new InUse<>(sessions -> end(sessions, Duration.ZERO));
    /** Closed sessions for which the store has not answered yet. */
    private final Set<Sessions> ending = ConcurrentHashMap.newKeySet();

    SessionsByTtl(Function<Duration, Sessions> maker) {
        this.maker = maker;
    }

    /** Adds a user; each call is followed by one {@link #exit}. */
    Sessions enter(Duration ttl) {
        Sessions sessions = inUse.enter(ttl, () -> maker.apply(ttl));
        sessions.open();
        return sessions;
    }

    void exit(Sessions left) {
        if (inUse.exit(left.ttl())) {
            end(left, left.ttl());
        }
    }

    /** Ends all, like {@link Sessions#close}. */
    CompletableFuture<Void> close(Duration limit) {
        inUse.close(sessions -> end(sessions, limit));
        return CompletableFuture.allOf(
                ending.stream().map(sessions -> sessions.close(limit)).toArray(CompletableFuture<?>[]::new));
    }

    void storeRestored() {
        inUse.forEach(Sessions::storeRestored);
    }

    private void end(Sessions sessions, Duration limit) {
        ending.add(sessions);
        var unused = sessions.close(limit).whenComplete((done, failure) -> ending.remove(sessions));
    }
}
