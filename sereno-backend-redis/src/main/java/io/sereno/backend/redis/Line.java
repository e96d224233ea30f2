package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A connection of Lettuce.
 *
 * @param channels the same connection, if it may subscribe to channels
 */
record Line(
        StatefulRedisConnection<String, byte[]> lettuce,
        Optional<StatefulRedisPubSubConnection<String, byte[]>> channels) {
    static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    // Lettuce's own stages lack what CompletionStage has had since Java 12: exceptionallyCompose() never completes.

    static CompletableFuture<Line> forCalls(RedisClient client, RedisURI server) {
        return client.connectAsync(CODEC, server)
                .toCompletableFuture()
                .thenApply(made -> new Line(made, Optional.empty()));
    }

    static CompletableFuture<Line> forNotices(RedisClient client, RedisURI server) {
        return client.connectPubSubAsync(CODEC, server)
                .toCompletableFuture()
                .thenApply(made -> new Line(made, Optional.of(made)));
    }
}
