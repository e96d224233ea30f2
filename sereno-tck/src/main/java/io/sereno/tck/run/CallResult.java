package io.sereno.tck.run;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Watch;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended.
 *
 * @param <T> the type of its result
 */
public final class CallResult<T> {
    private final @Nullable T result;
    private final @Nullable Throwable thrown;
    private final boolean open;
    private final boolean atOnce;

    private CallResult(@Nullable T result, @Nullable Throwable thrown, boolean open, boolean atOnce) {
        this.result = result;
        this.thrown = thrown;
        this.open = open;
        this.atOnce = atOnce;
    }

    public static <T> CallResult<T> with(@Nullable T result, @Nullable Throwable failure) {
        Throwable thrown = failure;
        while (thrown instanceof CompletionException && thrown.getCause() != null) {
            thrown = thrown.getCause();
        }
        return new CallResult<>(result, thrown, false, false);
    }

    /** The method itself threw an exception. */
    public static <T> CallResult<T> thrown(RuntimeException thrown) {
        return new CallResult<>(null, thrown, false, true);
    }

    public static <T> CallResult<T> open() {
        return new CallResult<>(null, null, true, false);
    }

    /** Whether the call has not ended. */
    public boolean isOpen() {
        return open;
    }

    /** Whether the method itself threw, so that there is no stage. */
    public boolean threwAtOnce() {
        return atOnce;
    }

    /** What the call failed with, without the {@link CompletionException} around it. */
    @Nullable
    public Throwable thrown() {
        return thrown;
    }

    public boolean succeeded() {
        return !open && thrown == null;
    }

    /** The result of a call that succeeded. Void calls have none, and their result is never read. */
    @SuppressWarnings("NullAway")
    public T result() {
        return result;
    }

    public Optional<BackendException> failure() {
        return thrown instanceof BackendException failure ? Optional.of(failure) : Optional.empty();
    }

    public boolean failedAs(Outcome outcome) {
        return failure().filter(failure -> failure.outcome() == outcome).isPresent();
    }

    /** Whether the call was refused: NOT_APPLIED for good, or an {@link IllegalArgumentException}. */
    public boolean isRefused() {
        return thrown instanceof IllegalArgumentException
                || failure()
                        .filter(failure -> failure.outcome() == Outcome.NOT_APPLIED && failure.permanent())
                        .isPresent();
    }

    @Override
    public String toString() {
        if (open) {
            return "not ended";
        }
        if (thrown instanceof BackendException failure) {
            return failure.outcome() + (failure.permanent() ? " (permanent): " : ": ") + failure.getMessage();
        }
        if (thrown != null) {
            return thrown.toString();
        }
        if (result instanceof Snapshot snapshot) {
            return describe(snapshot);
        }
        if (result instanceof CommitResult.Committed committed) {
            return "Committed at " + committed.revision()
                    + committed.snapshot().map(s -> ", returned " + describe(s)).orElse("");
        }
        if (result instanceof CommitResult.Conflict conflict) {
            return "Conflict"
                    + conflict.snapshot().map(s -> ", returned " + describe(s)).orElse("");
        }
        if (result instanceof Lease lease) {
            return "lease " + lease.id() + " of " + lease.ttl();
        }
        return result instanceof Watch ? "live" : String.valueOf(result);
    }

    public static String describe(Snapshot snapshot) {
        StringBuilder text = new StringBuilder("[");
        int shown = 0;
        for (io.sereno.spi.Entry entry : snapshot.entries()) {
            if (shown == 8) {
                text.append(", ... ").append(snapshot.entries().size()).append(" in all");
                break;
            }
            text.append(shown++ == 0 ? "" : ", ").append(describe(entry));
        }
        return text.append(snapshot.more() ? ", more]" : "]").toString();
    }

    public static String describe(io.sereno.spi.Entry entry) {
        return entry.name() + "@" + entry.createRevision()
                + (entry.modRevision() == entry.createRevision() ? "" : "/" + entry.modRevision())
                + (entry.leaseId() == 0 ? "" : " lease " + entry.leaseId());
    }
}
