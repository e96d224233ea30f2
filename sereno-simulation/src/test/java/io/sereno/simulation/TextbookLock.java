package io.sereno.simulation;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lock for one caller of one client, written over the SPI alone, as in a textbook. The tests of the explorer run it.
 * Bugs of real products can be switched on.
 *
 * <ol>
 *   <li>Enqueue: put an entry of a new name under the session's lease. Those created before it are in front.
 *   <li>Wait: watch the last of those in front, and look whether it is gone.
 *   <li>With nobody in front, check that the own entry is still there: that is the grant.
 *   <li>Release: delete the own entry, by its createRevision.
 *   <li>An enqueue of unknown outcome is settled by putting the same name again, which can succeed only if the first
 *       can never.
 * </ol>
 *
 * <p>The session believes in itself until the sending of its last acknowledged renewal + ttl - margin.
 */
final class TextbookLock {
    enum Bug {
        /** Each client uses one name and deletes by name, so a repeated or late delete removes the client's next entry. */
        RELEASE_BY_NAME,
        /** After any notice, the lock counts as acquired. */
        NO_CHECK_AFTER_WAKING,
        /** The lock counts as held until the store reports that it is not. */
        BELIEVE_UNTIL_RECONNECT
    }

    static final String DIRECTORY = "lock";

    private static final Bytes WITHDRAWN = Bytes.utf8("withdrawn");
    private static final Duration TTL = Duration.ofSeconds(10);
    private static final Duration MARGIN = Duration.ofMillis(500);
    private static final Duration BACK_OFF = Duration.ofMillis(300);

    private final SimulatedClient client;
    private final Backend backend;
    private final TimeSource time;
    private final Set<Bug> bugs;

    private @Nullable Session session;
    private @Nullable Turn turn;
    private int lastName;
    private @Nullable Runnable onGrant;

    TextbookLock(SimulatedClient client, Set<Bug> bugs) {
        this.client = client;
        this.backend = client.backend();
        this.time = client.time();
        this.bugs = bugs.isEmpty() ? EnumSet.noneOf(Bug.class) : EnumSet.copyOf(bugs);
    }

    /** Goes on through outages and lost sessions until it is granted. */
    void acquire(Runnable granted) {
        onGrant = granted;
        enqueue();
    }

    boolean isHeld() {
        return turn != null && turn.granted && turn.session.isAlive();
    }

    /** The createRevision of the entry by which it is held. */
    long token() {
        return turn == null ? 0 : turn.createRevision;
    }

    /** Releases the lock, if it is held; continues when the store has answered, or when the outcome is unknown. */
    void release(Runnable then) {
        Turn released = turn;
        turn = null;
        if (released == null) {
            then.run();
        } else {
            released.end();
            remove(released, then);
        }
    }

    // Step 1.
    private void enqueue() {
        Session current = session;
        if (current == null || !current.isAlive()) {
            openSession();
            return;
        }
        String name = bugs.contains(Bug.RELEASE_BY_NAME) ? client.name() : client.name() + "-" + ++lastName;
        Turn entering = new Turn(current, name);
        turn = entering;
        Commit commit = Commit.to(DIRECTORY)
                .ifAbsent(name)
                .put(name, Bytes.EMPTY, current.lease.id())
                .returningAll()
                .build();
        on(backend.commit(commit), result -> entered(entering, result), failure -> {
            if (entering != turn) {
                return;
            }
            // With RELEASE_BY_NAME, the client enqueues again; a conflict then means that its entry exists.
            if (failure.outcome() == Outcome.UNKNOWN && !bugs.contains(Bug.RELEASE_BY_NAME)) {
                settle(entering);
            } else {
                later(() -> enqueueAgain(entering));
            }
        });
    }

    private void enqueueAgain(Turn instead) {
        if (instead == turn) {
            turn = null;
            enqueue();
        }
    }

    private void entered(Turn entering, CommitResult result) {
        if (entering != turn) {
            return;
        }
        if (result instanceof Committed committed) {
            entering.createRevision = committed.revision();
            withSnapshot(committed.snapshot(), snapshot -> queue(entering, snapshot));
        } else if (result instanceof Conflict conflict) {
            // Only with a name that is used again: the present entry is taken for ours.
            withSnapshot(conflict.snapshot(), snapshot -> adopt(entering, snapshot));
        } else {
            entering.session.end();
        }
    }

