package io.sereno.spring.boot;

import io.sereno.NotAppliedException;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** What Spring Boot prints when the application cannot start. */
final class SerenoFailureAnalyzer extends AbstractFailureAnalyzer<SerenoException> {
    @Override
    protected @Nullable FailureAnalysis analyze(Throwable root, SerenoException cause) {
        if (cause instanceof NotAppliedException) {
            return new FailureAnalysis(
                    String.valueOf(cause.getMessage()),
                    "Start the store, or check the address in sereno.uri. If the application may start before its store, set "
                            + "sereno.connect-retry, for example to 60s.",
                    cause);
        }
        if (cause instanceof SerenoConfigurationException) {
            return new FailureAnalysis(
                    String.valueOf(cause.getMessage()), "Change the properties sereno.* or the store.", cause);
        }
        return null;
    }
}
