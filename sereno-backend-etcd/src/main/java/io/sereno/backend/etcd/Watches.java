package io.sereno.backend.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Status;
import io.sereno.spi.BackendException;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * All watches of one client, over one stream at a time.
 *
 * <p>Invariant: a watch that was live is told {@code reset()} each time that etcd has made a new watcher for it, after etcd
 * said so. Whatever ends a watcher (the connection, a change of leader, compaction), a new one is made, from then on; so
 * nothing depends on what the old one had delivered.
 *
 * <p>One lock guards the state; stages are completed, and notices handed over, after it was given back.
 */
final class Watches {
    private static final System.Logger LOG = System.getLogger("io.sereno");
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final Links links;
    private final Tokens tokens;
    private final Calls calls;
    private final Keys keys;
    private final TimeSource time;
    private final Executor threads;
    private final Executor callbacks;
    private final Duration limit;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private final Map<Target, Watched> targets = new HashMap<>();
    private @Nullable WatchStream stream;
    /** Whether a new stream is on its way: waited for, or waiting for its token. */
    private boolean opening;

    private Runnable cancelOpening = () -> {};
    private int failures;
    private boolean closed;
    /** What is to be done when the lock is given back. */
    private List<Runnable> afterwards = new ArrayList<>();

    Watches(Connection connection, Keys keys, TimeSource time, Executor callbacks, Duration limit) {
        this.links = connection.links();
        this.tokens = connection.tokens();
        this.calls = connection.calls();
        this.threads = connection.threads();
        this.keys = keys;
        this.time = time;
        this.callbacks = callbacks;
        this.limit = limit;
        links.onReplaced(this::moveFrom);
    }

