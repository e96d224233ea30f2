package io.sereno.examples.backend;

import io.sereno.spi.Names;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The notices of one watch on their way to its listener: one at a time, those for one name merged, and a reset in place of more than
 * a thousand. What waits is guarded by the shelf; the listener is called without a lock.
 */
final class ShelfWatch implements Watch, Runnable {
    private static final Logger LOG = System.getLogger(ShelfWatch.class.getName());
    private static final int MOST = 1_000;
    private static final String RESET = "";

    private final ShelfBackend backend;
    private final Target target;
    private final WatchListener listener;
    private final Map<String, Long> waiting = new LinkedHashMap<>();
    private boolean running;
    private boolean ended;

    ShelfWatch(ShelfBackend backend, Target target, WatchListener listener) {
        this.backend = backend;
        this.target = target;
        this.listener = listener;
    }

    boolean isOf(ShelfBackend other) {
        return backend == other;
    }

    /** Under the lock. */
    void note(String directory, String name, long revision) {
        if (target.directory().equals(directory)
                && target.name().map(name::equals).orElse(true)) {
            waiting.put(name, revision);
            if (waiting.size() > MOST) {
                waiting.clear();
                waiting.put(RESET, 0L);
            }
        }
    }

    /** Under the lock: whether somebody has to run it; whoever is told so does. */
    boolean hasToRun() {
        boolean has = !running && !waiting.isEmpty();
        running |= has;
        return has;
    }

    /** Outside the lock. */
    void start() {
        backend.execute(this);
    }

    /** Under the lock. */
    void end() {
        ended = true;
        waiting.clear();
    }

    /** On the executor of the configuration (CFG-3), until nothing waits. */
    @Override
    public void run() {
        while (true) {
            Map.Entry<String, Long> notice;
            synchronized (backend.shelf()) {
                Iterator<Map.Entry<String, Long>> first = waiting.entrySet().iterator();
                if (ended || !first.hasNext()) {
                    running = false;
                    return;
                }
                Map.Entry<String, Long> next = first.next();
                notice = Map.entry(next.getKey(), next.getValue());
                first.remove();
            }
            try {
                if (notice.getKey().equals(RESET)) {
                    listener.reset();
                } else {
                    listener.changed(notice.getKey(), notice.getValue());
                }
            } catch (RuntimeException | Error e) {
                LOG.log(
                        Level.ERROR,
                        () -> Names.printable("the listener of " + target + " threw; its watch goes on"),
                        e);
            }
        }
    }

    @Override
    public void cancel() {
        synchronized (backend.shelf()) {
            end();
            backend.shelf().remove(this);
        }
    }
}
