package io.sereno.spi;

import java.time.Duration;
import java.util.Set;

/** The one place for these facts: the kit reads them here, a fixture repeats none. */
public record Guarantees(
        String backend,
        String serverVersion,
        Set<Promise> promises,
        Duration leastTtl,
        Duration greatestTtl,
        Duration ttlGranularity,
        Duration expiryLateness,
        Duration recovery,
        Duration emptyDirectoryGrace,
        int maxLeases,
        int maxLeaseBytes,
        int maxValueBytes,
        int maxCommitBytes,
        int maxListingBytes,
        int maxConditions,
        int maxWrites) {}
