package io.sereno.recipes.client;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.kernel.Errors;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.spi.BackendException;
import io.sereno.spi.Names;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the errors of one recipe instance have in common: recipe, name, backend. */
public record Scope(Kernel kernel, String recipe, String name) implements Errors {
    /** A longer timeout would make no difference, and its nanoseconds would overflow. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    @Override
    public NotAppliedException notApplied(String operation, @Nullable BackendException because) {
        String reason = because == null ? "the store has not answered" : messageOf(because);
        String advice = because != null && because.permanent()
                ? "a retry will not help until the cause is fixed"
                : "nothing was changed; the call may be repeated";
        return new NotAppliedException(about(operation) + ": " + reason + "; " + advice, because);
    }

    @Override
    public OutcomeUnknownException outcomeUnknown(String operation, @Nullable BackendException because) {
        String reason = because == null ? "no answer in time" : messageOf(because);
        return new OutcomeUnknownException(
                about(operation) + ": " + reason
                        + "; it may have taken effect, or may still take effect: check before you repeat it",
                because);
    }

    @Override
    public SerenoClosedException closed(String operation) {
        return new SerenoClosedException(about(operation) + ": this Sereno was closed; connect again");
    }

    /** Called at the first failure of a series. The operation is retried; this reports why it takes so long. */
    public void retrying(String operation, Throwable why) {
        kernel.events().retrying(recipe, name, operation, about(operation), why);
    }

    /** A store's message may repeat parts of the request, with names as they are. */
    private static String messageOf(BackendException because) {
        return Names.printable(String.valueOf(because.getMessage()));
    }

    public String about(String operation) {
        return operation + " of " + recipe + " '" + Names.printable(name) + "' on " + kernel.backend();
    }

    public static Duration checkTimeout(Duration timeout) {
        Objects.requireNonNull(timeout, "timeout is null");
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: " + timeout + "; zero or more is accepted");
        }
        return timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    }
}
