package io.sereno.backend.etcd;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.time.Duration;
import java.util.Set;

/**
 * What etcd promises and how much it accepts, by its defaults: 128 operations in a transaction, and 1.5 MiB in a request,
 * a third of which is reserved for what surrounds names and values. A server with lower limits refuses by itself.
 */
final class EtcdLimits {
    private static final int MAX_CONDITIONS = 128;
    /** One operation less than etcd accepts: the read that comes with the writes counts too. */
    private static final int MAX_WRITES = 127;

    private static final int MAX_VALUE_BYTES = 512 << 10;
    private static final int MAX_COMMIT_BYTES = 1 << 20;
    private static final int MAX_LISTING_BYTES = 16 << 20;
    /**
     * The largest answer that is read into memory. It leaves room for what etcd sends besides names and values: each key begins with
     * the namespace and the directory, and an entry has some 40 bytes of numbers.
     */
    static final int MAX_ANSWER_BYTES = 2 * MAX_LISTING_BYTES;

    private EtcdLimits() {}

    static Guarantees guarantees(String serverVersion, Duration leastTtl, Duration recovery) {
        return Guarantees.builder("etcd", leastTtl, Duration.ofDays(365))
                .serverVersion(serverVersion)
                .promises(Set.of(
                        Promise.SNAPSHOT_READS,
                        Promise.DURABLE,
                        Promise.FAIL_OVER_SAFE,
                        Promise.REVISIONS_SURVIVE_FAIL_OVER,
                        Promise.STORE_WIDE_REVISIONS,
                        Promise.MANY_PROCESSES,
                        Promise.LISTS_DIRECTORIES))
                .ttlGranularity(Duration.ofSeconds(1))
                // etcd looks for expired leases twice a second and ends at most 500 at a time.
                .expiryLateness(Duration.ofSeconds(2))
                .recovery(recovery)
                .maxLeases(Integer.MAX_VALUE)
                .maxLeaseBytes(Integer.MAX_VALUE)
                .maxValueBytes(MAX_VALUE_BYTES)
                .maxCommitBytes(MAX_COMMIT_BYTES)
                .maxListingBytes(MAX_LISTING_BYTES)
                .maxConditions(MAX_CONDITIONS)
                .maxWrites(MAX_WRITES)
                .build();
    }

    static void check(Duration ttl, Guarantees guarantees) {
        if (ttl.isZero() || ttl.isNegative() || ttl.compareTo(guarantees.greatestTtl()) > 0) {
            throw refused("a lease of " + ttl + "; more than zero and at most " + guarantees.greatestTtl()
                    + " is accepted, and a ttl below " + guarantees.leastTtl() + " is raised to it");
        }
    }

    /** The commit stands even if what it was to return is too large. */
    static CommitResult withoutListingsTooLarge(CommitResult result, Guarantees guarantees) {
        if (result instanceof CommitResult.Committed committed) {
            return new CommitResult.Committed(
                    committed.revision(), committed.snapshot().filter(guarantees::fits));
        }
        return result instanceof CommitResult.Conflict conflict
                ? new CommitResult.Conflict(conflict.snapshot().filter(guarantees::fits))
                : result;
    }

    /** Only the first bytes of the answer were read, since it is larger than {@link #MAX_ANSWER_BYTES}. */
    static BackendException tooLargeToRead(Outcome outcome, String directory, CallFailure failure) {
        return new BackendException(
                outcome,
                true,
                "the answer with the entries of directory '" + directory + "' has more than " + MAX_ANSWER_BYTES
                        + " bytes and was not read; read page by page",
                failure);
    }

    static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }
}
