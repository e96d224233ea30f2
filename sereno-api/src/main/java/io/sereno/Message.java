package io.sereno;

import java.time.Instant;
import java.util.Objects;

public record Message<T>(long offset, T payload, String publisher, Instant publishedAt) {
    public Message {
        if (offset < 1) {
            throw new IllegalArgumentException("offset is " + offset + "; 1 or more is accepted");
        }
        Objects.requireNonNull(payload, "payload");
        Objects.requireNonNull(publisher, "publisher");
        Objects.requireNonNull(publishedAt, "publishedAt");
    }
}
