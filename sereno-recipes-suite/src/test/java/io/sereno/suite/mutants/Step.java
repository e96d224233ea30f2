package io.sereno.suite.mutants;

import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.util.Optional;

/** Steps of a store that have more than two arguments. */
interface Step {
    interface Writing {
        void of(String directory, Write write, long at);
    }

    interface Putting {
        Entry of(Write.Put put, Optional<Entry> before, long at);
    }

    interface Announcing {
        void of(String directory, String name, long at);
    }

    interface Covering {
        boolean test(PlainWatch watch, String directory, String name);
    }

    interface Noticing {
        void of(PlainWatch watch, String name, long at);
    }
}
