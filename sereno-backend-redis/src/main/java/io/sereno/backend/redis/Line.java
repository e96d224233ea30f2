package io.sereno.backend.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A connection of Lettuce.
 *
 * @param channels the same connection, if it may subscribe to channels
 * @param client that made it
 */
record Line(
        StatefulRedisConnection<String, byte[]> lettuce,
        Optional<StatefulRedisPubSubConnection<String, byte[]>> channels,
        LettuceClient client) {
    static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    // Lettuce's own stages lack what CompletionStage has had since Java 12: exceptionallyCompose() never completes.

    static CompletableFuture<Line> forCalls(LettuceClient client, RedisURI server) {
        return dial(() -> client.client()
                .connectAsync(CODEC, server)
                .toCompletableFuture()
                .thenApply(made -> new Line(made, Optional.empty(), client)));
    }

    static CompletableFuture<Line> forNotices(LettuceClient client, RedisURI server) {
        return dial(() -> client.client()
                .connectPubSubAsync(CODEC, server)
                .toCompletableFuture()
                .thenApply(made -> new Line(made, Optional.of(made), client)));
    }

    /** Closes it without waiting for the end. Once is enough: Lettuce would warn about a second close. */
    void end() {
        client.end(lettuce);
    }

    /**
     * Dials again, up to four times, where Lettuce does not say why the handshake failed. Lettuce looks for its handshake
     * when the connection has been made. By then the handshake may have failed already, for instance by a wrong password,
     * and the connection may have ended; then Lettuce throws an IllegalStateException in place of the failure.
     */
    static <T> CompletableFuture<T> dial(Supplier<CompletableFuture<T>> attempt) {
        return dial(attempt, 4);
    }

    private static <T> CompletableFuture<T> dial(Supplier<CompletableFuture<T>> attempt, int further) {
        return attempt.get()
                .exceptionallyCompose(failure -> further > 0 && isWithoutReason(failure)
                        ? dial(attempt, further - 1)
                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean isWithoutReason(Throwable failure) {
        return failure instanceof IllegalStateException
                || (failure.getCause() != null && isWithoutReason(failure.getCause()));
    }
}
