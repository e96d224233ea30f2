package io.sereno.backend.zookeeper;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Another connection for a session whose connection has broken, or whose server does not answer: a second handle on the same session, at another
 * server if there is one. Once connected, it replaces the first handle.
 *
 * <p>ZooKeeper's client leaves a silent server only after two thirds of a session, and waits for up to a second before it reconnects. That is too
 * long for a lease that must be renewed within one third of its ttl. A handle whose connection broke is given up at once: servers close a connection
 * when another one asks for its session, so there must not be two handles that try to connect.
 */
final class Detour implements Handle.Listener {
    private static final System.Logger LOG = System.getLogger(Detour.class.getName());

    private static final Duration PAUSE = Duration.ofMillis(100);
    /** After {@link #HURRY}. */
    private static final Duration LONG_PAUSE = Duration.ofSeconds(2);

    private static final Duration LEAST_LIMIT = Duration.ofMillis(500);
    private static final Duration LONG_LIMIT = Duration.ofSeconds(4);

    private static final Duration HURRY = Duration.ofSeconds(10);
    /** How many times the patience is doubled while servers accept the session but do not answer. */
    private static final int MOST_DOUBLINGS = 4;

    private final Connection connection;
    private final Link link;

    /** All guarded by this. The handle to be replaced; null if there is none. */
    private @Nullable Handle former;

    private boolean formerWasSilent;
    private long formerAnswers;
    private long beganAt;
    /** The handle that tries to connect. */
    private @Nullable Handle attempt;
    /** The number of the attempt: timers of earlier attempts have no effect. */
    private int turn;

    private Runnable cancelTurn = () -> {};

    /** The server of the last connection, and the servers to try before that one. */
    private String lastServer = "";

    private final Deque<String> untried = new ArrayDeque<>();

    /** The handle whose answers are timed; null while no request is timed. */
    private volatile @Nullable Handle timed;

    private Runnable cancelListening = () -> {};
    private int inVain;
    /** Why the last attempt could not be made; empty since the link was connected. */
    private String lastProblem = "";

    private boolean stopped;

    Detour(Connection connection, Link link) {
        this.connection = connection;
        this.link = link;
    }

    /** A request was sent on the handle. An answer to this or an earlier request must come within the patience. */
    void sent(Handle on) {
        if (timed == on) {
            return;
        }
        synchronized (this) {
            if (timed == on || stopped || link.handle() != on) {
                return;
            }
            timed = on;
        }
        listen(on, on.answers());
    }

    private void listen(Handle on, long answers) {
        Duration patience;
        synchronized (this) {
            patience = connection.patience().multipliedBy(1L << inVain);
        }
        Runnable cancel = connection.time().schedule(patience, connection.threads(), () -> listened(on, answers));
        synchronized (this) {
            cancelListening = cancel;
            if (!stopped) {
                return;
            }
        }
        cancel.run();
    }

    /** Continues while a request waits, even during an attempt: the handle may answer again, but not all requests. */
    private void listened(Handle on, long answers) {
        boolean answered = on.answers() != answers;
        boolean waits = waits(on);
        synchronized (this) {
            if (timed != on) {
                return;
            }
            inVain = answered ? 0 : inVain;
            timed = waits ? on : null;
        }
        if (!waits) {
            if (waits(on)) {
                // A request was sent, or the handle connected, between the check and the moment at which the timing
                // stopped.
                sent(on);
            }
            return;
        }
        if (!answered) {
            begin(on, true);
        }
        listen(on, on.answers());
    }

    private boolean waits(Handle on) {
        return on.isWaiting() && link.isConnected() && link.handle() == on;
    }

    /** The link is connected through this handle. */
    void connectedBy(Handle handle) {
        String server = handle.server("");
        synchronized (this) {
            lastServer = server;
            lastProblem = "";
        }
    }

    /** The handle has lost its connection, and is no longer used. */
    void broken(Handle handle) {
        begin(handle, false);
        release(handle);
    }

    private void begin(Handle handle, boolean silent) {
        synchronized (this) {
            if (stopped) {
                return;
            }
            if (former == handle) {
                formerWasSilent &= silent;
                return;
            }
            former = handle;
            formerWasSilent = silent;
            untried.clear();
            formerAnswers = handle.answers();
            beganAt = connection.time().nanoTime();
        }
        next(jittered(PAUSE));
    }

    /** Stops permanently. */
    void stop() {
        Handle given;
        List<Runnable> timers;
        synchronized (this) {
            stopped = true;
            former = null;
            turn++;
            given = attempt;
            attempt = null;
            timers = List.of(cancelTurn, cancelListening);
        }
        timers.forEach(Runnable::run);
        release(given);
    }

