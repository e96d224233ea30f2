package io.sereno.simulation;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Any backend, with faults between the client and the store as a test requests them. Without faults it changes nothing.
 *
 * <pre>{@code
 * ManualTime time = new ManualTime();
 * Backend store = new MemoryStore(time).connect(Runnable::run);
 * FaultyBackend backend = new FaultyBackend(store, time, Runnable::run);
 *
 * backend.next(Request.commits(), Fate.loseReply());
 * Commit commit = Commit.to("orders").put("a", Bytes.EMPTY).build();
 *
 * // The client gets UNKNOWN, and the entry is stored.
 * assertThat(backend.commit(commit).toCompletableFuture()).isCompletedExceptionally();
 * }</pre>
 *
 * <p>Test an application with {@code Sereno.builder().backend(backend).timeSource(backend.time())}.
 *
 * <p>There are three kinds of faults:
 *
 * <ul>
 *   <li>of a request: {@link #next} and {@link #each} select the request, a {@link Fate} says what happens to it;
 *   <li>of the client: {@link #pause()} is a process that stands still (a long garbage collection, a suspended
 *       machine), {@link #cutOff} is a process without network;
 *   <li>of watches and leases: {@link #resetWatches()}, {@link #inventNotice}, {@link #holdNotices()},
 *       {@link #endLease}.
 * </ul>
 *
 * <p><b>Guarantees.</b> All faults but {@link #endLease} are allowed by the rules of the SPI: code that breaks under
 * them was wrong. Notices of one watch stay serial, and a cut-off ends with {@code reset()} for every watch. A request
 * reaches the store at most once.
 *
 * <p><b>Not guaranteed.</b> The order of requests that are delayed differently: a network does not keep it either.
 *
 * <p>A stage that is not delayed is completed in the thread that completes it in the store; delayed ones, and every
 * notice, run on the given executor.
 *
 * <p>Instances are safe for use by multiple threads. No method blocks but {@link #close()}, which closes the backend
 * below.
 */
public final class FaultyBackend implements Backend {
    private static final System.Logger LOG = System.getLogger(FaultyBackend.class.getName());

    private final LinkedBackend backend;
    private final TimeSource time;
    private final PausableTime clientTime;
    private final Executor callbacks;

    private final List<Rule> rules = new CopyOnWriteArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    /** The messages that have arrived at a paused client, and those that it tried to send. */
    private final List<Runnable> heldByPause = new ArrayList<>();

    private final List<Notices> heldNotices = new ArrayList<>();
    private boolean paused;
    private boolean noticesHeld;
    /** How long a client that is cut off waits for an answer; null if it is not cut off. */
    private @Nullable Duration cutOffPatience;

    /**
     * Puts faults between a client and a backend.
     *
     * @param store the backend; this one closes it
     * @param time the clock for delays
     * @param callbacks runs notices and delayed completions
     */
    public FaultyBackend(Backend store, TimeSource time, Executor callbacks) {
        this.backend = new LinkedBackend(store, new ScriptedLink(), time);
        this.time = time;
        this.clientTime = new PausableTime(time);
        this.callbacks = callbacks;
    }

    /**
     * The time of this backend's client: give it to the code that runs on the client, so that {@link #pause()} stops
     * its timers too.
     */
    public TimeSource time() {
        return clientTime;
    }

    /**
     * Decides about the next request of a kind. Several calls make a series: each decides about one request, and the
     * first call that matches decides first.
     *
     * @param which selects the request
     * @param fate what happens to it
     */
    public void next(Predicate<? super Request> which, Fate fate) {
        rules.add(new Rule(which, fate, true));
    }

    /**
     * Decides about every request of a kind, unless an earlier call decides.
     *
     * @param which selects the requests
     * @param fate what happens to them
     * @return removes this rule
     */
    public Runnable each(Predicate<? super Request> which, Fate fate) {
        Rule rule = new Rule(which, fate, false);
        rules.add(rule);
        return () -> rules.remove(rule);
    }

    /**
     * Pauses the client: its requests do not leave, arriving messages are not received, and no timer of {@link #time()}
     * fires. Requests already on their way to the store arrive. The store's clock goes on, and so does the client's.
     */
    public void pause() {
        lock.lock();
        try {
            paused = true;
        } finally {
            lock.unlock();
        }
        clientTime.pause();
    }

    /** Resumes the client after a pause: everything that was held happens now, in the order in which it came. */
    public void resume() {
        List<Runnable> held;
        lock.lock();
        try {
            paused = false;
            held = List.copyOf(heldByPause);
            heldByPause.clear();
        } finally {
            lock.unlock();
        }
        held.forEach(Runnable::run);
        releaseHeldNotices();
        clientTime.resume();
    }

    /**
     * Cuts the network: requests, answers and notices are lost in both directions until {@link #heal()}.
     *
     * @param patience how long the client waits for each answer, as with an operation timeout
     */
    public void cutOff(Duration patience) {
        if (patience.isNegative()) {
            throw new IllegalArgumentException("zero or more is accepted, not " + patience);
        }
        lock.lock();
        try {
            cutOffPatience = patience;
        } finally {
            lock.unlock();
        }
    }

    /** Restores the network; the watches are live again, and get {@code reset()}. */
    public void heal() {
        lock.lock();
        try {
            cutOffPatience = null;
        } finally {
            lock.unlock();
        }
        resetWatches();
        releaseHeldNotices();
    }

    /** Notifies every watch with {@code reset()}, as after a reconnect; waiting notices are dropped. */
    public void resetWatches() {
        backend.watches().forEach(Notices::reset);
    }

    /**
     * Announces a change that has not happened, to the watches that cover it. The revision reported is 0: not known.
     *
     * @param directory of the entry
     * @param name of the entry, which need not exist
     */
    public void inventNotice(String directory, String name) {
        for (Notices notices : backend.watches()) {
            if (notices.target().covers(directory, name)) {
                notices.changed(name, 0);
            }
        }
    }

    /** Holds notices back until {@link #releaseNotices()}; waiting notices for one name are merged. */
    public void holdNotices() {
        lock.lock();
        try {
            noticesHeld = true;
        } finally {
            lock.unlock();
        }
    }

    /** Delivers the notices that {@link #holdNotices()} held back. */
    public void releaseNotices() {
        lock.lock();
        try {
            noticesHeld = false;
        } finally {
            lock.unlock();
        }
        releaseHeldNotices();
    }

    /** The leases that were granted through this backend and are not known to it as dead, oldest first. */
    public List<Long> leases() {
        return backend.leases();
    }

    /**
     * Ends a lease early, without its owner's knowledge. This breaks a promise of the SPI (LEA-2) that stores have
     * broken all the same: two holders may then both believe for a while that they are the holder, and only the fencing
     * token distinguishes them.
     *
     * @param id of a lease that was granted through this backend
     * @return completes when its entries are gone
     * @throws IllegalArgumentException if it is not one of {@link #leases()}
     */
    public CompletionStage<Void> endLease(long id) {
        return backend.endLease(id);
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return backend.read(query);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return backend.commit(commit);
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return backend.grantLease(ttl);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return backend.watch(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return backend.directories(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return backend.guarantees();
    }

    @Override
    public String toString() {
        return "FaultyBackend[" + guarantees().backend() + ", " + rules.size() + " rules]";
    }

    @Override
    public void close() {
        backend.close();
    }

    private Fate fateOf(Request request) {
        Optional<Rule> decides =
                rules.stream().filter(rule -> rule.decidesAbout(request)).findFirst();
        decides.filter(rule -> rule.once).ifPresent(rules::remove);
        return decides.map(rule -> rule.fate).orElse(Fate.pass());
    }

    private @Nullable Duration cutOffPatience() {
        lock.lock();
        try {
            return cutOffPatience;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the client is paused; if so, the action is kept until it resumes. */
    private boolean heldByPause(Runnable action) {
        lock.lock();
        try {
            if (paused) {
                heldByPause.add(action);
            }
            return paused;
        } finally {
            lock.unlock();
        }
    }

    private boolean heldBack(Notices notices) {
        lock.lock();
        try {
            boolean held = paused || noticesHeld || cutOffPatience != null;
            if (held) {
                heldNotices.add(notices);
            }
            return held;
        } finally {
            lock.unlock();
        }
    }

    private void releaseHeldNotices() {
        List<Notices> released;
        lock.lock();
        try {
            released = List.copyOf(heldNotices);
            heldNotices.clear();
        } finally {
            lock.unlock();
        }
        released.forEach(Notices::deliver);
    }

    private void scheduleDelivery(Notices notices) {
        callbacks.execute(() -> {
            boolean more = true;
            while (more && !heldBack(notices)) {
                more = notices.deliverNext();
            }
        });
    }

    private void after(Duration delay, Runnable action) {
        if (delay.isZero()) {
            action.run();
        } else {
            time.schedule(delay, callbacks, action);
        }
    }

    private static final class Rule {
        private final Predicate<? super Request> which;
        private final Fate fate;
        private final boolean once;
        private final AtomicBoolean used = new AtomicBoolean();

        Rule(Predicate<? super Request> which, Fate fate, boolean once) {
            this.which = which;
            this.fate = fate;
            this.once = once;
        }

        /** If several threads ask a one-time rule, only one gets true. */
        boolean decidesAbout(Request request) {
            return which.test(request) && (!once || used.compareAndSet(false, true));
        }
    }

    private final class ScriptedLink implements Link {
        @Override
        public void sent(Exchange<?> exchange) {
            if (heldByPause(() -> sent(exchange))) {
                return;
            }
            Fate fate = fateOf(exchange.request());
            fate.delivery().ifPresent(delay -> after(delay, () -> deliver(exchange, fate)));
            fate.patience().ifPresent(patience -> after(patience, () -> giveUp(exchange, fate)));
        }

        private void deliver(Exchange<?> exchange, Fate fate) {
            Duration patience = cutOffPatience();
            if (patience != null) {
                after(patience, () -> giveUp(exchange, fate));
            } else {
                exchange.deliver(() -> fate.answer().ifPresent(delay -> after(delay, () -> answer(exchange, fate))));
            }
        }

        private void answer(Exchange<?> exchange, Fate fate) {
            Duration patience = cutOffPatience();
            if (patience != null) {
                after(patience, () -> giveUp(exchange, fate));
            } else if (!heldByPause(() -> answer(exchange, fate))) {
                if (fate.losesSnapshot()) {
                    exchange.loseSnapshot();
                }
                exchange.answer();
            }
        }

        private void giveUp(Exchange<?> exchange, Fate fate) {
            if (heldByPause(() -> giveUp(exchange, fate))) {
                return;
            }
            if (fate.refused()) {
                exchange.refuse("not sent, as the test asked", false);
            } else {
                exchange.lose("no answer, as the test asked");
            }
        }

        @Override
        public void waiting(Notices notices) {
            if (!heldBack(notices)) {
                scheduleDelivery(notices);
            }
        }

        @Override
        public void threw(Notices notices, Throwable thrown) {
            LOG.log(
                    Level.ERROR,
                    () -> Names.printable("the listener of " + notices + " threw an exception; its watch continues"),
                    thrown);
        }
    }
}
