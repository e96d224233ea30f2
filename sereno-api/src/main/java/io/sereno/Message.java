package io.sereno;

import java.time.Instant;

public record Message<T>(long offset, T payload, String publisher, Instant publishedAt) {}
