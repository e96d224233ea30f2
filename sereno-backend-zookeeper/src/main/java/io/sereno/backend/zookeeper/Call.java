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
 * One call of the SPI under way. It ends once: by its answer, at its deadline, or because the backend is closed; and then
 * as is known at that moment: nothing sent, or nothing left in doubt: {@code NOT_APPLIED}; a write without answer: {@code UNKNOWN}; a write
 * that was acknowledged and whose read is missing: the write's result.
 *
 * <p>The caller's stage is completed on the executor of callbacks, since what hangs on it may block.
 */
final class Call<T> {
    private static final System.Logger LOG = System.getLogger(Call.class.getName());

    private final String what;
    private final Executor executor;
    private final CompletableFuture<T> stage = new CompletableFuture<>();

    /** All guarded by this. */
    private boolean ended;

    private boolean inDoubt;
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

    /** A write is about to be sent. False: the call has ended, and it must not be sent any more. */
    synchronized boolean sending() {
        inDoubt = !ended;
        return !ended;
    }

    /** The write certainly did nothing. False: the call has ended meanwhile, as in doubt. */
    synchronized boolean certain() {
        inDoubt = false;
        return !ended;
    }

    /** What is answered if nothing better comes in time. */
    synchronized void settle(T result) {
        settled = result;
    }

    /** Run at the end, or now if that was before. */
    void atEnd(Runnable action) {
        synchronized (this) {
            if (!ended) {
                atEnd.add(action);
                return;
            }
        }
        action.run();
    }

    /** False if it had ended before. */
    boolean end(T value) {
        return end(() -> toEnd -> toEnd.complete(value));
    }

    /** Before anything was sent: the caller's stage has failed when it gets it. */
    void refuse(BackendException why) {
        end(() -> toEnd -> toEnd.completeExceptionally(why), Runnable::run);
    }

    void fail(BackendException why) {
        end(() -> toEnd -> toEnd.completeExceptionally(why));
    }

    /** Ends it as it stands. */
    void interrupt(String why, boolean permanent) {
        end(() -> {
            T known = settled;
            if (known != null) {
                return toEnd -> toEnd.complete(known);
            }
            BackendException failure = new BackendException(
                    inDoubt ? Outcome.UNKNOWN : Outcome.NOT_APPLIED, permanent && !inDoubt, what + ": " + why, null);
            return toEnd -> toEnd.completeExceptionally(failure);
        });
    }

    /** Ends it at the deadline. */
    void limit(Duration timeout) {
        interrupt("no answer within " + timeout.toMillis() + " ms", false);
    }

    /** Should the rest of the work break on a defect of ours, the call ends as it stands, and the defect is logged. */
    void follow(CompletionStage<?> rest) {
        rest.whenComplete((done, defect) -> {
            if (defect != null) {
                LOG.log(Level.ERROR, () -> what + " broke", defect);
                interrupt("a defect of the backend: " + defect, false);
            }
        });
    }

    /** The same where there is no call: then the handle connects again, after which everything that is to stand on it is set again. */
    static void followWithoutCall(Handle on, CompletionStage<?> rest) {
        rest.whenComplete((done, defect) -> {
            if (defect != null) {
                LOG.log(Level.ERROR, "a step of the backend broke; it connects again", defect);
                on.reconnect();
            }
        });
    }

    /** How it ends is decided in the moment in which it does. */
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
            // Nobody else is left to tell the caller.
            complete.run();
        }
        return true;
    }
}
