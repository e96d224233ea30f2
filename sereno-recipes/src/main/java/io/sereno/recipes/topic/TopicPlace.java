package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.Message;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader begins.
 *
 * @param feed what it reads from
 * @param durableName under which it reads; null for a place that nobody remembers
 * @param queueDirectory where those wait who want to read under that name
 */
record TopicPlace(
        TopicFeed feed,
        @Nullable String durableName,
        @Nullable String queueDirectory) {
    /** Null for a place that nobody remembers. */
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
