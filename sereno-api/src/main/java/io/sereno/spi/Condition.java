package io.sereno.spi;

import java.util.Objects;

public sealed interface Condition {
    String name();

    record Absent(String name) implements Condition {
        public Absent {
            Objects.requireNonNull(name, "name");
        }
    }

    record Present(String name) implements Condition {
        public Present {
            Objects.requireNonNull(name, "name");
        }
    }

    record CreateRevision(String name, long revision) implements Condition {
        public CreateRevision {
            Objects.requireNonNull(name, "name");
            Entry.checkRevision("revision", revision, 1);
        }
    }

    record ModRevision(String name, long revision) implements Condition {
        public ModRevision {
            Objects.requireNonNull(name, "name");
            Entry.checkRevision("revision", revision, 1);
        }
    }
}
