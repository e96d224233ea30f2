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
 * One run of the script on its way: waits for a connection, is sent once (a read again, when a connection was lost), and ends once, by whichever comes first of an answer, a failure,
 * its timeout and the end of the backend. Its stage completes on the executor of callbacks, so that one that blocks does not block the
 * connection.
 */
final class Call<T> {
    final String operation;
    final List<byte[]> arguments;

    private final String what;
    private final boolean writes;
    private final Function<List<?>, T> reading;
    private final Callbacks callbacks;
    private final CompletableFuture<T> stage = new CompletableFuture<>();
    /** From WAITING to SENT, a read back again, and from either to ENDED. */
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    /** By the clock of the TimeSource; when the Link was given it. */
    private volatile long since;

    private volatile @Nullable Connection sentOn;

    private enum State {
        WAITING,
        SENT,
        ENDED
    }

    /**
     * @param what for messages: {@code "the commit to directory 'lock/orders'"}
     * @param writes whether it is in doubt when its answer is lost
     * @param reading makes the result of the script's answer
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

    /** Where it was sent; null as long as it was not. */
    @Nullable
    Connection sentOn() {
        return sentOn;
    }

    /** True if it is to be sent now. One that ended while it waited must never be: its caller was told that nothing happened. */
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

    /** Whether it may be sent again when its answer is lost: it changes nothing at the server. */
    boolean isRead() {
        return operation.equals("read");
    }

    /** True if it is to wait for another connection, as the one that it was sent on has ended. */
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

    /** Ends it for a reason of our own: a timeout, or the end of the backend. */
    void abandon(String reason, boolean permanent) {
        end(sent -> {
            boolean doubt = writes && sent;
            stage.completeExceptionally(new BackendException(
                    doubt ? Outcome.UNKNOWN : Outcome.NOT_APPLIED,
                    permanent && !doubt,
                    what + " " + reason + (doubt ? "; whether the server carries it out is not known" : ""),
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
