package io.sereno.backend.postgresql;

import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** What the backend accepts and promises. */
final class Limits {
    static final int VALUE_BYTES = 512 * 1024;
    static final int COMMIT_BYTES = 1024 * 1024;
    static final int LISTING_BYTES = 8 * 1024 * 1024;

    /** How often watches poll behind a pooler. */
    static final Duration POLL = Duration.ofMillis(500);

    /** Of a server with usual settings and without a pooler. */
    static final Guarantees GUARANTEES = Guarantees.builder("postgresql", Duration.ofMillis(100), Duration.ofDays(365))
            .ttlGranularity(Duration.ofNanos(1_000))
            // Somebody looks for expired leases each second at least; this leaves a second for many at once.
            .expiryLateness(Duration.ofSeconds(2))
            .recovery(Duration.ofSeconds(5))
            // The entries of a lease that has expired, until somebody looks.
            .emptyDirectoryGrace(Duration.ofSeconds(2))
            .maxLeases(Integer.MAX_VALUE)
            .maxLeaseBytes(Integer.MAX_VALUE)
            .maxValueBytes(VALUE_BYTES)
            .maxCommitBytes(COMMIT_BYTES)
            .maxListingBytes(LISTING_BYTES)
            .maxConditions(128)
            .maxWrites(128)
            .promises(promises(true))
            .build();

    private Limits() {}

    static Guarantees of(ServerFacts server, boolean pooled) {
        return GUARANTEES.toBuilder()
                .serverVersion(server.version())
                .promises(promises(server.durable()))
                .noticeLateness(pooled ? POLL : Duration.ZERO)
                .build();
    }

    private static Set<Promise> promises(boolean durable) {
        Set<Promise> promises = EnumSet.allOf(Promise.class);
        promises.remove(Promise.FAIL_OVER_SAFE); // A replica that lags may be promoted.
        if (!durable) {
            promises.remove(Promise.DURABLE);
        }
        return promises;
    }
}
