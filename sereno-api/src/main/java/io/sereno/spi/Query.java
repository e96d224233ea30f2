package io.sereno.spi;

/** A read of one directory. Names are checked when the query is made. */
public sealed interface Query {
    /**
     * The directory to read.
     *
     * @return the path of the directory
     */
    String directory();

    /**
     * Every entry.
     *
     * @param directory the path of the directory
     */
    record All(String directory) implements Query {
        /** Checks the path. */
        public All {
            Names.checkDirectory(directory);
        }
    }

    /**
     * One entry; the answer has one entry or none.
     *
     * @param directory the path of the directory
     * @param name of the entry
     */
    record One(String directory, String name) implements Query {
        /** Checks path and name. */
        public One {
            Names.checkEntry(directory, name);
        }
    }

    /**
     * The first entries after a name, to read a large directory page by page (READ-5).
     *
     * @param directory the path of the directory
     * @param after the name after which to begin, itself excluded, whether there is such an entry or not; empty to
     *     begin at the first entry
     * @param limit the most entries to return, 1 or more
     */
    record Range(String directory, String after, int limit) implements Query {
        /** Checks path, name and limit. */
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
