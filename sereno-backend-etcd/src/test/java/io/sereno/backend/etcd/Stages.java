package io.sereno.backend.etcd;

import io.sereno.spi.BackendException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Waiting for what a backend answers. */
final class Stages {
    /** Far beyond every timeout in these tests: reaching it is a stage that never ends. */
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
