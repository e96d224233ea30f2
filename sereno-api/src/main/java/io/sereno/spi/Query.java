package io.sereno.spi;

/** What to read of one directory. */
public sealed interface Query {
    String directory();

    record All(String directory) implements Query {
        public All {
            Names.checkDirectory(directory);
        }
    }

    record One(String directory, String name) implements Query {
        public One {
            Names.checkEntry(directory, name);
        }
    }

    record Range(String directory, String after, int limit) implements Query {
        public Range {
            if (after.isEmpty()) {
                Names.checkDirectory(directory);
            } else {
                Names.checkEntry(directory, after);
            }
            if (limit < 1) {
                throw new IllegalArgumentException("limit is " + limit + "; 1 or more is accepted");
            }
        }
    }
}