    CompletableFuture<Watch> watch(Target target, WatchListener listener) {
        long now = time.nanoTime();
        EtcdWatch watch;
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(EtcdBackend.closed());
            }
            Watched watched = targets.get(target);
            if (watched == null) {
                watched = new Watched(target, keys.directory(target.directory()));
                targets.put(target, watched);
                openOrCreate(watched);
            }
            watch = new EtcdWatch(this, watched, new Notices(target, listener, callbacks));
            watched.add(watch);
            if (watched.id.isPresent()) {
                live(watch);
            }
        } finally {
            unlock();
        }
        if (!watch.opened().isDone()) {
            Runnable cancelTimer = time.schedule(limit, threads, () -> tooLate(watch, now));
            CompletionStage<Watch> opened = watch.opened();
            opened.whenComplete((live, failure) -> cancelTimer.run());
        }
        return watch.opened();
    }

    void cancel(EtcdWatch watch) {
        watch.notices().cancel();
        lock.lock();
        try {
            remove(watch);
        } finally {
            unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            cancelOpening.run();
            for (Watched watched : targets.values()) {
                watched.watches.forEach(watch -> watch.notices().cancel());
                failPending(watched, EtcdBackend.closed());
            }
            targets.clear();
            WatchStream last = stream;
            stream = null;
            if (last != null) {
                afterwards.add(() -> last.end("closed"));
            }
        } finally {
            unlock();
        }
    }

    /** An answer of the stream. */
    void received(WatchStream from, WatchResponse response) {
        from.link().heard(time.nanoTime());
        lock.lock();
        try {
            if (from != stream) {
                return;
            }
            if (response.getCreated()) {
                Watched watched = from.answered(response);
                if (watched != null && WatchStream.isRefusal(response)) {
                    refused(watched, from, response.getCancelReason());
                } else if (watched != null) {
                    created(watched, from, response.getWatchId());
                }
            } else if (response.getCanceled()) {
                cancelled(from.cancelled(response.getWatchId()), from);
            } else {
                Watched watched = from.live(response.getWatchId());
                if (watched != null) {
                    changed(watched, response.getEventsList());
                }
            }
        } finally {
            unlock();
        }
    }

    /** The stream is over: by an error, by order of the server, or by ours. */
    void ended(WatchStream from, Status status) {
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            links.failed(from.link());
        } else if (status.getCode() == Status.Code.UNAUTHENTICATED) {
            tokens.forget(from.token());
        }
        lock.lock();
        try {
            if (from == stream) {
                stream = null;
                targets.values().forEach(watched -> watched.id = Optional.empty());
                openLater();
            }
        } finally {
            unlock();
        }
    }

    /** The connection was given up; what stands on it might otherwise wait for long to hear of that. */
    private void moveFrom(Link link) {
        lock.lock();
        try {
            WatchStream last = stream;
            if (last != null && last.link() == link) {
                afterwards.add(() -> last.end("the connection was replaced"));
            }
        } finally {
            unlock();
        }
    }

    private void tooLate(EtcdWatch watch, long since) {
        Link silent = null;
        lock.lock();
        try {
            if (!watch.wasLive) {
                remove(watch);
                WatchStream last = stream;
                silent = last == null ? null : last.link();
                fail(
                        watch,
                        new BackendException(
                                BackendException.Outcome.NOT_APPLIED,
                                false,
                                "etcd made no watch within " + limit,
                                null));
            }
        } finally {
            unlock();
        }
        if (silent != null) {
            links.unanswered(silent, since);
        }
    }

    // From here on: under the lock.

    private void unlock() {
        List<Runnable> todo = afterwards;
        if (!todo.isEmpty()) {
            afterwards = new ArrayList<>();
        }
        lock.unlock();
        todo.forEach(Runnable::run);
    }

    private void openOrCreate(Watched watched) {
        WatchStream open = stream;
        if (open != null) {
            watched.openOn(open);
        } else if (!opening) {
            opening = true;
            afterwards.add(this::open);
        }
    }

    private void openLater() {
        if (!opening && !closed && !targets.isEmpty()) {
            opening = true;
            long most = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures++, 10));
            // Not all clients at the same time, after a server has come back.
            long pause = ThreadLocalRandom.current().nextLong(most / 2, most + 1);
            cancelOpening = time.schedule(Duration.ofMillis(pause), threads, this::open);
        }
    }

    /** Not under the lock. */
    private void open() {
        tokens.get(calls).whenComplete((token, failure) -> {
            lock.lock();
            try {
                opening = false;
                if (closed) {
                    return;
                }
                if (failure != null) {
                    BackendException why = Failures.ofRead(failure);
                    if (why.permanent()) {
                        failPending(why);
                    }
                    openLater();
                    return;
                }
                WatchStream next = new WatchStream(this, links.current(), token, threads);
                next.start();
                stream = next;
                targets.values().forEach(watched -> watched.openOn(next));
            } finally {
                unlock();
            }
        });
    }

    private void created(Watched watched, WatchStream from, long id) {
        failures = 0;
        watched.refused = false;
        if (watched.watches.isEmpty()) {
            from.cancel(id);
            return;
        }
        watched.id = Optional.of(id);
        for (EtcdWatch watch : watched.watches) {
            if (watch.wasLive) {
                afterwards.add(watch.notices()::reset);
            } else {
                live(watch);
            }
        }
    }

    private void live(EtcdWatch watch) {
        watch.wasLive = true;
        // In a thread of its own: what hangs on the stage may block, and the stream must not wait for it.
        afterwards.add(() -> threads.execute(() -> watch.opened().complete(watch)));
    }

    private void refused(Watched watched, WatchStream from, String reason) {
        if (tokens.isUsed() && !watched.refused) {
            watched.refused = true;
            tokens.forget(from.token());
        } else {
            LOG.log(Level.WARNING, () -> "etcd refuses to watch " + watched.target() + ": " + reason);
            failPending(
                    watched,
                    EtcdLimits.refused("etcd at " + from.link().authority() + " refuses the watch: " + reason
                            + "; the user needs the right to read all keys of the namespace"));
        }
        // The token is that of the stream: another one needs another stream.
        afterwards.add(() -> from.end("a watch was refused"));
    }

    private void cancelled(@Nullable Watched watched, WatchStream from) {
        if (watched != null && !watched.watches.isEmpty()) {
            // Compaction, for one that was slow.
            watched.id = Optional.empty();
            watched.openOn(from);
        }
    }

    private void changed(Watched watched, List<Event> events) {
        List<EtcdWatch> told = watched.watches;
        for (Event event : events) {
            String name = watched.nameOf(event.getKv().getKey());
            long revision = event.getKv().getModRevision();
            for (EtcdWatch watch : told) {
                afterwards.add(() -> watch.notices().changed(name, revision));
            }
        }
    }

    private void remove(EtcdWatch watch) {
        Watched watched = watch.watched();
        watched.remove(watch);
        if (watched.watches.isEmpty() && targets.remove(watched.target(), watched)) {
            WatchStream open = stream;
            if (open != null && watched.id.isPresent()) {
                open.cancel(watched.id.get());
            }
        }
    }

    private void failPending(BackendException why) {
        List.copyOf(targets.values()).forEach(watched -> failPending(watched, why));
    }

    private void failPending(Watched watched, BackendException why) {
        for (EtcdWatch watch : watched.watches) {
            if (!watch.wasLive) {
                watched.remove(watch);
                fail(watch, why);
            }
        }
        if (watched.watches.isEmpty()) {
            targets.remove(watched.target(), watched);
        }
    }

    private void fail(EtcdWatch watch, BackendException why) {
        afterwards.add(() -> threads.execute(() -> watch.opened().completeExceptionally(why)));
    }
}
