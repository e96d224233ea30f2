package io.sereno.suite.mutants;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Failures of calls, as mutants report them. */
final class Failures {
    private Failures() {}

    static BackendException notApplied(String why) {
        return notApplied(why, null);
    }

    static BackendException notApplied(String why, @Nullable Throwable cause) {
        return new BackendException(Outcome.NOT_APPLIED, false, why, cause);
    }

    static BackendException unknown(String why) {
        return unknown(why, null);
    }

    static BackendException unknown(String why, @Nullable Throwable cause) {
        return new BackendException(Outcome.UNKNOWN, false, why, cause);
    }

    static boolean isUnknown(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof BackendException failure && failure.outcome() == Outcome.UNKNOWN;
    }
}
