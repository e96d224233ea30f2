package io.sereno.backend.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.sereno.backend.redis.Errors.Meaning;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls over one connection, and makes another one when it ends. A call is sent once: if the connection ends,
 * calls under way on it fail, and new calls wait while the next connection is being made. Only a read, which changes
 * nothing, is sent again. A read also waits for a while if no connection could be made, so that a short restart of the
 * server fails no read.
 *
 * <p>A silent connection may lead to a server that was replaced. So another connection is made beside it. If the new
 * connection leads to another process, it takes over, and calls under way on the silent one fail before their timeout.
 * If it leads to the same process, that process or the network is slow, and the calls continue.
 *
 * <p>State, guarded by this. One of these holds: {@code connection} is set; {@code connecting}; {@code failure} says
 * why there is no connection, and a timer runs; {@code closed}. Nothing that blocks or calls back runs under the lock.
 */
final class Link {
    private static final Logger LOG = System.getLogger(Link.class.getName());

    /** The longest silence after which another connection is tried. */
    private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(1);

    private final Supplier<CompletionStage<Connection>> connector;
    private final TimeSource time;
    /** How long a read waits for a connection, at least: it waits until an attempt ends. */
    private final Duration readPatience;

    private final Duration patience;
    private final Consumer<Connection> onMove;
    private final Deadlines deadlines;
    private final Backoff backoff = new Backoff();

    private @Nullable Connection connection;
    /** The silence detector of the connection. */
    private Silence silence;
    /** Whether another connection is being tried beside a silent one. */
    private boolean probing;

    private boolean connecting;
    private List<Call<?>> waiting = new ArrayList<>();
    private @Nullable BackendException failure;
    private @Nullable Runnable timer;
    private boolean closed;

    /** @param onMove gets each connection except the first: it may lead to another process than the one before */
    Link(
            Connection first,
            Supplier<CompletionStage<Connection>> connector,
            TimeSource time,
            Duration timeout,
            Consumer<Connection> onMove) {
        this.connector = connector;
        this.time = time;
        this.readPatience = timeout.dividedBy(2);
        Duration quarter = timeout.dividedBy(4);
        this.patience = quarter.compareTo(LONGEST_PATIENCE) < 0 ? quarter : LONGEST_PATIENCE;
        this.onMove = onMove;
        this.deadlines = new Deadlines(time, timeout, call -> expire(call, timeout));
        this.connection = first;
        this.silence = listen(first);
    }

    private Silence listen(Connection open) {
        return new Silence(time, patience, () -> probe(open));
    }

    /** Starts to monitor the first connection. */
    void start() {
        Connection first = connection;
        if (first != null) {
            first.onEnd(() -> lost(first));
        }
    }

    void submit(Call<?> call) {
        call.begin(time.nanoTime());
        Connection open;
        BackendException reason;
        synchronized (this) {
            if (closed) {
                reason = closedBackend();
            } else {
                reason = connection == null && !connecting && !waits(call, failure, time.nanoTime()) ? failure : null;
                if (reason == null) {
                    deadlines.add(call);
                }
            }
            open = connection;
            if (reason == null && open == null) {
                waiting.add(call);
            }
        }
        if (reason != null) {
            call.fail(reason);
        } else if (open != null) {
            send(call, open);
        }
    }

    private void send(Call<?> call, Connection open) {
        if (!call.beginSending(open)) {
            return;
        }
        @Nullable Silence listening = sending(open);
        open.run(call.operation, call.arguments).whenComplete((reply, failed) -> {
            if (listening != null) {
                listening.answered();
            }
            if (failed == null) {
                proved(open);
                call.answer(reply);
            } else {
                failed(call, open, failed);
            }
        });
    }

    /** Null if the link no longer uses this connection. */
    private synchronized @Nullable Silence sending(Connection open) {
        if (connection != open) {
            return null;
        }
        silence.sent();
        return silence;
    }

    private void failed(Call<?> call, Connection open, Throwable failed) {
        boolean ended = !(Errors.unwrap(failed) instanceof RedisCommandExecutionException)
                && !(Errors.unwrap(failed) instanceof BackendException);
        if (ended || Errors.meaning(failed) == Meaning.ELSEWHERE) {
            lost(open);
            if (call.age(time.nanoTime()).compareTo(readPatience) < 0 && call.waitAgain()) {
                resubmit(call);
                return;
            }
        }
        call.fail(failed);
    }

