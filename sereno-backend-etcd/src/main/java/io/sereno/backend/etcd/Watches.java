package io.sereno.backend.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Status;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Names;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * All watches of one client, over one stream at a time.
 *
 * <p>Invariant: a watch that was live gets {@code reset()} each time that etcd has confirmed a new watcher for it. If a
 * watcher ends (with the connection, by a change of leader, by compaction), a new watcher is created that starts then.
 * So nothing depends on what the old one had delivered.
 *
 * <p>Stages are completed, and notices delivered, outside the lock.
 */
final class Watches {
    private static final System.Logger LOG = System.getLogger(Watches.class.getName());
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

    private final Exclusive state = new Exclusive();
    // Below: only inside state.run and state.call.
    private final Map<Target, Watched> targets = new HashMap<>();
    private @Nullable WatchStream stream;
    /** Whether a new stream is scheduled, or is waiting for its token. */
    private boolean opening;

    /** Cancels the timer of the pause before the next stream, or of the stream's time to answer. */
    private Runnable cancelTimer = () -> {};

    private int failures;
    private boolean closed;

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
        Watched shared = new Watched(target, keys.directory(target.directory()));
        NoticeQueue notices = new NoticeQueue(target, listener, callbacks, time, ended -> {});
        EtcdWatch watch = state.call(() -> add(shared, notices));
        CompletableFuture<Watch> opened = watch.opened();
        if (!opened.isDone()) {
            Runnable cancel = time.schedule(limit, threads, () -> tooLate(watch, now));
            CompletionStage<Watch> end = opened;
            end.whenComplete((live, failure) -> cancel.run());
        }
        return opened;
    }

    void cancel(EtcdWatch watch) {
        watch.notices().end();
        state.run(() -> remove(watch));
    }

    void close() {
        state.run(() -> {
            closed = true;
            cancelTimer.run();
            targets.values()
                    .forEach(watched ->
                            watched.watches.forEach(watch -> watch.notices().end()));
            failPending(EtcdBackend.closed());
            targets.clear();
            WatchStream last = stream;
            stream = null;
            if (last != null) {
                state.afterwards(() -> last.end("closed"));
            }
        });
    }

    /** Handles an answer of the stream. */
    void received(WatchStream from, WatchResponse response) {
        from.link().received(time.nanoTime());
        state.run(() -> {
            if (from != stream) {
                return;
            }
            from.more();
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
        });
    }

    /** The stream has ended: by an error, by the server, or by this client. */
    void ended(WatchStream from, Status status) {
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            links.failed(from.link());
        } else if (status.getCode() == Status.Code.UNAUTHENTICATED) {
            tokens.forget(from.token());
        }
        if (status.getCause() instanceof RuntimeException failure) {
            LOG.log(Level.WARNING, "all watches of etcd are created again: an answer could not be handled", failure);
        }
        state.run(() -> leave(from, "the stream has ended"));
    }

    /** The connection was given up. Leaves its stream, which might otherwise learn of that only much later. */
    private void moveFrom(Link link) {
        state.run(() -> {
            WatchStream last = stream;
            if (last != null && last.link() == link) {
                leave(last, "the connection was replaced");
            }
        });
    }

    /** If the stream does not answer, its server is gone, whether or not other calls notice. */
    private void lookAfter(WatchStream opened, long since) {
        state.run(() -> {
            if (opened == stream && !opened.isAnswered()) {
                state.afterwards(() -> links.unanswered(opened.link(), since));
            }
        });
    }

    private void tooLate(EtcdWatch watch, long since) {
        state.run(() -> {
            if (watch.wasLive) {
                return;
            }
            remove(watch);
            fail(
                    watch,
                    new BackendException(Outcome.NOT_APPLIED, false, "etcd created no watch within " + limit, null));
            WatchStream last = stream;
            if (last != null) {
                state.afterwards(() -> links.unanswered(last.link(), since));
            }
        });
    }

    // From here on: inside state.run or state.call, except open().

    private EtcdWatch add(Watched unlessThere, NoticeQueue notices) {
        Watched known = targets.get(unlessThere.target());
        Watched watched = known == null ? unlessThere : known;
        EtcdWatch watch = new EtcdWatch(this, watched, notices);
        if (closed) {
            watch.opened().completeExceptionally(EtcdBackend.closed());
            return watch;
        }
        watched.add(watch);
        if (known == null) {
            targets.put(watched.target(), watched);
            openOrCreate(watched);
        } else if (watched.id.isPresent()) {
            live(watch);
        }
        return watch;
    }

    private void openOrCreate(Watched watched) {
        WatchStream open = stream;
        if (open != null) {
            watched.openOn(open);
        } else if (!opening) {
            opening = true;
            state.afterwards(this::open);
        }
    }

    private void openLater() {
        if (!opening && !closed && !targets.isEmpty()) {
            opening = true;
            cancelTimer.run();
            long most = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures++, 10));
            // Random, so that not all clients return at the same time after a server has come back.
            long pause = ThreadLocalRandom.current().nextLong(most / 2, most + 1);
            cancelTimer = time.schedule(Duration.ofMillis(pause), threads, this::open);
        }
    }

    /** Runs outside the lock, since a log-in may come first. */
    private void open() {
        tokens.get(calls)
                .whenComplete((token, failure) -> state.run(() -> {
                    opening = false;
                    if (closed) {
                        return;
                    }
                    if (failure == null) {
                        openOn(links.current(), token);
                        return;
                    }
                    BackendException why = Failures.ofRead(failure);
                    if (why.permanent()) {
                        LOG.log(Level.WARNING, () -> "cannot open the watches of etcd; retrying: " + why.getMessage());
                        failPending(why);
                    }
                    openLater();
                }));
    }

    private void openOn(Link link, Optional<String> token) {
        long now = time.nanoTime();
        WatchStream next = new WatchStream(this, link, token, threads);
        next.start();
        stream = next;
        targets.values().forEach(watched -> watched.openOn(next));
        cancelTimer = time.schedule(limit, threads, () -> lookAfter(next, now));
    }

    /** Opens all watchers of this stream again on another one. No message is sent on a stream that was left. */
    private void leave(WatchStream from, String why) {
        if (from == stream) {
            stream = null;
            targets.values().forEach(watched -> watched.id = Optional.empty());
            state.afterwards(() -> from.end(why));
            openLater();
        }
    }

    private void created(Watched watched, WatchStream from, long id) {
        watched.refused = false;
        if (from.isAnswered()) {
            failures = 0;
            cancelTimer.run();
        }
        if (watched.watches.isEmpty()) {
            from.cancel(id);
            return;
        }
        watched.id = Optional.of(id);
        for (EtcdWatch watch : watched.watches) {
            if (watch.wasLive) {
                state.afterwards(watch.notices()::reset);
            } else {
                live(watch);
            }
        }
    }

    private void live(EtcdWatch watch) {
        watch.wasLive = true;
        // On its own thread: callbacks on the stage may block, and the stream must not wait for them.
        state.afterwards(() -> threads.execute(() -> watch.opened().complete(watch)));
    }

    private void refused(Watched watched, WatchStream from, String reason) {
        if (tokens.isUsed() && !watched.refused) {
            watched.refused = true;
            tokens.forget(from.token());
            // The token belongs to the stream: another token needs another stream.
            leave(from, "its token was refused");
            return;
        }
        failPending(
                watched,
                EtcdLimits.refused("etcd at " + from.link().authority() + " refuses the watch: " + reason
                        + "; the user needs the right to read all keys of the namespace"));
        if (!watched.watches.isEmpty()) {
            // Watches that were live once are retried until they are cancelled.
            LOG.log(Level.WARNING, () -> Names.printable("etcd refuses to watch " + watched.target() + ": " + reason));
            leave(from, "a watch was refused");
        }
    }

    private void cancelled(@Nullable Watched watched, WatchStream from) {
        if (watched != null && !watched.watches.isEmpty()) {
            // The cause is compaction, if the watcher was slow.
            watched.id = Optional.empty();
            watched.openOn(from);
        }
    }

    private void changed(Watched watched, List<Event> events) {
        List<EtcdWatch> affected = watched.watches;
        for (Event event : events) {
            String name = watched.nameOf(event.getKv().getKey());
            long revision = event.getKv().getModRevision();
            for (EtcdWatch watch : affected) {
                state.afterwards(() -> watch.notices().changed(name, revision));
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
        state.afterwards(() -> threads.execute(() -> watch.opened().completeExceptionally(why)));
    }
}
