package io.sereno.suite.mutants;

import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/** The notices of one watch in transit: merged by name, delivered one after another. */
class PlainWatch implements Watch {
    private static final System.Logger LOG = System.getLogger(PlainWatch.class.getName());

    private final PlainStore store;
    private final Target target;
    private final WatchListener listener;
    private final Executor executor;

    /** Waiting notices, by name. Guarded by itself, as are the two fields below. */
    private final Map<String, Long> waiting = new LinkedHashMap<>();

    private boolean resetWaiting;
    private boolean running;

    PlainWatch(PlainStore store, Target target, WatchListener listener, Executor executor) {
        this.store = store;
        this.target = target;
        this.listener = listener;
        this.executor = executor;
    }

    Target target() {
        return target;
    }

    void add(String name, long revision) {
        synchronized (waiting) {
            waiting.put(name, revision);
            if (waiting.size() > most()) {
                addReset();
            }
        }
    }

    void addReset() {
        synchronized (waiting) {
            waiting.clear();
            resetWaiting = true;
        }
    }

    void wake() {
        synchronized (waiting) {
            if (running) {
                return;
            }
            running = true;
        }
        executor.execute(this::deliver);
    }

    /** How many names may wait before they become a reset. */
    int most() {
        return 1_024;
    }

    /** Which of the waiting notices is delivered next. */
    int next(int waiting) {
        return 0;
    }

    private void deliver() {
        while (true) {
            String name = null;
            long revision = 0;
            synchronized (waiting) {
                if (waiting.isEmpty() && !resetWaiting) {
                    running = false;
                    return;
                }
                if (!resetWaiting) {
                    name = waiting.keySet().stream()
                            .skip(next(waiting.size()))
                            .findFirst()
                            .orElseThrow();
                    revision = waiting.getOrDefault(name, 0L);
                    waiting.remove(name);
                }
                resetWaiting = false;
            }
            try {
                if (name == null) {
                    listener.reset();
                } else {
                    listener.changed(name, revision);
                }
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, () -> "a listener threw an exception; its watch continues", e);
            }
        }
    }

    @Override
    public void cancel() {
        store.step(() -> store.cancel.accept(this));
        synchronized (waiting) {
            waiting.clear();
            resetWaiting = false;
        }
    }
}