    private void resubmit(Call<?> call) {
        Connection open;
        boolean ended;
        synchronized (this) {
            ended = closed;
            open = connection;
            if (!ended && open == null) {
                waiting.add(call);
            }
        }
        if (ended) {
            call.fail(closedBackend());
        } else if (open != null) {
            send(call, open);
        }
    }

    private synchronized void proved(Connection open) {
        if (connection == open) {
            backoff.reset();
        }
    }

    /**
     * If one answer did not come in time, no later answer on this connection will, since answers come in order. The
     * connection may be dead although no error was reported.
     */
    private void expire(Call<?> call, Duration timeout) {
        call.abandon("had no answer within " + timeout, false);
        Connection silent = call.sentOn();
        if (silent != null) {
            lost(silent);
        }
    }

    // When a connection is silent

    private void probe(Connection silent) {
        synchronized (this) {
            if (closed || probing || connection != silent) {
                return;
            }
            probing = true;
        }
        connector.get().whenComplete((made, failed) -> {
            if (failed == null) {
                probed(silent, made);
            } else {
                LOG.log(Level.DEBUG, "the server does not answer, and there is no other server", failed);
                probeFailed();
            }
        });
    }

    private synchronized void probeFailed() {
        probing = false;
    }

    private void probed(Connection silent, Connection made) {
        boolean moves;
        synchronized (this) {
            probing = false;
            moves = !closed && connection == silent && silence.lasts() && made.isToAnotherProcessThan(silent);
            if (moves) {
                silence.end();
                connection = made;
                silence = listen(made);
            }
        }
        if (moves) {
            LOG.log(Level.DEBUG, "the server does not answer, and another server has taken its place");
            silent.close();
            watch(made);
        } else {
            made.close();
        }
    }

    private void watch(Connection made) {
        onMove.accept(made);
        made.onEnd(() -> lost(made));
    }

    // When a connection has ended

    /** The connection has ended, or is no longer of use. */
    private void lost(Connection ended) {
        Duration delay;
        synchronized (this) {
            if (closed || connection != ended) {
                return;
            }
            connection = null;
            silence.end();
            delay = backoff.next();
            if (delay.isZero()) {
                connecting = true;
            } else {
                failure = new BackendException(
                        Outcome.NOT_APPLIED, false, "the connection to Redis broke as soon as it was made", null);
                retryAfter(delay);
            }
        }
        ended.close();
        if (delay.isZero()) {
            connect();
        }
    }

    /** Call under the lock. */
    private void retryAfter(Duration delay) {
        timer = time.schedule(delay, Runnable::run, () -> {
            synchronized (this) {
                if (closed) {
                    return;
                }
                timer = null;
                connecting = true;
                failure = null;
            }
            connect();
        });
    }

    private void connect() {
        connector.get().whenComplete((made, failed) -> {
            if (failed == null) {
                connected(made);
            } else {
                notConnected(Errors.of("connecting", false, failed));
            }
        });
    }

    private void connected(Connection made) {
        List<Call<?>> ready = null;
        synchronized (this) {
            connecting = false;
            if (!closed) {
                ready = waiting;
                waiting = new ArrayList<>();
                connection = made;
                silence = listen(made);
            }
        }
        if (ready == null) {
            made.close();
            return;
        }
        ready.forEach(call -> send(call, made));
        watch(made);
    }

    private void notConnected(BackendException reason) {
        List<Call<?>> refused = new ArrayList<>();
        synchronized (this) {
            List<Call<?>> patient = new ArrayList<>();
            long now = time.nanoTime();
            for (Call<?> call : waiting) {
                (waits(call, reason, now) ? patient : refused).add(call);
            }
            waiting = patient;
            connecting = false;
            if (!closed) {
                failure = reason;
                retryAfter(backoff.next());
            }
        }
        refused.forEach(call -> call.fail(reason));
    }

    /** Whether the call waits for the next attempt although the last one failed. */
    private boolean waits(Call<?> call, @Nullable BackendException reason, long now) {
        return call.isRead()
                && reason != null
                && !reason.permanent()
                && call.age(now).compareTo(readPatience) < 0;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Ends all calls; the outcome of writes that were sent is unknown. The connection ends with the client that made
     * it.
     */
    void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            connection = null;
            silence.end();
            if (timer != null) {
                timer.run();
            }
        }
        deadlines.close().forEach(call -> call.abandon("was cut short: the backend was closed", true));
    }

    static BackendException closedBackend() {
        return new BackendException(
                Outcome.NOT_APPLIED, true, "this connection to Redis is closed; open another one", null);
    }
}
