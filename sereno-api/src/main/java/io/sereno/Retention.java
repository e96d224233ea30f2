package io.sereno;

import java.time.Duration;
import java.util.Optional;

public record Retention(int maxMessages, Optional<Duration> maxAge) {
    public Retention {
        if (maxMessages < 1) {
            throw new IllegalArgumentException("maxMessages is " + maxMessages + "; 1 or more is accepted");
        }
        if (maxAge.isPresent() && (maxAge.get().isNegative() || maxAge.get().isZero())) {
            throw new IllegalArgumentException(
                    "maxAge is " + maxAge.get() + "; more than zero, or empty for no limit, is accepted");
        }
    }
}
