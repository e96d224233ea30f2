package io.sereno.tck.recipes;

import io.sereno.Grant;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.run.UnknownPreparation;
import io.sereno.tck.time.Crew;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A call of a waiting method of a recipe, in a thread of its own.
 *
 * @param <T> what it returns
 */
public final class Calling<T> {
    private final Bench bench;
    private final String what;
    private volatile @Nullable Thread thread;
    private volatile @Nullable CallResult<T> ended;
    private volatile long returned;

    private Calling(Bench bench, String what) {
        this.bench = bench;
        this.what = what;
    }

    static <T> Calling<T> of(Bench bench, String what, Callable<T> call) {
        Calling<T> calling = new Calling<>(bench, what);
        bench.kit().crew().execute(() -> calling.run(call));
        return calling;
    }

    private void run(Callable<T> call) {
        long from = bench.now();
        thread = Thread.currentThread();
        CallResult<T> end;
        try {
            end = CallResult.with(bench.kit().crew().waiting(call), null);
        } catch (Throwable e) {
            end = CallResult.with(null, e);
        }
        synchronized (this) {
            thread = null;
            // An interrupt that came too late is ignored.
            Thread.interrupted();
            returned = bench.now();
            ended = end;
        }
        bench.note(from, what + " -> " + describe(end) + " after " + Bench.text(Duration.ofNanos(returned - from)));
        bench.stir();
    }

    public boolean isDone() {
        return ended != null;
    }

    /** Whether the call waits for something that has not happened yet. */
    public boolean isParked() {
        Thread caller = thread;
        return caller != null && Crew.isParked(caller);
    }

    /** When the call returned. */
    public long returned() {
        return returned;
    }

    public synchronized void interrupt() {
        Thread caller = thread;
        if (caller != null) {
            caller.interrupt();
        }
    }

    /** How the call ends, or that it does not end in time. */
    public CallResult<T> end(Duration atMost) {
        bench.reach(this::isDone, atMost);
        CallResult<T> end = ended;
        return end == null ? CallResult.open() : end;
    }

    /** What the call returns; there is no fault. */
    public T result(Duration atMost) {
        CallResult<T> end = end(atMost);
        if (end.isOpen()) {
            throw new RuleFailure(what + " has not returned after " + Bench.text(atMost));
        }
        Throwable thrown = end.thrown();
        if (thrown instanceof NotAppliedException || thrown instanceof OutcomeUnknownException) {
            throw new UnknownPreparation(what + " ended as " + thrown);
        }
        if (thrown != null) {
            throw new RuleFailure(what + " failed without a fault: " + thrown, thrown);
        }
        return end.result();
    }

    public T result() {
        return result(bench.patience().multipliedBy(2));
    }

    private static String describe(CallResult<?> end) {
        if (end.succeeded() && end.result() instanceof Optional<?> optional) {
            return optional.map(Calling::describe).orElse("empty");
        }
        return end.succeeded() ? describe(end.result()) : String.valueOf(end);
    }

    private static String describe(@Nullable Object result) {
        return result instanceof Grant grant ? "token " + grant.fencingToken() : String.valueOf(result);
    }

    @Override
    public String toString() {
        return what;
    }
}
