package io.sereno.simulation;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Watch;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A request and its fate: sent, perhaps delivered to the store (once), answered by the store, perhaps received by the
 * client. A failure may have been reported to the client at any point before; what arrives later is ignored.
 */
final class Exchange<T extends @Nullable Object> {
    private final Request request;
    private final Supplier<CompletionStage<T>> call;
    private final CompletableFuture<T> outcome = new CompletableFuture<>();
    // Written before onAnswer runs, which comes before answer().
    private @Nullable T value;
    private @Nullable Throwable failure;

    Exchange(Request request, Supplier<CompletionStage<T>> call) {
        this.request = request;
        this.call = call;
    }

    Request request() {
        return request;
    }

    /** The outcome that the client waits for. */
    CompletableFuture<T> outcome() {
        return outcome;
    }

    /**
     * Lets the request arrive at the store. May be called at most once; {@code onAnswer} runs when the store has
     * answered.
     */
    void deliver(Runnable onAnswer) {
        call.get().whenComplete((answer, thrown) -> {
            value = answer;
            failure = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
            onAnswer.run();
        });
    }

    /** Lets the answer arrive at the client. */
    void answer() {
        if (failure != null) {
            outcome.completeExceptionally(failure);
        } else {
            outcome.complete(value);
        }
    }

    /** Whether the store's answer has the snapshot that was to be read after the commit. */
    boolean hasSnapshot() {
        return (value instanceof CommitResult.Committed committed
                        && committed.snapshot().isPresent())
                || (value instanceof CommitResult.Conflict conflict
                        && conflict.snapshot().isPresent());
    }

    /** Turns the answer into one whose read failed (READ-8c). */
    @SuppressWarnings("unchecked") // The replacement of a commit's result is a commit's result.
    void loseSnapshot() {
        if (value instanceof CommitResult.Committed committed) {
            value = (T) new CommitResult.Committed(committed.revision(), Optional.empty());
        } else if (value instanceof CommitResult.Conflict) {
            value = (T) new CommitResult.Conflict(Optional.empty());
        }
    }

    /** Reports to the client that the answer is lost, and perhaps the request with it. */
    void lose(String why) {
        outcome.completeExceptionally(new BackendException(
                request.mayBeUnknown() ? Outcome.UNKNOWN : Outcome.NOT_APPLIED, false, why + ": " + request, null));
    }

    /** Reports to the client that the request was certainly not sent. */
    void refuse(String why, boolean permanent) {
        outcome.completeExceptionally(new BackendException(Outcome.NOT_APPLIED, permanent, why + ": " + request, null));
    }

    /** The store's answer, for a trace. */
    String describeAnswer() {
        Object answer = value;
        if (failure != null) {
            return failure.toString();
        } else if (answer instanceof Snapshot snapshot) {
            return describe(snapshot);
        } else if (answer instanceof CommitResult.Committed committed) {
            return (committed.revision() == 0 ? "holds" : "committed at " + committed.revision())
                    + committed
                            .snapshot()
                            .map(snapshot -> ", " + describe(snapshot))
                            .orElse("");
        } else if (answer instanceof CommitResult.Conflict conflict) {
            return "conflict"
                    + conflict.snapshot()
                            .map(snapshot -> ", " + describe(snapshot))
                            .orElse("");
        } else if (answer instanceof CommitResult.LeaseDead) {
            return "the lease is dead";
        } else if (answer instanceof Lease lease) {
            return "lease " + lease.id();
        }
        return answer == null || answer instanceof Watch ? "done" : answer.toString();
    }

    private static String describe(Snapshot snapshot) {
        return snapshot.entries().stream()
                .map(entry -> entry.name() + "@" + entry.createRevision()
                        + (entry.modRevision() == entry.createRevision() ? "" : "/" + entry.modRevision()))
                .collect(Collectors.joining(" ", "[", snapshot.more() ? " ...]" : "]"));
    }

    @Override
    public String toString() {
        return request.toString();
    }
}
