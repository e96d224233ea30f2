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
 * The notices of one watch on their way to its listener, for every backend: {@link #changed} and {@link #reset} from below
 * become serial calls of the listener on an executor. It is also the {@link Watch} that the caller gets.
 *
 * <p><b>Guarantees.</b>
 *
 * <ul>
 *   <li>Notices are serial: each returns before the next begins, and each sees what the one before did (WAT-5a).
 *   <li>Notices that wait are merged by name; more than {@link #MAX_NAMES} names that wait become one reset, and a reset
 *       takes the place of all that wait (WAT-6b). Every change that is added is followed by a notice of its name or by a
 *       reset that begins after it was added (WAT-1), unless the queue has ended.
 *   <li>What the listener throws is logged, and the next notice follows (WAT-5b).
 *   <li>No notice begins after {@link #cancel()} or {@link #end()} has returned (WAT-5c). One that was taken for delivery
 *       before has begun.
 *   <li>The listener is called on the executor only (CFG-3), and never under a lock of this class. If the executor refuses,
 *       by any exception or error, the notices wait and are offered to it again each second until it takes them; the first
 *       refusal of a series is logged.
 * </ul>
 *
 * <p><b>Not guaranteed.</b> That notices of different names come in the order in which they were added.
 *
 * <p>A store that announces changes under a lock of its own calls {@link #add} or {@link #addReset} under it, and
 * {@link #deliver()} after it has released the lock. Everybody else calls {@link #changed} and {@link #reset}, which do both.
 *
 * <p>No method blocks, unless the executor does or runs tasks in the thread that hands them over. Instances are safe for
 * use by multiple threads; all methods may be called inside the listener.
 */
public final class NoticeQueue implements Watch, WatchListener {
    /** The most names that wait for a listener; with one more, a reset waits instead of all of them. */
    public static final int MAX_NAMES = 1_024;

    private static final System.Logger LOG = System.getLogger(NoticeQueue.class.getName());
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Target target;
    private final WatchListener listener;
    private final Executor executor;
    private final TimeSource time;
    private final Consumer<? super NoticeQueue> onCancel;

    /** All below is guarded by this. The name of an entry and the latest revision, in the order of the first change. */
    private final Map<String, Long> changes = new LinkedHashMap<>();

    private boolean resetWaits;
    /** Whether delivery is under way, from the moment at which somebody owes {@link #deliver()}. */
    private boolean busy;
    /** Whether the listener is being called. */
    private boolean calling;
    /** Whether the executor has refused, and has not delivered since. */
    private boolean refused;

    private boolean ended;
    private Runnable cancelRetry = () -> {};

    /** What waits: a change, or without a name a reset. */
    private record Notice(@Nullable String name, long revision) {}

    /**
     * Makes an empty queue.
     *
     * @param target what is watched
     * @param listener hears of it
     * @param executor {@link BackendConfig#executor()}
     * @param time {@link BackendConfig#time()}; times the pause after a refusal
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

    /** Adds a change and delivers. Not to be called under a lock. */
    @Override
    public void changed(String name, long revision) {
        if (add(name, revision)) {
            deliver();
        }
    }

    /** Adds a reset and delivers. Not to be called under a lock. */
    @Override
    public void reset() {
        if (addReset()) {
            deliver();
        }
    }

    /**
     * Adds a change. Calls nobody, so that it may be called under a lock.
     *
     * @param name of the entry
     * @param revision as in {@link WatchListener#changed}
     * @return whether the caller has to call {@link #deliver()}, once, when it holds no lock
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
     * Adds a reset, which takes the place of all that waits. Calls nobody, so that it may be called under a lock.
     *
     * @return whether the caller has to call {@link #deliver()}, once, when it holds no lock
     */
    public synchronized boolean addReset() {
        if (ended) {
            return false;
        }
        // Whoever reads everything sees what single notices would have told.
        changes.clear();
        resetWaits = true;
        return mustDeliver();
    }

    private boolean mustDeliver() {
        boolean must = !busy;
        busy = true;
        return must;
    }

    /** Hands what waits to the executor, after {@link #add} or {@link #addReset} has asked for it. Not to be called under a lock. */
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
                    () -> Names.printable(
                            "notices of " + target
                                    + " wait: the executor of callbacks refused them; they are offered to it again each second"),
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
     * Calls the listener with the notice that has waited longest, in this thread. For an executor that decides about each
     * notice: it ignores the task that it is given and calls this instead, until the answer is false.
     *
     * @return whether more notices wait, and nobody else delivers them
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
            LOG.log(Level.ERROR, () -> Names.printable("the listener of " + target + " threw; its watch goes on"), e);
        }
        return returned();
    }

    private synchronized @Nullable Notice take() {
        if (calling) {
            // Another thread delivers, and takes what waits along.
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

    /** Ends the watch: as {@link #end()}, and tells the backend, the first time. */
    @Override
    public void cancel() {
        if (end()) {
            onCancel.accept(this);
        }
    }

    /**
     * Ends the queue: what waits is forgotten, and no notice begins any more. For a backend that is closed.
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
