package io.sereno.spi;

import static java.util.Objects.requireNonNull;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A queue of the notices of one watch, for every backend: it turns the backend's calls of {@link #changed} and
 * {@link #reset} into serial calls of the listener on an executor. It is also the {@link Watch} that the caller gets.
 *
 * <p><b>Guarantees.</b>
 *
 * <ul>
 *   <li>Notices are serial: each returns before the next begins, and each sees the effects of the one before (WAT-5a).
 *   <li>Waiting notices are merged by name. More than {@link #MAX_NAMES} waiting names become one reset, and a reset
 *       replaces all waiting notices (WAT-6b). Every change that is added is followed by a notice of its name or by a
 *       reset that begins after it was added (WAT-1), unless the queue has ended.
 *   <li>An exception from the listener is logged, and the next notice follows (WAT-5b).
 *   <li>No notice begins after {@link #cancel()} or {@link #end()} has returned (WAT-5c). A notice that was taken for
 *       delivery before counts as begun.
 *   <li>The listener is called on the executor only (CFG-3), and never under a lock of this class. If the executor
 *       refuses with any exception or error, the notices wait and are offered again each second until the executor
 *       takes them; the first refusal of a series is logged.
 * </ul>
 *
 * <p><b>Not guaranteed.</b> That notices of different names come in the order in which they were added.
 *
 * <p>A store that announces changes under its own lock calls {@link #add} or {@link #addReset} under that lock, and
 * {@link #deliver()} after it has released the lock. All others call {@link #changed} and {@link #reset}, which do
 * both.
 *
 * <p>No method blocks, unless the executor does or runs tasks in the thread that hands them over. Instances are safe for
 * use by multiple threads; all methods may be called inside the listener.
 */
public final class NoticeQueue implements Watch, WatchListener {
    /** The most names that wait for a listener; one more name turns all of them into a reset. */
    public static final int MAX_NAMES = 1_024;

    private static final System.Logger LOG = System.getLogger(NoticeQueue.class.getName());
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Target target;
    private final WatchListener listener;
    private final Executor executor;
    private final TimeSource time;
    private final Consumer<? super NoticeQueue> onCancel;

    /**
     * The name of an entry and its latest revision, in the order of the first change. This and all fields below are
     * guarded by this.
     */
    private final Map<String, Long> changes = new LinkedHashMap<>();

    private boolean resetWaits;
    /** Whether a delivery is in progress, from the moment at which a caller has to call {@link #deliver()}. */
    private boolean busy;
    /** Whether the listener is being called. */
    private boolean calling;
    /** Whether the executor has refused, and has delivered nothing since. */
    private boolean refused;

    private boolean ended;
    private Runnable cancelRetry = () -> {};

    /** A waiting notice: a change, or a reset if it has no name. */
    private record Notice(@Nullable String name, long revision) {}

    /**
     * Makes an empty queue.
     *
     * @param target the target of the watch
     * @param listener receives the notices
     * @param executor {@link BackendConfig#executor()}
     * @param time {@link BackendConfig#time()}; for the pause after a refusal
     * @param onCancel called by {@link #cancel()}, once, with this queue, outside locks
     */
    public NoticeQueue(
            Target target,
            WatchListener listener,
            Executor executor,
            TimeSource time,
            Consumer<? super NoticeQueue> onCancel) {
        this.target = requireNonNull(target, "target");
        this.listener = requireNonNull(listener, "listener");
        this.executor = requireNonNull(executor, "executor");
        this.time = requireNonNull(time, "time");
        this.onCancel = requireNonNull(onCancel, "onCancel");
    }

    /** {@return what is watched} */
    public Target target() {
        return target;
    }

    @Override
    public String toString() {
        return "notices of " + target;
    }

    /** Adds a change and delivers. Must not be called under a lock. */
    @Override
    public void changed(String name, long revision) {
        if (add(name, revision)) {
            deliver();
        }
    }

    /** Adds a reset and delivers. Must not be called under a lock. */
    @Override
    public void reset() {
        if (addReset()) {
            deliver();
        }
    }

    /**
     * Adds a change. Calls no foreign code, so it may be called under a lock.
     *
     * @param name of the entry
     * @param revision as in {@link WatchListener#changed}
     * @return whether the caller has to call {@link #deliver()}, once, while it holds no lock
     */
    public synchronized boolean add(String name, long revision) {
        if (ended) {
            return false;
        }
        if (!resetWaits) {
            changes.put(name, revision);
        }
        return changes.size() > MAX_NAMES ? addReset() : mustDeliver();
    }

    /**
     * Adds a reset, which replaces all waiting notices. Calls no foreign code, so it may be called under a lock.
     *
     * @return whether the caller has to call {@link #deliver()}, once, while it holds no lock
     */
    public synchronized boolean addReset() {
        if (ended) {
            return false;
        }
        // A listener that reads everything on the reset misses nothing that the single notices would have announced.
        changes.clear();
        resetWaits = true;
        return mustDeliver();
    }

    private boolean mustDeliver() {
        boolean must = !busy;
        busy = true;
        return must;
    }

    /**
     * Hands the waiting notices to the executor, after {@link #add} or {@link #addReset} has asked for it. Must not be
     * called under a lock.
     */
    public void deliver() {
        try {
            executor.execute(this::deliverAll);
        } catch (RuntimeException | Error refusal) {
            deliverLater(refusal);
        }
    }

    private void deliverLater(Throwable refusal) {
        boolean first;
        synchronized (this) {
            if (ended || !busy) {
                return;
            }
            first = !refused;
            refused = true;
            cancelRetry.run();
            cancelRetry = time.schedule(PAUSE, Runnable::run, this::deliver);
        }
        if (first) {
            LOG.log(
                    Level.WARNING,
                    () -> Names.printable("notices of " + target
                            + " wait: the callback executor refused them; they are offered again every second"),
                    refusal);
        }
    }

    private void deliverAll() {
        boolean more = true;
        while (more) {
            more = deliverNext();
        }
    }

    /**
     * Calls the listener with the notice that has waited longest, in this thread. For an executor that controls each
     * notice: it ignores the task that it is given and calls this method instead, until the result is false.
     *
     * @return whether more notices wait and no other thread delivers them
     */
    public boolean deliverNext() {
        Notice notice = take();
        if (notice == null) {
            return false;
        }
        try {
            if (notice.name() == null) {
                listener.reset();
            } else {
                listener.changed(notice.name(), notice.revision());
            }
        } catch (RuntimeException | Error e) {
            LOG.log(
                    Level.ERROR,
                    () -> Names.printable("the listener of " + target + " threw an exception; its watch continues"),
                    e);
        }
        return returned();
    }

    private synchronized @Nullable Notice take() {
        if (calling) {
            // Another thread is delivering, and also takes the waiting notices.
            return null;
        }
        refused = false;
        Notice notice = null;
        Iterator<Map.Entry<String, Long>> oldest = changes.entrySet().iterator();
        if (resetWaits) {
            resetWaits = false;
            notice = new Notice(null, 0);
        } else if (oldest.hasNext()) {
            Map.Entry<String, Long> change = oldest.next();
            notice = new Notice(change.getKey(), change.getValue());
            oldest.remove();
        }
        calling = notice != null;
        return notice;
    }

    private synchronized boolean returned() {
        calling = false;
        busy = resetWaits || !changes.isEmpty();
        return busy;
    }

    /** Ends the watch: as {@link #end()}, and the first time also notifies the backend. */
    @Override
    public void cancel() {
        if (end()) {
            onCancel.accept(this);
        }
    }

    /**
     * Ends the queue: waiting notices are dropped, and no notice begins any more. For a backend that is closed.
     *
     * @return false if it had ended already
     */
    public synchronized boolean end() {
        boolean first = !ended;
        ended = true;
        changes.clear();
        resetWaits = false;
        cancelRetry.run();
        return first;
    }
}
