package io.sereno.backend.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.sereno.backend.redis.Errors.Meaning;
import io.sereno.backend.redis.Replies.Tick;
import io.sereno.backend.redis.Subscriptions.Channel;
import io.sereno.backend.redis.Subscriptions.Confirmed;
import io.sereno.backend.redis.Subscriptions.Opening;
import io.sereno.backend.redis.Subscriptions.Step;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves all watches of a client over one connection, starting with the first watch. Each target has a channel, on which the script publishes
 * its changes; the server sends them to subscribers only.
 *
 * <ol>
 *   <li>Connect, and subscribe to the channel of each target, to that of all watches, and to that of the reapers.
 *   <li>When the server has confirmed a channel, its new watches are live: a message comes for each later change.
 *       Watches that were live over a former connection get {@code reset}, since the changes in between were not
 *       received.
 *   <li><em>Tick</em>: the script removes the entries of ended leases, and answers when the next lease ends and whether this client is a reaper,
 *       one of the few that wake up for that. Tick again after 5 s; a reaper also when a lease is due, and other clients half a second to one
 *       and a half after that, in case all reapers have died. If a tick gets no answer, the connection is dead; if it is refused, the server
 *       is no longer the primary.
 * </ol>
 *
 * When the connection ends, continue with step 1. The server closes the connection of a client that reads too slowly.
 *
 * <p>If a step fails for any reason, the connection is closed and replaced.
 */
final class Subscriber {
    private static final Logger LOG = System.getLogger(Subscriber.class.getName());

    /** A request, and the connection to send it on. */
    private record Due(Step step, Connection to) {}

    private final Supplier<CompletionStage<Connection>> connector;
    private final Script script;
    private final TimeSource time;
    private final Duration timeout;
    private final Callbacks callbacks;

    /** Identifies this client among the reapers. */
    private final String id = UUID.randomUUID().toString();

    private final Subscriptions subscriptions = new Subscriptions();
    private final Messages messages;
    private final Heartbeat<Connection> heartbeat;
    private final Backoff backoff = new Backoff();
    /** Guarded by this, as all below. */
    private boolean started;

    private boolean closed;
    /** The connection in use. */
    private @Nullable Connection connection;
    /** Cancels the next attempt to connect. */
    private @Nullable Runnable retry;
    /** The connection that the calls use. */
    private @Nullable Connection calls;
    /** Why the last attempt to connect failed; null if it succeeded. */
    private @Nullable BackendException unreachable;
    /** Whether the current failure has been logged as a warning. */
    private boolean warned;

    Subscriber(
            Supplier<CompletionStage<Connection>> connector,
            Script script,
            TimeSource time,
            Duration timeout,
            Callbacks callbacks) {
        this.connector = connector;
        this.script = script;
        this.time = time;
        this.timeout = timeout;
        this.callbacks = callbacks;
        this.messages = new Messages(script, subscriptions);
        this.heartbeat = new Heartbeat<>(time, this::tick);
        subscriptions.want(script.all(), true);
    }

