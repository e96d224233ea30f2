package io.sereno.recipes.kernel;

import io.sereno.Gap;
import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import io.sereno.SessionState;
import io.sereno.spi.BackendException;
import io.sereno.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one place that reports what happens in a client: to the log, to the user's observers and to the user's meters. It never blocks and never
 * throws. Safe for use by multiple threads.
 *
 * <p>Without observers and meters nothing is allocated and no clock is read for them.
 */
public final class Events {
    private static final int MOST_FOREIGN = 1_000;

    private final String store;
    private final TimeSource time;
    private final List<Observers> observers;
    private final @Nullable SerenoMeter meter;
    private final boolean timed;

    /** The lines logged for foreign entries, so that each is a warning only once. */
    private final Set<String> foreign = ConcurrentHashMap.newKeySet();

    private final StoreFailures failures = new StoreFailures();

    public Events(String store, TimeSource time, Hooks hooks, Executor callbacks) {
        this.store = store;
        this.time = time;
        this.observers = hooks.observers().stream()
                .map(observer -> new Observers(observer, callbacks))
                .toList();
        this.meter = hooks.meters().isEmpty() ? null : new Meters(hooks.meters());
        this.timed = meter != null || !observers.isEmpty();
    }

    /** For messages: which store, without secrets. */
    String store() {
        return store;
    }

    /** The clock, if there is an observer or a meter; else 0. */
    public long now() {
        return timed ? time.nanoTime() : 0;
    }

    /** Whether there is a meter: facts for meters only need not be computed without one. */
    public boolean isMetered() {
        return meter != null;
    }

    private long since(long began) {
        return between(began, time.nanoTime());
    }

    private static long between(long began, long ended) {
        return Math.max(0, ended - began);
    }

    public void connected(String backend, String nodeId, LongSupplier sessionRemainingNanos) {
        Lines.SESSION.log(Level.INFO, "connected to " + store + " as node " + nodeId);
        if (meter != null) {
            meter.connected(backend, sessionRemainingNanos);
        }
    }

    public void session(SessionState state, String sessionId) {
        observers.forEach(observer -> observer.session(state, sessionId));
    }

    /** There is no session yet, or the last one is over. Opening a session is retried until one is open. */
    void noSession(String nodeId, BackendException why) {
        Lines.SESSION.expected("cannot open a session on " + store + "; retrying", why, true);
        failed("session", nodeId, "renew", why);
    }

    void sessionSuspended(String sessionId, String nodeId, Duration believed, BackendException why) {
        if (!why.permanent()) {
            failures.failed(StoreFailures.Kind.RENEW);
            failures.isToBeReported();
        }
        Lines.SESSION.expected(
                "session " + sessionId + " on " + store
                        + " is suspended; everything held under it counts as held for another " + believed,
                why,
                true);
        failed("session", nodeId, "renew", why);
    }

    void sessionRenewed(String sessionId) {
        Lines.SESSION.log(Level.INFO, "session " + sessionId + " on " + store + " is renewed again; nothing was lost");
    }

    /** If the store has gone back, that is logged already. */
    void sessionEnded(String sessionId, LossCause cause) {
        if (cause != LossCause.STORE_RESTORED) {
            Lines.SESSION.log(
                    Level.WARNING,
                    "session " + sessionId + " on " + store + " has expired; everything held under it is lost");
        }
        if (meter != null) {
            meter.sessionLost();
        }
    }

    void sessionFull(String sessionId, String successor, int most) {
        Lines.SESSION.log(
                Level.WARNING,
                "session " + sessionId + " on " + store + " has more than " + most
                        + " withdrawn entries in the store, because so many requests had an"
                        + " unknown outcome; session " + successor + " is used for new entries from now on, and "
                        + sessionId
                        + " ends when nothing is held under it");
    }

    void storeRestored(String evidence) {
        Lines.SESSION.log(
                Level.WARNING,
                store + " has gone back to an earlier state and has lost changes that it had acknowledged: " + evidence
                        + "; the session ends, and another session is opened");
    }

    void sessionOpenedAgain(String sessionId) {
        Lines.SESSION.log(Level.INFO, "session " + sessionId + " on " + store + " was opened; work goes on under it");
    }

    public void waiting(String recipe, String name) {
        if (meter != null) {
            meter.waiting(recipe, name);
        }
    }

