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
 * Another way to the servers for a session whose connection has broken, or whose server does not answer what it was sent: a second handle on
 * the same session, at another server where there is one. When it is connected, it takes the place of the first.
 *
 * <p>ZooKeeper's client leaves a silent server after two thirds of a session, and waits for up to a second before it connects again. That is too long
 * for a lease that has to be renewed within one third of its ttl. A handle whose connection broke is given up at once: servers close a connection when
 * another one asks for its session, so there must not be two that try.
 */
final class Detour implements Handle.Listener {
    private static final System.Logger LOG = System.getLogger(Detour.class.getName());

    private static final Duration PAUSE = Duration.ofMillis(100);
    /** After {@link #HURRY}. */
    private static final Duration LONG_PAUSE = Duration.ofSeconds(2);

    private static final Duration LEAST_LIMIT = Duration.ofMillis(500);
    private static final Duration LONG_LIMIT = Duration.ofSeconds(4);

    private static final Duration HURRY = Duration.ofSeconds(10);
    /** So often the patience is doubled while servers take the session, and do not answer. */
    private static final int MOST_DOUBLINGS = 4;

    private final Connection connection;
    private final Link link;

    /** All guarded by this. The handle whose place is to be taken; null while none is. */
    private @Nullable Handle former;

    private boolean formerWasSilent;
    private long formerHeard;
    private long beganAt;
    /** The handle that tries. */
    private @Nullable Handle attempt;
    /** Of each attempt: what was timed for one before counts no more. */
    private int turn;

    private Runnable cancelTurn = () -> {};

    /** Where the link was connected last, and the servers that are to be tried before that one is. */
    private String lastServer = "";

    private final Deque<String> untried = new ArrayDeque<>();

    /** The handle whose answers are waited for with a limit; null while nothing that was sent has none. */
    private volatile @Nullable Handle timed;

    private Runnable cancelListening = () -> {};
    private int inVain;
    /** Why the last attempt could not be made; empty since the link was connected. */
    private String lastTrouble = "";

    private boolean stopped;

    Detour(Connection connection, Link link) {
        this.connection = connection;
        this.link = link;
    }

    /** Something was sent on the handle: an answer to it, or to anything before it, has to come before the patience is over. */
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
        listen(on, on.heard());
    }

    private void listen(Handle on, long heard) {
        Duration patience;
        synchronized (this) {
            patience = connection.patience().multipliedBy(1L << inVain);
        }
        Runnable cancel = connection.time().schedule(patience, connection.threads(), () -> listened(on, heard));
        synchronized (this) {
            cancelListening = cancel;
            if (!stopped) {
                return;
            }
        }
        cancel.run();
    }

    /** Goes on while something waits, also during an attempt: the handle may be heard again, and not answer all. */
    private void listened(Handle on, long heard) {
        boolean answered = on.heard() != heard;
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
                // It was sent, or connected, between the look and the moment at which nothing was timed any more.
                sent(on);
            }
            return;
        }
        if (!answered) {
            begin(on, true);
        }
        listen(on, on.heard());
    }

    private boolean waits(Handle on) {
        return on.isWaiting() && link.isConnected() && link.handle() == on;
    }

    /** The link is connected by this handle. */
    void connectedBy(Handle handle) {
        String server = handle.server("");
        synchronized (this) {
            lastServer = server;
            lastTrouble = "";
        }
    }

    /** The handle has lost its connection, and is used no more. */
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
            formerHeard = handle.heard();
            beganAt = connection.time().nanoTime();
        }
        next(jittered(PAUSE));
    }

    /** For good. */
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

    /** Gives the present attempt up, and makes another one after the pause. */
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
            tell("no other way to ZooKeeper could be tried; retrying: " + e, e);
        }
        time(mine, limit(), () -> next(pause()));
    }

    /** Once for what fails again and again. */
    private void tell(String trouble, Throwable cause) {
        boolean again;
        synchronized (this) {
            again = trouble.equals(lastTrouble);
            lastTrouble = trouble;
        }
        if (again) {
            LOG.log(Level.DEBUG, trouble, cause);
        } else {
            LOG.log(Level.WARNING, trouble);
        }
    }

    /** One after the other, that which failed at last. */
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

    /** A handle is waited for when it ends, so not on a thread of ZooKeeper's. */
    private void release(@Nullable Handle handle) {
        if (handle != null) {
            connection.threads().execute(() -> connection.release(handle));
        }
    }

    private synchronized Duration pause() {
        return jittered(hurries() ? PAUSE : LONG_PAUSE);
    }

    /** Many clients lose a server at the same moment. */
    private static Duration jittered(Duration most) {
        return Duration.ofNanos(ThreadLocalRandom.current().nextLong(most.toNanos() / 4, most.toNanos()));
    }

    /** The handle whose place is to be taken; null if there is nothing to do any more. */
    private synchronized @Nullable Handle stillNeeded() {
        Handle replaced = former;
        if (replaced != null) {
            boolean gone = link.isDead() || link.handle() != replaced || connection.isClosed();
            boolean works = formerWasSilent && replaced.heard() != formerHeard;
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
            // Even if the former has answered meanwhile: the session is here now, and its servers end that connection
            // at the next write.
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
            // The server's word on the session, whoever asked.
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