    CompletionStage<Watch> watch(Target target, WatchListener listener) {
        String channel = script.channel(target);
        NoticeQueue watch = new NoticeQueue(
                target, listener, callbacks.executor(), time, ended -> subscriptions.remove(channel, ended));
        CompletableFuture<Watch> stage = new CompletableFuture<>();
        boolean start;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(Link.closedBackend());
            }
            Runnable timer = time.schedule(timeout, callbacks, () -> giveUp(channel, watch));
            if (!subscriptions.add(channel, new Opening(watch, stage, timer))) {
                timer.run();
                return CompletableFuture.completedFuture(watch);
            }
            start = !started;
            started = true;
        }
        if (start) {
            connect();
        } else {
            send();
        }
        return stage;
    }

    private void giveUp(String channel, NoticeQueue watch) {
        Opening opening = subscriptions.remove(channel, watch);
        if (opening != null) {
            watch.end();
            BackendException cause;
            synchronized (this) {
                cause = unreachable;
            }
            opening.stage()
                    .completeExceptionally(new BackendException(
                            Outcome.NOT_APPLIED,
                            false,
                            "the watch of " + watch.target() + " was not live within " + timeout
                                    + (cause == null ? "" : ": " + cause.getMessage()),
                            cause));
        }
    }

    // Step 1

    private void connect() {
        connector.get().whenComplete((made, failure) -> {
            if (failure == null) {
                try {
                    begin(made);
                } catch (RuntimeException | Error e) {
                    failed(made, e);
                }
            } else {
                notConnected(Errors.of("connecting", false, failure));
            }
        });
    }

    private void notConnected(BackendException failure) {
        synchronized (this) {
            unreachable = failure;
        }
        if (failure.permanent()) {
            warn("watches get no notices: connecting is refused; it is tried again", failure);
        } else {
            LOG.log(Level.DEBUG, "watches wait for a connection", failure);
        }
        connectLater();
    }

    private synchronized void connectLater() {
        if (!closed) {
            retry = time.schedule(backoff.next(), callbacks, this::connect);
        }
    }

    private void begin(Connection made) {
        synchronized (this) {
            if (!closed) {
                connection = made;
                unreachable = null;
                // Before other threads may subscribe, so that this listener gets every message.
                made.listen((channel, message) -> received(made, channel, message), channel -> hasLeft(made, channel));
                heartbeat.begin(made);
                subscriptions.want(script.reapers(), true);
                subscriptions.connected();
            }
        }
        if (!isAtWork(made)) {
            made.close();
            return;
        }
        made.onEnd(() -> lost(made));
        // If the user may not unsubscribe, watches fail now, and not when a channel is left.
        then(made.unsubscribe(List.of(script.rights())), made, (reply, failure) -> refuse(made, failure));
        send();
        tick(made);
    }

    private synchronized boolean isAtWork(Connection candidate) {
        return connection == candidate;
    }

    /** Sends the requests that are due. */
    private void send() {
        for (Due due = due(true); due != null; due = due(false)) {
            Connection to = due.to();
            Channel channel = due.step().channel();
            if (channel == null) {
                then(to.unsubscribe(due.step().left()), to, (reply, failure) -> unsubscribed(to, failure));
            } else {
                Object request = due.step().id();
                then(to.subscribe(channel.name), to, (reply, failure) -> subscribed(to, channel, request, failure));
            }
        }
    }

    /** Under one lock, so that no request for one connection is sent over the next one. */
    private synchronized @Nullable Due due(boolean first) {
        Step step = first ? subscriptions.first() : subscriptions.next();
        return step == null
                ? null
                : new Due(step, Objects.requireNonNull(connection, "requests are due without a connection"));
    }

    // Step 2

    private void subscribed(Connection open, Channel channel, Object request, @Nullable Throwable failure) {
        if (failure != null) {
            refuse(open, failure);
            return;
        }
        Confirmed confirmed = subscriptions.confirmed(channel, request);
        if (confirmed == null) {
            return;
        }
        for (Opening opening : confirmed.opened()) {
            opening.timer().run();
            callbacks.execute(() -> opening.stage().complete(opening.watch()));
        }
        confirmed.cut().forEach(NoticeQueue::reset);
        if (channel.name.equals(script.reapers()) && heartbeat.hasTicked(open)) {
            // A lease may have been granted before the confirmation. The first tick of a connection comes after it
            // anyway.
            heartbeat.by(open, Duration.ZERO);
        }
    }

    /** A failure to unsubscribe fails no watch: the channels that were left serve none. */
    private void unsubscribed(Connection open, @Nullable Throwable failure) {
        if (failure != null) {
            drop(open, failure);
        }
    }

    /** A request to subscribe failed. If the user lacks the right, watches fail at once. */
    private void refuse(Connection open, @Nullable Throwable failure) {
        if (failure == null) {
            return;
        }
        if (Errors.meaning(failure) == Meaning.REFUSED) {
            for (Opening opening : subscriptions.takeOpenings()) {
                opening.timer().run();
                opening.watch().end();
                BackendException why =
                        Errors.of("the watch of " + opening.watch().target(), false, failure);
                callbacks.execute(() -> opening.stage().completeExceptionally(why));
            }
        }
        drop(open, failure);
    }

    private void received(Connection open, String channel, byte[] message) {
        try {
            messages.handle(channel, message).ifPresent(delay -> heartbeat.by(open, delay));
        } catch (RuntimeException | Error e) {
            failed(open, e);
        }
    }

    /** If this client did not unsubscribe, the slot has moved to another node. */
    private void hasLeft(Connection open, String channel) {
        if (isAtWork(open) && !channel.equals(script.rights()) && !subscriptions.wasLeft(channel)) {
            LOG.log(Level.DEBUG, "the server no longer serves the channels; the connection that watches is replaced");
            lost(open);
        }
    }

    // Step 3

    private void tick(Connection open) {
        boolean first = !heartbeat.hasTicked(open);
        if (!first && isElsewhere(open)) {
            LOG.log(Level.DEBUG, "calls go to another server process; the connection that watches is replaced");
            lost(open);
            return;
        }
        if (!heartbeat.start(open)) {
            return;
        }
        try {
            subscriptions.dropIdle();
            send();
            then(within(timeout, open, open.run("tick", Requests.tick(id))), open, (reply, failure) -> {
                if (reply != null) {
                    ticked(open, Replies.tick(reply));
                } else if (!first && Errors.meaning(failure) == Meaning.NOT_NOW) {
                    LOG.log(Level.DEBUG, "the server does not let leases end now", failure);
                    heartbeat.refused(open);
                } else {
                    drop(open, failure);
                }
            });
        } catch (RuntimeException | Error e) {
            // No answer would end this tick, so no further tick would follow.
            failed(open, e);
        }
    }

    private void ticked(Connection open, Tick tick) {
        if (!isAtWork(open)) {
            return;
        }
        boolean joins = tick.reaper() && !subscriptions.isConfirmed(script.reapers());
        subscriptions.want(script.reapers(), tick.reaper());
        heartbeat.answered(open, tick);
        synchronized (this) {
            if (connection == open) {
                warned = false;
                backoff.reset();
            }
        }
        if (joins) {
            send();
        }
    }

    // When a step fails, or a connection ends

    /**
     * Runs the step when the answer has come. If the step throws, the connection is replaced, and the failure logged:
     * otherwise nothing would follow.
     */
    private <T> void then(
            CompletionStage<T> answer, Connection connection, BiConsumer<@Nullable T, @Nullable Throwable> step) {
        answer.whenComplete((reply, failure) -> {
            try {
                step.accept(reply, failure);
            } catch (RuntimeException | Error e) {
                failed(connection, e);
            }
        });
    }

    private void failed(Connection connection, Throwable failure) {
        warn("receiving notices failed; another connection is made", failure);
        lost(connection);
    }

    /** Warns once until a tick is answered: a permanent failure repeats each second. */
    private void warn(String what, @Nullable Throwable failure) {
        boolean again;
        synchronized (this) {
            again = warned;
            warned = true;
        }
        LOG.log(again ? Level.DEBUG : Level.WARNING, what, failure);
    }

    /** Closes a connection that is silent for longer than it may. */
    private <T> CompletionStage<T> within(Duration patience, Connection connection, CompletionStage<T> answer) {
        Runnable timer = time.schedule(patience, Runnable::run, () -> {
            LOG.log(Level.DEBUG, "the connection that watches is silent; it is replaced");
            connection.close();
        });
        return answer.whenComplete((reply, failure) -> timer.run());
    }

    private void drop(Connection connection, @Nullable Throwable failure) {
        boolean refused = failure != null
                && Errors.unwrap(failure) instanceof RedisCommandExecutionException
                && Errors.meaning(failure) != Meaning.ELSEWHERE;
        if (refused && isAtWork(connection)) {
            warn("the server does not let changes be watched; it is tried again over another connection", failure);
        } else {
            LOG.log(Level.DEBUG, "the connection that watches is replaced", failure);
        }
        lost(connection);
    }

    private void lost(Connection ended) {
        synchronized (this) {
            if (connection != ended) {
                return;
            }
            connection = null;
            subscriptions.disconnected();
            heartbeat.end();
        }
        ended.close();
        connectLater();
    }

    /**
     * Calls use this connection now. If the connection for notices leads to another process, it is replaced, now or at
     * a later tick: its notices would not be about the changes that calls make and read.
     */
    void moved(Connection now) {
        Connection mine;
        synchronized (this) {
            calls = now;
            mine = connection;
        }
        if (mine != null && isElsewhere(mine)) {
            lost(mine);
        }
    }

    private synchronized boolean isElsewhere(Connection open) {
        return calls != null && calls.isToAnotherProcessThan(open);
    }

    /** Ends all watches. The connection ends with the client that made it. */
    void close() {
        List<NoticeQueue> watches;
        List<Opening> unfinished;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            connection = null;
            watches = subscriptions.all();
            unfinished = subscriptions.takeOpenings();
            subscriptions.disconnected();
            heartbeat.end();
            if (retry != null) {
                retry.run();
            }
        }
        watches.forEach(NoticeQueue::end);
        for (Opening opening : unfinished) {
            opening.timer().run();
            callbacks.execute(() -> opening.stage().completeExceptionally(Link.closedBackend()));
        }
    }
}
