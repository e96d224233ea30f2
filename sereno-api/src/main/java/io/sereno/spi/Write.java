package io.sereno.spi;

import java.util.Objects;

/** The lease goes by id, so that decorators (recorder, faults) may wrap Lease. */
public sealed interface Write {
    String name();

    record Put(String name, Bytes value, long leaseId) implements Write {
        public Put {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(value, "value");
        }
    }

    record Delete(String name) implements Write {
        public Delete {
            Objects.requireNonNull(name, "name");
        }
    }
}