    private void adopt(Turn entering, Snapshot snapshot) {
        Entry own = entry(snapshot, entering.name);
        if (entering != turn) {
            return;
        }
        if (own != null && !own.value().equals(WITHDRAWN)) {
            entering.createRevision = own.createRevision();
            queue(entering, snapshot);
        } else {
            enqueueAgain(entering);
        }
    }

    /** The read that came with a commit may have failed. */
    private void withSnapshot(Optional<Snapshot> returned, Consumer<Snapshot> then) {
        if (returned.isPresent()) {
            then.accept(returned.get());
        } else {
            on(backend.read(new Query.All(DIRECTORY)), then, failure -> later(() -> withSnapshot(returned, then)));
        }
    }

    // Step 5.
    private void settle(Turn entering) {
        Commit commit = Commit.to(DIRECTORY)
                .ifAbsent(entering.name)
                .put(entering.name, WITHDRAWN, entering.session.lease.id())
                .returningAll()
                .build();
        on(
                backend.commit(commit),
                result -> {
                    if (entering != turn) {
                        return;
                    }
                    if (result instanceof Conflict conflict) {
                        withSnapshot(conflict.snapshot(), snapshot -> adopt(entering, snapshot));
                    } else if (result instanceof Committed) {
                        enqueueAgain(entering);
                    } else {
                        entering.session.end();
                    }
                },
                failure -> later(() -> {
                    if (entering == turn) {
                        settle(entering);
                    }
                }));
    }

    private void queue(Turn waiting, Snapshot snapshot) {
        if (waiting != turn) {
            return;
        }
        snapshot.entries().stream()
                .filter(entry -> entry.createRevision() < waiting.createRevision
                        && !entry.value().equals(WITHDRAWN))
                .sorted(Comparator.comparingLong(Entry::createRevision))
                .forEach(waiting.inFront::add);
        if (waiting.inFront.isEmpty()) {
            // The read that came with the put shows no predecessor, and none can come any more.
            granted(waiting);
        } else {
            watchNext(waiting);
        }
    }

    // Step 2.
    private void watchNext(Turn waiting) {
        waiting.stopWatching();
        Entry predecessor = waiting.inFront.peekLast();
        if (predecessor == null) {
            check(waiting);
            return;
        }
        Target target = new Target(DIRECTORY, Optional.of(predecessor.name()));
        on(
                backend.watch(target, waiting.listener(() -> {
                    if (bugs.contains(Bug.NO_CHECK_AFTER_WAKING)) {
                        granted(waiting);
                    } else {
                        look(waiting);
                    }
                })),
                watch -> {
                    if (waitsFor(waiting, predecessor)) {
                        waiting.watch = watch;
                        look(waiting);
                    } else {
                        watch.cancel();
                    }
                },
                failure -> later(() -> {
                    if (waitsFor(waiting, predecessor)) {
                        watchNext(waiting);
                    }
                }));
    }

    private boolean waitsFor(Turn waiting, Entry predecessor) {
        return waiting == turn && predecessor.equals(waiting.inFront.peekLast());
    }

    private void look(Turn waiting) {
        Entry predecessor = waiting.inFront.peekLast();
        if (waiting != turn || waiting.granted || predecessor == null) {
            return;
        }
        on(
                backend.read(new Query.One(DIRECTORY, predecessor.name())),
                snapshot -> {
                    if (!waitsFor(waiting, predecessor)) {
                        return;
                    }
                    Entry now = entry(snapshot, predecessor.name());
                    if (now == null || now.createRevision() != predecessor.createRevision()) {
                        waiting.inFront.removeLast();
                        watchNext(waiting);
                    }
                },
                failure -> later(() -> look(waiting)));
    }

    // Step 3.
    private void check(Turn waiting) {
        Commit commit = Commit.to(DIRECTORY)
                .ifCreateRevision(waiting.name, waiting.createRevision)
                .build();
        on(
                backend.commit(commit),
                result -> {
                    if (waiting == turn && result instanceof Committed) {
                        granted(waiting);
                    } else if (waiting == turn) {
                        waiting.session.end();
                    }
                },
                failure -> later(() -> {
                    if (waiting == turn && !waiting.granted) {
                        check(waiting);
                    }
                }));
    }

