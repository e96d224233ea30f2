package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LineTest {
    private final Throwable withoutReason = new RedisConnectionException(
            "Unable to connect", new IllegalStateException("RedisHandshakeHandler not registered"));

    /** As when the connection had ended before Lettuce looked at its handshake. */
    @Test
    void anAttemptWithoutAReasonIsRepeatedUntilTheReasonIsKnown() {
        Throwable refusal = new RedisConnectionException(
                "Unable to connect", new RedisCommandExecutionException("WRONGPASS invalid username-password pair"));
        Queue<Throwable> failures = new ArrayDeque<>(List.of(withoutReason, withoutReason, refusal));

        CompletableFuture<String> line = Line.dial(() -> CompletableFuture.failedFuture(failures.remove()));

        assertThat(line).isCompletedExceptionally();
        assertThat(line.handle((made, failure) -> Errors.unwrap(failure)).join())
                .isSameAs(refusal);
        assertThat(failures).isEmpty();
    }

    @Test
    void afterFiveAttemptsWithoutAReasonTheLastFailureIsReported() {
        int[] attempts = {0};

        CompletableFuture<String> line = Line.dial(() -> {
            attempts[0]++;
            return CompletableFuture.failedFuture(withoutReason);
        });

        assertThat(line.handle((made, failure) -> Errors.unwrap(failure)).join())
                .isSameAs(withoutReason);
        assertThat(attempts[0]).isEqualTo(5);
    }
}
