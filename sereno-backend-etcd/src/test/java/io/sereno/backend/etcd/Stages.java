package io.sereno.backend.etcd;

import io.sereno.spi.BackendException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Waits for the answers of a backend. */
final class Stages {
    /** Far longer than every timeout in these tests, so a stage that takes this long never ends. */
    private static final long FOR_EVER_SECONDS = 60;

    private Stages() {}

    static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(FOR_EVER_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** The failure of the stage. */
    static BackendException failure(CompletionStage<?> stage) {
        Object result;
        try {
            result = await(stage);
        } catch (CompletionException e) {
            Throwable cause = Failures.unwrap(e);
            if (cause instanceof BackendException failure) {
                return failure;
            }
            throw new AssertionError("failed with something else than a BackendException", cause);
        }
        throw new AssertionError("did not fail; the result is " + result);
    }
}