    private void granted(Turn waiting) {
        if (waiting == turn && !waiting.granted) {
            waiting.granted = true;
            waiting.stopWatching();
            Runnable reported = onGrant;
            if (reported != null) {
                reported.run();
            }
        }
    }

    // Step 4.
    private void remove(Turn released, Runnable then) {
        Commit.Builder commit = Commit.to(DIRECTORY);
        if (!bugs.contains(Bug.RELEASE_BY_NAME)) {
            commit.ifCreateRevision(released.name, released.createRevision);
        }
        on(backend.commit(commit.delete(released.name).build()), result -> then.run(), failure -> {
            // No other client can take an entry of this name and createRevision for its own, so this may be repeated.
            if (released.session.isAlive()) {
                later(() -> remove(released, () -> {}));
            }
            then.run();
        });
    }

    private void openSession() {
        long sentAt = time.nanoTime();
        on(
                backend.grantLease(TTL),
                lease -> {
                    session = new Session(lease, sentAt);
                    enqueue();
                },
                failure -> later(this::openSession));
    }

    private void later(Runnable action) {
        time.schedule(BACK_OFF, Runnable::run, action);
    }

    private static @Nullable Entry entry(Snapshot snapshot, String name) {
        return snapshot.entries().stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static <T> void on(CompletionStage<T> stage, Consumer<T> done, Consumer<BackendException> failed) {
        stage.whenComplete((value, thrown) -> {
            if (thrown == null) {
                done.accept(value);
            } else {
                Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
                failed.accept((BackendException) cause);
            }
        });
    }

    /** One entry in the queue. */
    private static final class Turn {
        private final Session session;
        private final String name;
        private final Deque<Entry> inFront = new ArrayDeque<>();
        private long createRevision;
        private boolean granted;
        private @Nullable Watch watch;

        Turn(Session session, String name) {
            this.session = session;
            this.name = name;
        }

        void stopWatching() {
            if (watch != null) {
                watch.cancel();
                watch = null;
            }
        }

        void end() {
            stopWatching();
            granted = false;
        }

        WatchListener listener(Runnable look) {
            return new WatchListener() {
                @Override
                public void changed(String changed, long revision) {
                    look.run();
                }

                @Override
                public void reset() {
                    look.run();
                }
            };
        }
    }

    /** A lease, and how long it is believed. */
    private final class Session {
        private final Lease lease;
        private long deadline;
        private boolean ended;

        Session(Lease lease, long sentAt) {
            this.lease = lease;
            believe(sentAt);
            time.schedule(TTL.dividedBy(3), Runnable::run, this::renew);
        }

        boolean isAlive() {
            return !ended && (bugs.contains(Bug.BELIEVE_UNTIL_RECONNECT) || time.nanoTime() - deadline < 0);
        }

        private void believe(long sentAt) {
            deadline = sentAt + TTL.minus(MARGIN).toNanos();
            if (!bugs.contains(Bug.BELIEVE_UNTIL_RECONNECT)) {
                long expected = deadline;
                time.schedule(Duration.ofNanos(deadline - time.nanoTime()), Runnable::run, () -> {
                    if (deadline == expected) {
                        end();
                    }
                });
            }
        }

        private void renew() {
            if (ended) {
                return;
            }
            long sentAt = time.nanoTime();
            on(
                    lease.renew(),
                    alive -> {
                        if (!alive) {
                            end();
                        } else if (!ended) {
                            believe(sentAt);
                            time.schedule(TTL.dividedBy(3), Runnable::run, this::renew);
                        }
                    },
                    failure -> later(this::renew));
        }

        /** The session has ended. A client that waited under it enqueues again; a holder has lost its grant. */
        private void end() {
            if (ended) {
                return;
            }
            ended = true;
            on(lease.revoke(), done -> {}, failure -> {});
            Turn lost = turn;
            if (lost != null && lost.session == this) {
                boolean held = lost.granted;
                lost.end();
                turn = null;
                if (!held) {
                    enqueue();
                }
            }
        }
    }

    /** The entries of the queue in the store. */
    static List<Entry> queue(Backend observer) {
        return observer.read(new Query.All(DIRECTORY)).toCompletableFuture().join().entries().stream()
                .filter(entry -> !entry.value().equals(WITHDRAWN))
                .toList();
    }
}
