package io.sereno.spi;

public sealed interface Condition {
    String name();

    record Absent(String name) implements Condition {}

    record Present(String name) implements Condition {}

    record CreateRevision(String name, long revision) implements Condition {}

    record ModRevision(String name, long revision) implements Condition {}
}
