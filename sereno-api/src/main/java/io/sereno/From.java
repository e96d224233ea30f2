package io.sereno;

import io.sereno.spi.Names;

/** Durable: remembered by name, at least once, one active reader a name. */
public sealed interface From {
    record Now() implements From {}

    record Earliest() implements From {}

    record Offset(long offset) implements From {
        public Offset {
            if (offset < 1) {
                throw new IllegalArgumentException("offset is " + offset + "; 1 or more is accepted");
            }
        }
    }

    record Durable(String name) implements From {
        public Durable {
            Names.check("name of a durable reader", name, Sereno.MAX_NAME_BYTES);
        }
    }
}
