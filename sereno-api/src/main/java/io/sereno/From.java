package io.sereno;

import io.sereno.spi.Names;

/** Where a reader of a topic begins. */
public sealed interface From {
    /** At the first message that is published afterwards. */
    record Now() implements From {}

    /** At the first message that is kept. */
    record Earliest() implements From {}

    /**
     * At this message; if retention has already taken it, with a {@link Gap}.
     *
     * @param offset 1 or more; may lie ahead
     */
    record Offset(long offset) implements From {
        /** Refuses an offset below 1. */
        public Offset {
            if (offset < 1) {
                throw new IllegalArgumentException("offset is " + offset + "; 1 or more is accepted");
            }
        }
    }

    /**
     * After the last message that was acknowledged under this name. A name that has never had a reader begins at the
     * first message that is kept; from then on its readers get a {@link Gap} if retention takes messages that they have
     * not had. Delivery is at least once: messages that were not acknowledged are delivered again. One reader is active
     * for each name at a time; others wait to take over.
     *
     * @param name of the position; the position is stored until the topic is deleted
     */
    record Durable(String name) implements From {
        /** Checks the name. */
        public Durable {
            Names.check("name of a durable reader", name, Sereno.MAX_NAME_BYTES);
        }
    }
}