    /** Gives up the current attempt, and makes another one after the pause. */
    private void next(Duration pause) {
        Handle given;
        int mine;
        synchronized (this) {
            mine = ++turn;
            given = attempt;
            attempt = null;
        }
        release(given);
        time(mine, pause, () -> tryAnother(mine));
    }

    private void time(int mine, Duration pause, Runnable action) {
        Runnable cancel = connection.time().schedule(pause, connection.threads(), () -> {
            if (isTurn(mine)) {
                action.run();
            }
        });
        synchronized (this) {
            if (turn == mine) {
                cancelTurn.run();
                cancelTurn = cancel;
                return;
            }
        }
        cancel.run();
    }

    private synchronized boolean isTurn(int which) {
        return turn == which;
    }

    private void tryAnother(int mine) {
        Handle replaced = stillNeeded();
        if (replaced == null) {
            return;
        }
        try {
            connection.reopen(replaced, nextServer(), this, opened -> {
                synchronized (this) {
                    if (turn == mine) {
                        attempt = opened;
                        return;
                    }
                }
                release(opened);
            });
        } catch (IOException | RuntimeException | Error e) {
            log("no other route to ZooKeeper could be tried; retrying: " + e, e);
        }
        time(mine, limit(), () -> next(pause()));
    }

    /** Logs a repeated failure as a warning only once. */
    private void log(String problem, Throwable cause) {
        boolean again;
        synchronized (this) {
            again = problem.equals(lastProblem);
            lastProblem = problem;
        }
        if (again) {
            LOG.log(Level.DEBUG, problem, cause);
        } else {
            LOG.log(Level.WARNING, problem);
        }
    }

    /** The servers one after another, the last connected one last. */
    private synchronized String nextServer() {
        if (untried.isEmpty()) {
            List<String> all = new ArrayList<>(connection.servers());
            Collections.shuffle(all);
            if (all.remove(lastServer)) {
                all.add(lastServer);
            }
            untried.addAll(all);
        }
        return untried.removeFirst();
    }

    /** How long one attempt may take. */
    private synchronized Duration limit() {
        if (!hurries()) {
            return LONG_LIMIT;
        }
        Duration patience = connection.patience();
        return patience.compareTo(LEAST_LIMIT) < 0 ? LEAST_LIMIT : patience;
    }

    private synchronized boolean hurries() {
        return connection.time().nanoTime() - beganAt < HURRY.toNanos();
    }

    /** Ending a handle blocks, so not on a ZooKeeper thread. */
    private void release(@Nullable Handle handle) {
        if (handle != null) {
            connection.threads().execute(() -> connection.release(handle));
        }
    }

    private synchronized Duration pause() {
        return jittered(hurries() ? PAUSE : LONG_PAUSE);
    }

    /** Random, since many clients lose a server at the same moment. */
    private static Duration jittered(Duration most) {
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(most.toNanos() / 4, most.toNanos()));
    }

    /** The handle to be replaced; null if nothing is left to do. */
    private synchronized @Nullable Handle stillNeeded() {
        Handle replaced = former;
        if (replaced != null) {
            boolean gone = link.isDead() || link.handle() != replaced || connection.isClosed();
            boolean works = formerWasSilent && replaced.answers() != formerAnswers;
            if (gone || works) {
                former = null;
            }
        }
        return former;
    }

    @Override
    public void connected(Handle which) {
        if (link.handle() == which) {
            link.connected(which);
            return;
        }
        Handle replaced;
        synchronized (this) {
            // The former handle is replaced even if it has answered meanwhile: its session has moved here, and the
            // servers end its connection at the next write.
            replaced = attempt == which && !connection.isClosed() ? former : null;
            if (replaced != null) {
                turn++;
                cancelTurn.run();
                attempt = null;
                former = null;
                inVain = formerWasSilent ? Math.min(MOST_DOUBLINGS, inVain + 1) : inVain;
            }
        }
        if (replaced != null && link.replace(replaced, which)) {
            link.connected(which);
            release(replaced);
        } else {
            release(which);
        }
    }

    @Override
    public void disconnected(Handle which) {
        if (link.handle() == which) {
            link.disconnected(which);
        } else if (isAttempt(which)) {
            next(pause());
        }
    }

    @Override
    public void ended(Handle which, boolean refused) {
        if (link.handle() == which) {
            link.ended(which, refused);
            return;
        }
        Handle replaced = stillNeeded();
        if (!refused && isAttempt(which) && replaced != null && link.replace(replaced, which)) {
            // The server's answer about the session holds, whichever handle asked.
            link.ended(which, false);
            release(replaced);
        } else {
            release(which);
        }
    }

    private synchronized boolean isAttempt(Handle which) {
        return attempt == which;
    }

    @Override
    public void changed(String path, long zxid) {
        link.changed(path, zxid);
    }
}
