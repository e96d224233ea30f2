package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One call. It waits for a connection, is sent once (again only if that can do no harm, see {@link Fault}), and ends once:
 * by an answer, a failure, its deadline or the end of the backend, whichever comes first.
 */
final class Call<C, Q, T> {
    /** How often a read is sent whose connection breaks: over each connection that one outage broke, and over a new one. */
    private static final int MAX_SENDS = 5;

    private enum State {
        WAITING,
        RUNNING,
        /** The outcome is known, and nothing changes it; the caller does not know it yet. */
        DECIDED,
        ENDED
    }

    private final String what;
    private final boolean writes;
    private final Q question;
    private final int weight;
    private final SharedWork<C, Q, T> work;
    private final Threads threads;
    private final Executor callbacks;
    private final CompletableFuture<T> stage = new CompletableFuture<>();
    /** This and all fields below are guarded by this. */
    private State state = State.WAITING;

    private @Nullable Request<C, Q, T> request;
    private Runnable outcome = () -> {};
    private Runnable onEnd = () -> {};
    /** Whether its next request carries no other call: one that it shared has left it out. */
    private boolean alone;
    /** How many connections broke under it. */
    private int losses;
    /** Why it was not answered so far. */
    private @Nullable Throwable trouble;

    Call(
            String what,
            boolean writes,
            Q question,
            int weight,
            SharedWork<C, Q, T> work,
            Threads threads,
            Executor callbacks) {
        this.what = what;
        this.writes = writes;
        this.question = question;
        this.weight = weight;
        this.work = work;
        this.threads = threads;
        this.callbacks = callbacks;
    }

    /** For the caller, who may end it by a cast: that ends the stage, but not the call. */
    CompletionStage<T> stage() {
        return stage;
    }

    String what() {
        return what;
    }

    Q question() {
        return question;
    }

    synchronized boolean isWaiting() {
        return state == State.WAITING;
    }

    private synchronized boolean isAlone() {
        return alone;
    }

    /** What to do when the call ends. */
    void onEnd(Runnable task) {
        synchronized (this) {
            if (state != State.ENDED) {
                onEnd = task;
                return;
            }
        }
        task.run();
    }

    /** A request for this call, and for those that wait and can share it: these leave the queue. */
    @SuppressWarnings("unchecked") // Calls with equal works have the same types.
    Request<C, Q, T> gather(Collection<Call<C, ?, ?>> waiting, Connections<C> connections) {
        List<Call<C, Q, T>> calls = new ArrayList<>(List.of(this));
        int room = isAlone() ? 0 : BlockingCalls.MAX_WEIGHT - weight;
        for (Iterator<Call<C, ?, ?>> others = waiting.iterator(); room > 0 && others.hasNext(); ) {
            Call<C, ?, ?> other = others.next();
            if (other.weight <= room && !other.isAlone() && shares(other.work)) {
                others.remove();
                room -= other.weight;
                calls.add((Call<C, Q, T>) other);
            }
        }
        return new Request<>(calls, work, connections);
    }

    private boolean shares(SharedWork<C, ?, ?> other) {
        try {
            return other.equals(work);
        } catch (RuntimeException | Error e) {
            Connections.debug("two works could not be compared; they share no request", e);
            return false;
        }
    }

    /** Whether it still waits: otherwise its caller was told that nothing happened. */
    synchronized boolean begin(Request<C, Q, T> carrying) {
        boolean begins = state == State.WAITING;
        if (begins) {
            request = carrying;
            state = State.RUNNING;
        }
        return begins;
    }

    /** It waits again: nothing was applied, or it is a read. */
    private synchronized void again() {
        if (state == State.RUNNING) {
            state = State.WAITING;
        }
    }

    /** The first decision counts. The caller learns of it by {@link #deliver}, or at the deadline. */
    private synchronized void decide(Runnable completion) {
        if (state == State.WAITING || state == State.RUNNING) {
            state = State.DECIDED;
            outcome = completion;
        }
    }

    /**
     * Decides.
     *
     * @param wasAlone whether no other call was asked with it
     */
    synchronized void answered(Optional<T> answer, boolean wasAlone) {
        if (answer.isPresent()) {
            decide(() -> stage.complete(answer.get()));
        } else if (wasAlone) {
            decide(failure(false, false, "was left out of a request of its own", null));
        } else {
            alone = true;
            again();
        }
    }

    /** Decides after its request has failed. */
    synchronized void failed(Throwable cause, Fault fault) {
        if (cause instanceof BackendException known) {
            decide(writes ? known : Connections.notApplied(known));
        } else if (!fault.repeats(writes)) {
            boolean doubt = writes && !fault.nothingApplied() && state != State.WAITING;
            boolean permanent = fault == Fault.REFUSED_FOR_GOOD;
            decide(failure(doubt, permanent, "failed: " + Connections.describe(cause), cause));
        } else if (fault == Fault.LOST && ++losses == MAX_SENDS) {
            String reason = "failed: each of the " + losses + " connections over which it was sent broke: ";
            decide(failure(false, false, reason + Connections.describe(cause), cause));
        } else {
            trouble = cause;
            again();
        }
    }

    private void decide(BackendException failure) {
        decide(() -> stage.completeExceptionally(failure));
    }

    /** Ends the call if its outcome is known. */
    void deliver() {
        Runnable known;
        Runnable end;
        synchronized (this) {
            if (state != State.DECIDED) {
                return;
            }
            state = State.ENDED;
            known = outcome;
            end = onEnd;
        }
        end.run();
        threads.callBack(callbacks, known);
    }

    void fail(BackendException failure) {
        decide(failure);
        deliver();
    }

    /**
     * Ends the call for a local reason: its deadline, or the end of the backend. The connection is given up if no other
     * call is carried by it.
     *
     * @param reason the rest of a sentence that begins with the call
     * @param more what else is known of the reason
     */
    void abandon(String reason, boolean permanent, @Nullable Throwable more) {
        Request<C, Q, T> carrying;
        synchronized (this) {
            boolean isSent = state == State.RUNNING;
            carrying = isSent ? request : null;
            Throwable cause = trouble == null ? more : trouble;
            String last = cause == null ? "" : "; the last failure: " + Connections.describe(cause);
            decide(failure(writes && isSent, permanent && !(writes && isSent), reason + last, cause));
        }
        try {
            if (carrying != null) {
                carrying.leave();
            }
        } finally {
            deliver();
        }
    }

    private BackendException failure(boolean doubt, boolean permanent, String reason, @Nullable Throwable cause) {
        return new BackendException(
                doubt ? Outcome.UNKNOWN : Outcome.NOT_APPLIED,
                permanent,
                what + " " + reason + (doubt ? "; whether the server has carried it out, or will, is not known" : ""),
                cause);
    }
}
