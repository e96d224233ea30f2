package io.sereno.recipes.kernel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Sessions for users that want another ttl than the client's own: one for each ttl, which exists while somebody uses it. The count of users for
 * each ttl is atomic in the map. Safe for use by multiple threads.
 */
final class SessionsByTtl {
    private static final class Use {
        private final Sessions sessions;
        private int users;

        Use(Sessions sessions) {
            this.sessions = sessions;
        }
    }

    private final Function<Duration, Sessions> maker;
    private final Map<Duration, Use> inUse = new ConcurrentHashMap<>();
    /** Closed sessions for which the store has not answered yet. */
    private final Set<Sessions> ending = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    SessionsByTtl(Function<Duration, Sessions> maker) {
        this.maker = maker;
    }

    /** Adds a user; each call is followed by one {@link #exit}. */
    Sessions enter(Duration ttl) {
        Use entered = inUse.compute(ttl, (key, standing) -> {
            Use use = standing != null ? standing : new Use(maker.apply(key));
            use.users++;
            return use;
        });
        Sessions sessions = Objects.requireNonNull(entered).sessions;
        sessions.open();
        if (closed) {
            end(sessions, Duration.ZERO); // They may have been created after close() went through all.
        }
        return sessions;
    }

    void exit(Duration ttl) {
        List<Sessions> unused = new ArrayList<>(1);
        inUse.computeIfPresent(ttl, (key, use) -> {
            if (--use.users > 0) {
                return use;
            }
            unused.add(use.sessions);
            return null;
        });
        unused.forEach(sessions -> end(sessions, ttl));
    }

    /** Ends all, like {@link Sessions#close}. */
    CompletableFuture<Void> close(Duration limit) {
        closed = true;
        inUse.values().forEach(use -> end(use.sessions, limit));
        return CompletableFuture.allOf(
                ending.stream().map(sessions -> sessions.close(limit)).toArray(CompletableFuture<?>[]::new));
    }

    void storeRestored() {
        inUse.values().forEach(use -> use.sessions.storeRestored());
    }

    private void end(Sessions sessions, Duration limit) {
        ending.add(sessions);
        var unused = sessions.close(limit).whenComplete((done, failure) -> ending.remove(sessions));
    }
}
