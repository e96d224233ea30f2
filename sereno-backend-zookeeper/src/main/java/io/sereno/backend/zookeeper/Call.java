package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One SPI call under way. It ends once: by its answer, at its deadline, or because the backend is closed. Its end depends on what is known
 * at that moment: {@code NOT_APPLIED} if nothing was sent or no outcome is unknown; {@code UNKNOWN} for a write without an answer; the
 * write's result if the write was acknowledged and only its read is missing.
 *
 * <p>The caller's stage is completed on the callback executor, since the caller's code may block.
 */
final class Call<T> {
    private static final System.Logger LOG = System.getLogger(Call.class.getName());

    private final String what;
    private final Executor executor;
    private final CompletableFuture<T> stage = new CompletableFuture<>();

    /** All guarded by this. */
    private boolean ended;

    private boolean unknown;
    private @Nullable T settled;
    private final List<Runnable> atEnd = new ArrayList<>(2);

    Call(String what, Executor executor) {
        this.what = what;
        this.executor = executor;
    }

    CompletionStage<T> stage() {
        return stage;
    }

    String what() {
        return what;
    }

    synchronized boolean isOpen() {
        return !ended;
    }

    /** A write is about to be sent. False: the call has ended, and the write must not be sent. */
    synchronized boolean sending() {
        unknown = !ended;
        return !ended;
    }

    /** The write certainly had no effect. False: the call has ended meanwhile, with an unknown outcome. */
    synchronized boolean certain() {
        unknown = false;
        return !ended;
    }

    /** Sets the result to use if no better one comes in time. */
    synchronized void settle(T result) {
        settled = result;
    }

    /** Runs the action when the call ends, or now if it has ended. */
    void atEnd(Runnable action) {
        synchronized (this) {
            if (!ended) {
                atEnd.add(action);
                return;
            }
        }
        action.run();
    }

    /** Ends the call. False if it had already ended. */
    boolean end(T value) {
        return end(() -> toEnd -> toEnd.complete(value));
    }

    /** Fails the call before anything was sent. The stage has already failed when the caller gets it. */
    void refuse(BackendException why) {
        end(() -> toEnd -> toEnd.completeExceptionally(why), Runnable::run);
    }

    void fail(BackendException why) {
        end(() -> toEnd -> toEnd.completeExceptionally(why));
    }

    /** Ends the call with what is known now. */
    void interrupt(String why, boolean permanent) {
        end(() -> {
            T known = settled;
            if (known != null) {
                return toEnd -> toEnd.complete(known);
            }
            BackendException failure = new BackendException(
                    unknown ? Outcome.UNKNOWN : Outcome.NOT_APPLIED, permanent && !unknown, what + ": " + why, null);
            return toEnd -> toEnd.completeExceptionally(failure);
        });
    }

    /** Ends the call at its deadline. */
    void limit(Duration timeout) {
        interrupt("no answer within " + timeout.toMillis() + " ms", false);
    }

    /**
     * If the rest of the work fails because of a bug of ours, the call ends with what is known, and the bug is logged.
     */
    void follow(CompletionStage<?> rest) {
        rest.whenComplete((done, defect) -> {
            if (defect != null) {
                LOG.log(Level.ERROR, () -> what + " broke", defect);
                interrupt("a defect of the backend: " + defect, false);
            }
        });
    }

    /** The same without a call: on a bug the handle reconnects, and everything on it is set up again. */
    static void followWithoutCall(Handle on, CompletionStage<?> rest) {
        rest.whenComplete((done, defect) -> {
            if (defect != null) {
                LOG.log(Level.ERROR, "a step of the backend failed; the backend reconnects", defect);
                on.reconnect();
            }
        });
    }

    /** The outcome is decided at the moment of the end. */
    private boolean end(Supplier<Consumer<CompletableFuture<T>>> decision) {
        return end(decision, executor);
    }

    private boolean end(Supplier<Consumer<CompletableFuture<T>>> decision, Executor on) {
        Consumer<CompletableFuture<T>> completion;
        List<Runnable> actions;
        synchronized (this) {
            if (ended) {
                return false;
            }
            completion = decision.get();
            ended = true;
            actions = List.copyOf(atEnd);
            atEnd.clear();
        }
        actions.forEach(Runnable::run);
        Runnable complete = () -> completion.accept(stage);
        try {
            on.execute(complete);
        } catch (RejectedExecutionException shutDown) {
            // Otherwise the caller would never get an answer.
            complete.run();
        }
        return true;
    }
}
