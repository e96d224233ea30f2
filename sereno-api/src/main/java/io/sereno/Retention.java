package io.sereno;

import java.time.Duration;
import java.util.Optional;

public record Retention(int maxMessages, Optional<Duration> maxAge) {}
