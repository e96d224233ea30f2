package io.sereno.backend.redis;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of the script. It waits for a connection, is sent once (a read again if a connection was lost), and ends once: by an answer, a failure,
 * its timeout or the end of the backend, whichever comes first. Its stage completes on the callback executor, so that a blocking callback does not
 * block the connection.
 */
final class Call<T> {
    final String operation;
    final List<byte[]> arguments;

    private final String what;
    private final boolean writes;
    private final Function<List<?>, T> reading;
    private final Callbacks callbacks;
    private final CompletableFuture<T> stage = new CompletableFuture<>();
    /** Goes from WAITING to SENT (a read also back), and from either to ENDED. */
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    /** When the Link got the call, by the clock of the TimeSource. */
    private volatile long since;

    private volatile @Nullable Connection sentOn;

    private enum State {
        WAITING,
        SENT,
        ENDED
    }

    /**
     * @param what for messages: {@code "the commit to directory 'lock/orders'"}
     * @param writes whether its outcome is unknown when its answer is lost
     * @param reading converts the script's answer to the result
     */
    Call(
            String operation,
            List<byte[]> arguments,
            String what,
            boolean writes,
            Function<List<?>, T> reading,
            Callbacks callbacks) {
        this.operation = operation;
        this.arguments = arguments;
        this.what = what;
        this.writes = writes;
        this.reading = reading;
        this.callbacks = callbacks;
    }

    CompletableFuture<T> stage() {
        return stage;
    }

    boolean hasEnded() {
        return state.get() == State.ENDED;
    }

    /** The connection on which it was sent; null if it was not sent. */
    @Nullable
    Connection sentOn() {
        return sentOn;
    }

    /**
     * True if it must be sent now. A call that ended while it waited must never be sent: it was reported as not
     * applied.
     */
    boolean beginSending(Connection connection) {
        sentOn = connection;
        return state.compareAndSet(State.WAITING, State.SENT);
    }

    void begin(long now) {
        since = now;
    }

    Duration age(long now) {
        return Duration.ofNanos(now - since);
    }

    /** Whether it may be sent again if its answer is lost, since it changes nothing at the server. */
    boolean isRead() {
        return operation.equals("read");
    }

    /** True if it must wait for another connection, since the connection that it was sent on has ended. */
    boolean waitAgain() {
        return isRead() && state.compareAndSet(State.SENT, State.WAITING);
    }

    void answer(List<?> reply) {
        end(sent -> {
            T result;
            try {
                result = reading.apply(reply);
            } catch (RuntimeException e) {
                stage.completeExceptionally(Errors.of(what, writes, e));
                return;
            }
            stage.complete(result);
        });
    }

    void fail(Throwable failure) {
        end(sent -> stage.completeExceptionally(Errors.of(what, writes && sent, failure)));
    }

    /** Ends the call for a local reason: a timeout, or the end of the backend. */
    void abandon(String reason, boolean permanent) {
        end(sent -> {
            boolean unknown = writes && sent;
            stage.completeExceptionally(new BackendException(
                    unknown ? Outcome.UNKNOWN : Outcome.NOT_APPLIED,
                    permanent && !unknown,
                    what + " " + reason + (unknown ? "; it is not known whether the server executes it" : ""),
                    null));
        });
    }

    private interface Completion {
        void complete(boolean sent);
    }

    private void end(Completion completion) {
        State before = state.getAndSet(State.ENDED);
        if (before == State.ENDED) {
            return;
        }
        callbacks.execute(() -> completion.complete(before == State.SENT));
    }
}
