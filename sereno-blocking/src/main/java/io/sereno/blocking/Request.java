package io.sereno.blocking;

import io.sereno.spi.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is sent to the server at once: one call, or several with equal works. */
final class Request<C, Q, T> {
    private final List<Call<C, Q, T>> calls;
    private final SharedWork<C, Q, T> work;
    private final Connections<C> connections;
    /** Guarded by this: how many calls have not been abandoned, and the connection from the first byte to the answer. */
    private int left;

    private @Nullable C sent;
    /** Whether the connection broke after the request was sent. Used by the thread that runs it. */
    private boolean brokeConnection;

    Request(List<Call<C, Q, T>> calls, SharedWork<C, Q, T> work, Connections<C> connections) {
        this.calls = calls;
        this.work = work;
        this.connections = connections;
        this.left = calls.size();
    }

    /** The calls, in the order in which they waited. */
    List<Call<C, Q, T>> calls() {
        return calls;
    }

    /** Whether these calls may be why the connection broke. */
    boolean isSuspect() {
        return brokeConnection;
    }

    /** A call ends without its answer. With the last one the connection is given up. */
    synchronized void leave() {
        left--;
        if (left == 0 && sent != null) {
            connections.abort(sent);
        }
    }

    /**
     * Runs the calls that still wait. Those that wait afterwards have to run again.
     *
     * @param done runs before the first call ends, if the connection can be used again, but after the outcomes are
     *     decided: it may take longer than a deadline
     * @return whether it can
     */
    boolean run(C connection, Runnable done) {
        List<Call<C, Q, T>> begun = new ArrayList<>();
        for (Call<C, Q, T> call : calls) {
            if (call.begin(this)) {
                begun.add(call);
            } else {
                leave();
            }
        }
        if (!send(connection)) {
            done.run();
            return true;
        }
        List<Optional<T>> answers;
        try {
            answers = List.copyOf(
                    work.on(connection, begun.stream().map(Call::question).toList()));
            if (answers.size() != begun.size()) {
                throw new IllegalStateException(
                        answers.size() + " answers were given to " + begun.size() + " questions");
            }
        } catch (Exception | Error e) {
            return fail(begun, e, done);
        }
        if (isLost()) {
            return false;
        }
        for (int i = 0; i < begun.size(); i++) {
            begun.get(i).answered(answers.get(i), begun.size() == 1);
        }
        done.run();
        begun.forEach(Call::deliver);
        return true;
    }

    private boolean fail(List<Call<C, Q, T>> begun, Throwable cause, Runnable done) {
        Connections.debug("a request failed", cause);
        // A BackendException says nothing of the connection: a transaction may be open, or half of an answer be left.
        Fault fault = cause instanceof BackendException ? Fault.BROKEN : connections.fault(cause);
        brokeConnection = fault == Fault.LOST;
        if (isLost()) {
            return false;
        }
        begun.forEach(call -> call.failed(cause, fault));
        if (fault.keepsConnection()) {
            done.run();
        }
        begun.forEach(Call::deliver);
        return fault.keepsConnection();
    }

    /** Whether a call is left. */
    private synchronized boolean send(C connection) {
        sent = left > 0 ? connection : null;
        return left > 0;
    }

    /** Whether the connection was given up. It is not from now on. */
    private synchronized boolean isLost() {
        sent = null;
        return left == 0;
    }
}
