package io.sereno;

/** Durable: remembered by name, at least once, one active reader a name. */
public sealed interface From {
    record Now() implements From {}

    record Earliest() implements From {}

    record Offset(long offset) implements From {}

    record Durable(String name) implements From {}
}
