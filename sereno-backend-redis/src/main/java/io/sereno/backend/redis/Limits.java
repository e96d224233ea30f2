package io.sereno.backend.redis;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.time.Duration;

/** How much one call may carry. Redis accepts far more; but while it works on one call, all others wait. */
final class Limits {
    static final int OPERATIONS = 128;
    static final int VALUE_BYTES = 1 << 20;
    static final int COMMIT_BYTES = 4 << 20;
    static final int LISTING_BYTES = 8 << 20;
    static final Duration LEAST_TTL = Duration.ofMillis(10);
    static final Duration GREATEST_TTL = Duration.ofDays(365);

    private Limits() {}

    /** Rounds a ttl up to Redis's precision. */
    static Duration checked(Duration ttl) {
        if (ttl.isNegative() || ttl.isZero() || ttl.compareTo(GREATEST_TTL) > 0) {
            throw refused("a lease of " + ttl + "; " + LEAST_TTL + " to " + GREATEST_TTL + " is accepted");
        }
        Duration rounded = Duration.ofMillis(ttl.plusNanos(999_999).toMillis());
        return rounded.compareTo(LEAST_TTL) < 0 ? LEAST_TTL : rounded;
    }

    static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }
}
