package io.sereno;

import java.time.Instant;
import java.util.Objects;

/**
 * A message of a topic.
 *
 * @param <T> the type of the payload
 * @param offset its place in the stream, 1 or more
 * @param payload the content
 * @param publisher node id of the client that published it
 * @param publishedAt when it was published, by that client's wall clock; informative: the order is that of offsets
 */
public record Message<T>(long offset, T payload, String publisher, Instant publishedAt) {
    /** Refuses an offset below 1. */
    public Message {
        if (offset < 1) {
            throw new IllegalArgumentException("offset is " + offset + "; 1 or more is accepted");
        }
        Objects.requireNonNull(payload, "payload");
        Objects.requireNonNull(publisher, "publisher");
        Objects.requireNonNull(publishedAt, "publishedAt");
    }
}
