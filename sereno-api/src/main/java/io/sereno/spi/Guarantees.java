package io.sereno.spi;

import java.time.Duration;
import java.util.Objects;
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
        int maxWrites) {
    public Guarantees {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(serverVersion, "serverVersion");
        promises = Set.copyOf(promises);
        requireMoreThanZero("leastTtl", leastTtl);
        requireMoreThanZero("ttlGranularity", ttlGranularity);
        if (greatestTtl.compareTo(leastTtl) < 0) {
            throw new IllegalArgumentException(
                    "greatestTtl is " + greatestTtl + "; at least leastTtl, " + leastTtl + ", is accepted");
        }
        requireNotNegative("expiryLateness", expiryLateness);
        requireNotNegative("recovery", recovery);
        requireNotNegative("emptyDirectoryGrace", emptyDirectoryGrace);
        requireAtLeast("maxLeases", maxLeases, 16, "LEA-15a");
        requireAtLeast("maxLeaseBytes", maxLeaseBytes, 64 * 1024, "LEA-15b");
        requireAtLeast("maxValueBytes", maxValueBytes, 64 * 1024, "VAL-1");
        requireAtLeast("maxCommitBytes", maxCommitBytes, 128 * 1024, "COM-10");
        requireAtLeast("maxListingBytes", maxListingBytes, 1024 * 1024, "READ-7");
        requireAtLeast("maxConditions", maxConditions, 32, "COM-10");
        requireAtLeast("maxWrites", maxWrites, 32, "COM-10");
    }

    private static void requireMoreThanZero(String what, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(what + " is " + duration + "; more than zero is accepted");
        }
    }

    private static void requireNotNegative(String what, Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException(what + " is " + duration + "; zero or more is accepted");
        }
    }

    private static void requireAtLeast(String what, int value, int least, String rule) {
        if (value < least) {
            throw new IllegalArgumentException(
                    what + " is " + value + "; every backend accepts at least " + least + " (" + rule + ")");
        }
    }
}
