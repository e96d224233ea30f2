package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One call. It waits for a connection, is sent once (again only if that can do no harm, see {@link Fault}), and ends once:
 * by an answer, a failure, its deadline or the end of the backend, whichever comes first.
 */
final class Call<C, Q, T> {
    private enum State {
        WAITING,
        RUNNING,
        ENDED
    }

    private final String what;
    private final boolean writes;
    private final Q question;
    private final int weight;
    private final SharedWork<C, Q, T> work;
    private final Executor callbacks;
    private final CompletableFuture<T> stage = new CompletableFuture<>();
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile @Nullable Request<C, Q, T> request;
    /** Whether its next request carries no other call: one that it shared has left it out. */
    private volatile boolean alone;
    /** Why it was not answered so far. */
    private volatile @Nullable Throwable trouble;

    private volatile Runnable cancelTimer = () -> {};

    Call(String what, boolean writes, Q question, int weight, SharedWork<C, Q, T> work, Executor callbacks) {
        this.what = what;
        this.writes = writes;
        this.question = question;
        this.weight = weight;
        this.work = work;
        this.callbacks = callbacks;
    }

    CompletableFuture<T> stage() {
        return stage;
    }

    String what() {
        return what;
    }

    Q question() {
        return question;
    }

    boolean hasEnded() {
        return state.get() == State.ENDED;
    }

    /** The timer of the deadline, cancelled when the call ends. */
    void timer(Runnable cancel) {
        cancelTimer = cancel;
        if (hasEnded()) {
            cancel.run();
        }
    }

    /** A request for this call, and for those that wait and can share it: these leave the queue. */
    @SuppressWarnings("unchecked") // Calls with equal works have the same types.
    Request<C, Q, T> gather(Collection<Call<C, ?, ?>> waiting, Connections<C> connections) {
        List<Call<C, Q, T>> calls = new ArrayList<>(List.of(this));
        int room = alone ? 0 : BlockingCalls.MAX_WEIGHT - weight;
        for (Iterator<Call<C, ?, ?>> others = waiting.iterator(); room > 0 && others.hasNext(); ) {
            Call<C, ?, ?> other = others.next();
            if (other.weight <= room && !other.alone && other.work.equals(work)) {
                others.remove();
                room -= other.weight;
                calls.add((Call<C, Q, T>) other);
            }
        }
        return new Request<>(calls, work, connections);
    }

    /** Whether it has not ended: otherwise its caller was told that nothing happened. */
    boolean begin(Request<C, Q, T> carrying) {
        request = carrying;
        return state.compareAndSet(State.WAITING, State.RUNNING);
    }

    /** It waits again, if it has not ended: nothing was applied, or it is a read. */
    private void again() {
        state.compareAndSet(State.RUNNING, State.WAITING);
    }

    void answered(Optional<T> answer) {
        if (answer.isEmpty()) {
            alone = true;
            again();
        } else if (state.getAndSet(State.ENDED) != State.ENDED) {
            complete(() -> stage.complete(answer.get()));
        }
    }

    /** After its request has failed. */
    void failed(Throwable cause, Fault fault) {
        if (cause instanceof BackendException known) {
            fail(known);
        } else if (fault.repeats(writes)) {
            trouble = cause;
            again();
        } else {
            boolean doubt = writes && !fault.nothingApplied();
            fail(failure(doubt, fault == Fault.REFUSED_FOR_GOOD, "failed: " + Connections.describe(cause), cause));
        }
    }

    void fail(BackendException failure) {
        if (state.getAndSet(State.ENDED) != State.ENDED) {
            complete(() -> stage.completeExceptionally(failure));
        }
    }

    /**
     * Ends the call for a local reason: its deadline, or the end of the backend. The connection is given up if no other
     * call is carried by it.
     *
     * @param reason the rest of a sentence that begins with the call
     * @param more what else is known of the reason
     */
    void abandon(String reason, boolean permanent, @Nullable Throwable more) {
        State before = state.getAndSet(State.ENDED);
        if (before == State.ENDED) {
            return;
        }
        Request<C, Q, T> carrying = request;
        if (before == State.RUNNING && carrying != null) {
            carrying.leave();
        }
        boolean doubt = writes && before == State.RUNNING;
        Throwable cause = trouble == null ? more : trouble;
        BackendException failure = failure(
                doubt,
                permanent && !doubt,
                reason + (cause == null ? "" : "; the last failure: " + Connections.describe(cause)),
                cause);
        complete(() -> stage.completeExceptionally(failure));
    }

    private BackendException failure(boolean doubt, boolean permanent, String reason, @Nullable Throwable cause) {
        return new BackendException(
                doubt ? Outcome.UNKNOWN : Outcome.NOT_APPLIED,
                permanent,
                what + " " + reason + (doubt ? "; whether the server has carried it out, or will, is not known" : ""),
                cause);
    }

    /** On the executor of callbacks, so that a callback that blocks does not block a connection or a clock. */
    private void complete(Runnable completion) {
        cancelTimer.run();
        try {
            callbacks.execute(completion);
        } catch (RuntimeException e) {
            // Usually a RejectedExecutionException; but whatever an application's executor throws, the stage completes.
            Connections.LOG.log(
                    Level.WARNING,
                    "the callback executor refused a callback; the callback runs in a thread of the backend",
                    e);
            completion.run();
        }
    }
}
