package io.sereno;

import io.sereno.spi.Names;

/**
 * Where a reader of a topic begins: {@link #now()}, {@link #earliest()}, {@link #offset(long)} or
 * {@link #durable(String)}.
 */
public sealed interface From {
    /**
     * At the first message that is published afterwards.
     *
     * @return the place, without I/O
     */
    static From now() {
        return new Now();
    }

    /**
     * At the first message that is kept.
     *
     * @return the place, without I/O
     */
    static From earliest() {
        return new Earliest();
    }

    /**
     * At this message; if retention has already taken it, with a {@link Gap}.
     *
     * @param offset 1 or more; may lie ahead
     * @return the place, without I/O
     * @throws IllegalArgumentException if the offset is below 1
     */
    static From offset(long offset) {
        return new Offset(offset);
    }

    /**
     * After the last message that was acknowledged under this name, as {@link Durable} says.
     *
     * @param name of the position; the position is stored until the topic is deleted
     * @return the place, without I/O
     * @throws IllegalArgumentException if the name is empty, longer than {@value Sereno#MAX_NAME_BYTES} bytes of UTF-8,
     *     or not well-formed Unicode without U+0000
     */
    static From durable(String name) {
        return new Durable(name);
    }

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
