package io.sereno.backend.zookeeper;

import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.time.Duration;
import java.util.Set;

/**
 * The declared limits. A request beyond them is refused before it is sent: ZooKeeper answers a request that is too large by
 * breaking the connection, which leaves its outcome unknown.
 */
final class Limits {
    static final int MAX_VALUE_BYTES = 256 * 1024;
    static final int MAX_COMMIT_BYTES = 512 * 1024;
    static final int MAX_LISTING_BYTES = 4 * 1024 * 1024;
    static final int MAX_OPERATIONS = 64;
    /**
     * The most names in a directory that is listed: with names of 250 bytes they still fit into the client's buffer.
     */
    static final int MOST_LISTED = 250_000;

    private Limits() {}

    static Guarantees guarantees(Range range) {
        return Guarantees.builder("zookeeper", range.leastTtl(), range.greatestTtl())
                .promises(Set.of(
                        Promise.DURABLE,
                        Promise.FAIL_OVER_SAFE,
                        Promise.REVISIONS_SURVIVE_FAIL_OVER,
                        Promise.STORE_WIDE_REVISIONS,
                        Promise.MANY_PROCESSES,
                        Promise.LISTS_DIRECTORIES))
                .ttlGranularity(Duration.ofMillis(1))
                .expiryLateness(range.expiryLateness())
                // A client waits up to a second before it reconnects, and leaves a frozen server after two thirds of a
                // session.
                .recovery(Duration.ofSeconds(7))
                // The server looks for empty containers once a minute; usually the last commit removes the directory.
                .emptyDirectoryGrace(Duration.ofSeconds(90))
                .maxLeases(Leases.MOST)
                .maxLeaseBytes(LeaseSpace.MOST_NAMED)
                .maxValueBytes(MAX_VALUE_BYTES)
                .maxCommitBytes(MAX_COMMIT_BYTES)
                .maxListingBytes(MAX_LISTING_BYTES)
                .maxConditions(MAX_OPERATIONS)
                .maxWrites(MAX_OPERATIONS)
                .build();
    }
}