    /** {@code began} and {@code grantedAt} are what {@link #now} returned when the wait began and ended. */
    void granted(String recipe, String name, long fencingToken, long began, long grantedAt) {
        if (!timed) {
            return;
        }
        long waitNanos = between(began, grantedAt);
        if (meter != null) {
            meter.granted(recipe, name, waitNanos);
        }
        if (!observers.isEmpty()) {
            Duration waited = Duration.ofNanos(waitNanos);
            observers.forEach(observer -> observer.granted(recipe, name, fencingToken, waited));
        }
    }

    public void gaveUp(String recipe, String name, SerenoMeter.NotGranted why, long began) {
        if (meter != null) {
            meter.gaveUp(recipe, name, why, since(began));
        }
    }

    void released(String recipe, String name, long grantedAt, long releasedAt) {
        if (meter != null) {
            meter.released(recipe, name, between(grantedAt, releasedAt));
        }
    }

    void lost(String recipe, String name, long fencingToken, LossCause cause, long grantedAt) {
        lost(recipe, name, "with token " + fencingToken, cause);
        if (meter != null) {
            meter.lost(recipe, name, cause, since(grantedAt));
        }
        observers.forEach(observer -> observer.lost(recipe, name, fencingToken, cause));
    }

    /** A release found that the right had been lost; the meter has counted the right as released by then. */
    void foundLost(String recipe, String name, long fencingToken, LossCause cause) {
        lost(recipe, name, "with token " + fencingToken, cause);
        observers.forEach(observer -> observer.lost(recipe, name, fencingToken, cause));
    }

    /** For the log. At the level INFO if the client was closed, since the loss is then expected. */
    public void lost(String recipe, String name, String which, LossCause cause) {
        Lines.GRANT.log(
                cause == LossCause.SERENO_CLOSED ? Level.INFO : Level.WARNING,
                "lost " + recipe + " '" + name + "' " + which + " on " + store + ": " + cause);
    }

    /** Reports what a user's callback threw. */
    public void callbackFailed(
            String recipe, String name, String operation, String about, Throwable thrown, boolean first) {
        Lines.CALLBACK.unexpected(about + " failed", thrown, first);
        failed(recipe, name, operation, thrown);
    }

    /**
     * Reports the first failure of something that is retried. While a store does not answer, or cannot carry out the requests, only one failure
     * is logged, however many callers are affected.
     */
    public void retrying(String recipe, String name, String operation, String about, Throwable why) {
        boolean passing = why instanceof BackendException failure && !failure.permanent();
        Lines.STORE.expected(about + " failed; retrying", why, !passing || failures.isToBeReported());
        failed(recipe, name, operation, why);
    }

    /** For the log: an entry that no client put is in front of a place, and only an operator can remove it. */
    void foreign(String directory, String entry) {
        String line = "entry '" + entry + "' in directory '" + directory + "' on " + store
                + " is foreign: it has the name of a place in the queue, but no lease, so it never ends by itself, and"
                + " all places behind it wait. Delete that entry with the store's own tools";
        boolean first = foreign.size() < MOST_FOREIGN && foreign.add(line);
        Lines.STORE.log(first ? Level.WARNING : Level.DEBUG, line);
    }

    /** For the log: a lease was not given back; part of the outage that the store is in. */
    void leaseLeft(String line) {
        Lines.STORE.log(failures.isToBeReported() ? Level.WARNING : Level.DEBUG, line);
    }

    /** The store answered a request of this kind. */
    void answered(StoreFailures.Kind kind) {
        failures.answered(kind);
    }

    /** A request of this kind has failed, whether or not the failure will be reported. */
    void unanswered(StoreFailures.Kind kind, BackendException why) {
        if (!why.permanent()) {
            failures.failed(kind);
        }
    }

    public void failed(String recipe, String name, String operation, Throwable cause) {
        observers.forEach(observer -> observer.failed(recipe, name, operation, cause));
    }

    void request(SerenoMeter.Operation operation, SerenoMeter.Outcome outcome, long began) {
        if (meter != null) {
            meter.request(operation, outcome, since(began));
        }
    }

    public void lag(String topic, long change) {
        if (meter != null) {
            meter.topicLag(topic, change);
        }
    }

    /** In the log, {@code why} follows "messages 3 to 5". */
    public void gap(String topic, String about, Gap gap, String why) {
        Lines.SUBSCRIPTION.log(
                Level.WARNING, about + ": messages " + gap.firstOffset() + " to " + gap.lastOffset() + " " + why);
        if (meter != null) {
            meter.topicGap(topic, gap.lastOffset() - gap.firstOffset() + 1);
        }
        observers.forEach(observer -> observer.gap(topic, gap));
    }
}
