package io.sereno.spi;

/** What to read of one directory. */
public sealed interface Query {
    String directory();

    record All(String directory) implements Query {}

    record One(String directory, String name) implements Query {}

    record Range(String directory, String after, int limit) implements Query {}
}
