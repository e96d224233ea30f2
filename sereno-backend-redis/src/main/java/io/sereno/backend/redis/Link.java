package io.sereno.backend.redis;

import io.sereno.backend.redis.Errors.Meaning;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls over one connection, and makes another one when that ends. A call is sent once: what was under way when a connection ended
 * fails, and what comes while the next one is being made waits for it.
 *
 * <p>State, guarded by this: {@code connection} is there, or {@code connecting}, or {@code failure} says why neither is and a timer runs, or
 * {@code closed}. Nothing is called under the lock but the making of lists.
 */
final class Link {
    private final Supplier<CompletionStage<Connection>> connector;
    private final TimeSource time;
    private final Deadlines deadlines;
    private final Backoff backoff = new Backoff();

    private @Nullable Connection connection;
    private boolean connecting;
    private List<Call<?>> waiting = new ArrayList<>();
    private @Nullable BackendException failure;
    private @Nullable Runnable timer;
    private boolean closed;

    Link(Connection first, Supplier<CompletionStage<Connection>> connector, TimeSource time, Duration timeout) {
        this.connector = connector;
        this.time = time;
        this.deadlines = new Deadlines(time, timeout, call -> expire(call, timeout));
        this.connection = first;
    }

    /** Begins to look after the first connection. */
    void start() {
        Connection first = connection;
        if (first != null) {
            first.onEnd(() -> lost(first));
        }
    }

    void submit(Call<?> call) {
        Connection open;
        BackendException reason;
        synchronized (this) {
            if (closed) {
                reason = closedBackend();
            } else {
                reason = connection == null && !connecting ? failure : null;
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
        open.run(call.operation, call.arguments).whenComplete((reply, failed) -> {
            if (failed == null) {
                proved(open);
                call.answer(reply);
            } else {
                if (Errors.meaning(failed) == Meaning.ELSEWHERE) {
                    lost(open);
                }
                call.fail(failed);
            }
        });
    }

    private synchronized void proved(Connection open) {
        if (connection == open) {
            backoff.reset();
        }
    }

    /**
     * A connection over which an answer did not come in time gives no other one in time either, since answers come in order. It may be dead
     * without knowing.
     */
    private void expire(Call<?> call, Duration timeout) {
        call.abandon("had no answer within " + timeout, false);
        Connection silent = call.sentOn();
        if (silent != null) {
            lost(silent);
        }
    }

    /** It has ended, or is of no use any more. */
    private void lost(Connection ended) {
        Duration delay;
        synchronized (this) {
            if (closed || connection != ended) {
                return;
            }
            connection = null;
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

    /** Under the lock. */
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
                failed(Errors.of("connecting", false, failed));
            }
        });
    }

    private void connected(Connection made) {
        List<Call<?>> ready = null;
        synchronized (this) {
            connecting = false;
            if (!closed) {
                ready = takeWaiting();
                connection = made;
            }
        }
        if (ready == null) {
            made.close();
            return;
        }
        ready.forEach(call -> send(call, made));
        made.onEnd(() -> lost(made));
    }

    private void failed(BackendException reason) {
        List<Call<?>> refused;
        synchronized (this) {
            refused = takeWaiting();
            connecting = false;
            if (!closed) {
                failure = reason;
                retryAfter(backoff.next());
            }
        }
        refused.forEach(call -> call.fail(reason));
    }

    private List<Call<?>> takeWaiting() {
        List<Call<?>> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Ends all calls, those that were sent in doubt. The connection ends with the client that made it. */
    void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            connection = null;
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
