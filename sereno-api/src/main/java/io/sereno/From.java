package io.sereno;

import io.sereno.spi.Names;

/** Where in a topic to begin. */
public sealed interface From {
    /** With the first message that is published afterwards. */
    record Now() implements From {}

    /** With the first message that is kept. */
    record Earliest() implements From {}

    /**
     * With this message. If it was taken by retention already, with a {@link Gap}.
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
     * Behind what was acknowledged under this name. A name that nobody has read under begins with the first message that
     * is kept, and from then on hears of a {@link Gap} when retention takes what it has not had. At least once: what was
     * not acknowledged comes again. One is active for each name at a time; others wait to take over.
     *
     * @param name of the position, which is stored until the topic is deleted
     */
    record Durable(String name) implements From {
        /** Checks the name. */
        public Durable {
            Names.check("name of a durable reader", name, Sereno.MAX_NAME_BYTES);
        }
    }
}
