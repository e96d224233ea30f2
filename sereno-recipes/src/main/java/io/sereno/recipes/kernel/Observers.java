package io.sereno.recipes.kernel;

import io.sereno.Gap;
import io.sereno.LossCause;
import io.sereno.SerenoObserver;
import io.sereno.SessionState;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls a user's observer one event after another on the client's executor. An observer that is {@link #BACKLOG} events behind misses the next
 * events: a kernel that waits for the observer would be worse. Its exceptions and missed events are logged, once in a series.
 */
public final class Observers implements SerenoObserver, Callbacks.Watcher {
    private static final int BACKLOG = 10_000;

    private final SerenoObserver observer;
    private final Callbacks callbacks;
    private final AtomicInteger behind = new AtomicInteger();
    /** Since it was last up to date. */
    private final AtomicLong missed = new AtomicLong();

    private final Series failures = new Series();

    public Observers(SerenoObserver observer, Executor executor) {
        this.observer = observer;
        this.callbacks = new Callbacks(executor, this);
    }

    @Override
    public void session(SessionState state, String sessionId) {
        report("session", () -> observer.session(state, sessionId));
    }

    @Override
    public void granted(String recipe, String name, long fencingToken, Duration waited) {
        report("granted", () -> observer.granted(recipe, name, fencingToken, waited));
    }

    @Override
    public void lost(String recipe, String name, long fencingToken, LossCause cause) {
        report("lost", () -> observer.lost(recipe, name, fencingToken, cause));
    }

    @Override
    public void failed(String recipe, String name, String operation, Throwable cause) {
        report("failed", () -> observer.failed(recipe, name, operation, cause));
    }

    @Override
    public void gap(String topic, Gap gap) {
        report("gap", () -> observer.gap(topic, gap));
    }

    private void report(String what, Runnable event) {
        if (behind.incrementAndGet() > BACKLOG) {
            behind.decrementAndGet();
            if (missed.getAndIncrement() == 0) {
                Lines.CALLBACK.log(
                        Level.WARNING,
                        "the observer is " + BACKLOG + " events behind; an event '" + what
                                + "' is dropped, and so are all events until the observer has caught up");
            }
            return;
        }
        callbacks.submit(what, event, this::caughtUp);
    }

    private void caughtUp() {
        if (behind.decrementAndGet() == 0) {
            long dropped = missed.getAndSet(0);
            if (dropped > 0) {
                Lines.CALLBACK.log(Level.INFO, "the observer has caught up; it missed " + dropped + " events");
            }
        }
    }

    @Override
    public void failed(String what, Throwable thrown) {
        Lines.CALLBACK.unexpected("the observer failed in " + what, thrown, failures.begins(what, thrown));
    }

    @Override
    public void succeeded(String what) {
        failures.end(what);
    }
}
