package io.sereno.recipes.kernel;

import io.sereno.SessionState;
import io.sereno.spi.Backend;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/** What all recipes of one client share. Safe for use by multiple threads. */
public final class Kernel {
    /** How long a call whose time is up may still wait for an answer that is on its way. Timed waits end within 200 ms of their deadline (REC-8). */
    public static final Duration GRACE = Duration.ofMillis(150);

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private final Store store;
    private final TimeSource time;
    private final Executor callbacks;
    private final Executor signals;
    private final Events events;
    private final String nodeId;
    private final String backend;
    private final Duration operationTimeout;
    private final Duration sessionTtl;
    private final Sessions sessions;
    private final SessionsByTtl otherSessions;
    private final AtomicLong seeds;

    /**
     * @param callbacks runs users' code, and nothing else
     * @param signals completes users' stages; never behind a callback
     * @param sessionDirectory the directory of the markers of this client's sessions
     * @param onSessionState is called with each state of the client's own session and its id; must not block
     */
    public Kernel(
            Backend backend,
            String backendName,
            TimeSource time,
            Executor callbacks,
            Executor signals,
            Events events,
            String nodeId,
            Duration operationTimeout,
            Duration sessionTtl,
            String sessionDirectory,
            BiConsumer<SessionState, String> onSessionState) {
        this.store = new Store(backend, time, operationTimeout, events);
        this.time = time;
        this.callbacks = callbacks;
        this.signals = signals;
        this.events = events;
        this.nodeId = nodeId;
        this.backend = backendName;
        this.operationTimeout = operationTimeout;
        this.seeds = new AtomicLong(nodeId.hashCode() ^ time.nanoTime());
        this.sessionTtl = sessionTtl;
        this.sessions = new Sessions(this, sessionDirectory, sessionTtl, onSessionState);
        this.otherSessions = new SessionsByTtl(ttl -> new Sessions(this, sessionDirectory, ttl, this::otherSession));
        store.whenRestored(evidence -> {
            events.storeRestored(evidence);
            sessions.storeRestored();
            otherSessions.storeRestored();
        });
    }

    /** Observers are notified of the end of the client once, by the client's own session. */
    private void otherSession(SessionState state, String sessionId) {
        if (state != SessionState.CLOSED) {
            events.session(state, sessionId);
        }
    }

    public Store store() {
        return store;
    }

    public TimeSource time() {
        return time;
    }

    public Executor callbacks() {
        return callbacks;
    }

    public Events events() {
        return events;
    }

    public String nodeId() {
        return nodeId;
    }

    /** For messages: which store, without secrets. */
    public String backend() {
        return backend;
    }

    public Duration operationTimeout() {
        return operationTimeout;
    }

    /** The client's own sessions. */
    public Sessions sessions() {
        return sessions;
    }

    /** Sessions of this ttl, which may be the client's own. Each call is followed by one of {@link #giveBack}. */
    public Sessions sessions(Duration ttl) {
        return ttl.equals(sessionTtl) ? sessions : otherSessions.enter(ttl);
    }

    public void giveBack(Sessions used) {
        if (used != sessions) {
            otherSessions.exit(used);
        }
    }

    /** Ends all sessions, like {@link Sessions#close}. */
    public CompletableFuture<Void> closeSessions(Duration limit) {
        return CompletableFuture.allOf(otherSessions.close(limit), sessions.close(limit));
    }

    /** Runs what may run users' code, such as the completion of a user's stage, in one of the client's own threads. */
    public void offStrand(Runnable completion) {
        try {
            signals.execute(completion);
        } catch (RuntimeException | Error refused) {
            completion.run();
        }
    }

    /** Completes when the result does, at the latest after the limit; the work behind the result goes on. */
    public CompletableFuture<Void> atMost(Duration limit, CompletableFuture<Void> result) {
        if (result.isDone()) {
            return result;
        }
        CompletableFuture<Void> bounded = new CompletableFuture<>();
        Runnable cancel = time.schedule(limit, Runnable::run, () -> bounded.complete(null));
        var unused = result.whenComplete((done, failure) -> {
            cancel.run();
            bounded.complete(null);
        });
        return bounded;
    }

    /** Runs a task when the result has completed, at the latest after {@link #GRACE}. */
    public void afterGrace(CompletableFuture<Void> result, Runnable then) {
        var unused = atMost(GRACE, result).thenRun(then);
    }

    public Backoff backoff() {
        return new Backoff(random());
    }

    /** The period give or take a quarter, for checks that nobody asked for, so that clients do not keep step. */
    public Duration jittered(Duration period) {
        long nanos = Math.max(1, period.toNanos());
        return Duration.ofNanos(random().nextLong(nanos - nanos / 4, nanos + nanos / 4 + 1));
    }

    /** For jitter, not secrets: under a manual clock, the same run jitters the same way. */
    public SplittableRandom random() {
        return new SplittableRandom(seeds.getAndAdd(GOLDEN_GAMMA));
    }
}
