package io.sereno.recipes;

import io.sereno.NotAppliedException;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.spi.BackendException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the errors of one recipe instance have in common: recipe, name, backend. */
record Scope(Kernel kernel, String recipe, String name) {
    NotAppliedException notApplied(String operation, @Nullable BackendException because) {
        String reason = because == null ? "the store has not answered" : String.valueOf(because.getMessage());
        String advice = because != null && because.permanent()
                ? "repeating will not help until this is mended"
                : "nothing was changed, the call may be repeated";
        return new NotAppliedException(about(operation) + ": " + reason + "; " + advice, because);
    }

    SerenoClosedException closed(String operation) {
        return new SerenoClosedException(about(operation) + ": this Sereno was closed; connect anew");
    }

    String about(String operation) {
        return operation + " of " + recipe + " '" + name + "' on " + kernel.backend();
    }

    static Duration checkTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: " + timeout + "; zero or more is accepted");
        }
        return timeout;
    }
}
