package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.Message;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader begins.
 *
 * @param feed the feed to read from
 * @param durableName the name of the durable position; null without one
 * @param queueDirectory the queue of readers that want to read under that name
 */
record TopicPlace(
        TopicFeed feed,
        @Nullable String durableName,
        @Nullable String queueDirectory) {
    /** The durable position; null without a name. */
    @Nullable
    TopicPosition position(TopicCursor cursor) {
        return durableName == null || queueDirectory == null
                ? null
                : new TopicPosition(feed, durableName, queueDirectory, cursor);
    }

    static <T> Message<T> message(TopicCursor.Next.One one, Codec<T> codec) {
        TopicBatch batch = one.batch();
        T payload = Objects.requireNonNull(codec.decode(batch.message(one.offset())), "codec.decode returned null");
        return new Message<>(one.offset(), payload, batch.publisher(), batch.publishedAt());
    }
}
