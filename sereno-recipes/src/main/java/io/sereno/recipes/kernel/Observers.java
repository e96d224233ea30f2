package io.sereno.recipes.kernel;

import io.sereno.Gap;
import io.sereno.LossCause;
import io.sereno.SerenoObserver;
import io.sereno.SessionState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls a user's observer one event after another on the client's executor; what it throws is logged. An observer that is {@link #BACKLOG}
 * events behind misses the next ones, which is logged too: a kernel that waits for it would be worse.
 */
public final class Observers implements SerenoObserver {
    private static final Logger LOG = System.getLogger("io.sereno");
    private static final int BACKLOG = 10_000;

    private final SerenoObserver observer;
    private final Callbacks callbacks;
    private final AtomicInteger behind = new AtomicInteger();

    public Observers(SerenoObserver observer, Executor executor) {
        this.observer = observer;
        this.callbacks = new Callbacks(
                executor, (what, thrown) -> LOG.log(Level.WARNING, "the observer failed in " + what, thrown));
    }

    @Override
    public void session(SessionState state, String sessionId) {
        tell("session", () -> observer.session(state, sessionId));
    }

    @Override
    public void granted(String recipe, String name, long fencingToken, Duration waited) {
        tell("granted", () -> observer.granted(recipe, name, fencingToken, waited));
    }

    @Override
    public void lost(String recipe, String name, long fencingToken, LossCause cause) {
        tell("lost", () -> observer.lost(recipe, name, fencingToken, cause));
    }

    @Override
    public void failed(String recipe, String name, String operation, Throwable cause) {
        tell("failed", () -> observer.failed(recipe, name, operation, cause));
    }

    @Override
    public void gap(String topic, Gap gap) {
        tell("gap", () -> observer.gap(topic, gap));
    }

    private void tell(String what, Runnable event) {
        if (behind.incrementAndGet() > BACKLOG) {
            behind.decrementAndGet();
            LOG.log(Level.WARNING, "the observer is {0} events behind; an event ''{1}'' is dropped", BACKLOG, what);
            return;
        }
        callbacks.submit(what, event, behind::decrementAndGet);
    }
}
