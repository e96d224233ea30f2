package io.sereno.operator;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The offsets of a topic and of its durable readers, as they were read.
 *
 * @param resource the topic
 * @param low the first offset that is kept
 * @param next the offset of the next message
 * @param readers those with a stored position, in the order of their names; copied
 */
public record TopicView(Resource resource, long low, long next, List<Reader> readers) {
    /** Copies the list. */
    public TopicView {
        Objects.requireNonNull(resource, "resource");
        readers = List.copyOf(readers);
    }

    /**
     * A durable name under which the topic is read.
     *
     * @param name of the position
     * @param next the offset up to which everything was acknowledged, exclusive
     * @param lag how many messages are kept that were not acknowledged
     * @param active the seat of the client that reads under this name; empty if no client does
     */
    public record Reader(String name, long next, long lag, Optional<Seat> active) {
        /** Refuses null. */
        public Reader {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(active, "active");
        }
    }
}
