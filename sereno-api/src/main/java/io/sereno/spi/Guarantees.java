package io.sereno.spi;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/**
 * What a store promises and how much it takes, as plain facts: for users who choose one, and for the compatibility kit,
 * which measures against them (CFG-4). Recipes use only what every backend has, the least given below.
 *
 * <p>Names count with their bytes of UTF-8.
 *
 * @param backend the kind of store, for messages: {@code etcd}
 * @param serverVersion what the server says that it is; empty when it does not say
 * @param promises what it promises beyond the rules
 * @param leastTtl the shortest lease that it gives; more than zero
 * @param greatestTtl the longest lease that it gives
 * @param ttlGranularity ttls are rounded up to a multiple of it; more than zero
 * @param expiryLateness how much later than its ttl a lease may end while the servers run undisturbed (LEA-3)
 * @param recovery how soon after the network is whole again the same object works again (OUT-7)
 * @param emptyDirectoryGrace how long an emptied directory may leave something in the store (LIF-8)
 * @param maxLeases live leases of one client; at least 16 (LEA-15a)
 * @param maxLeaseBytes bytes of paths and names, together, of the entries of one lease; at least 128 KiB (LEA-15b)
 * @param maxValueBytes bytes of one value; at least 64 KiB (VAL-1b)
 * @param maxCommitBytes bytes of names and values, together, in one commit; at least 128 KiB (COM-10)
 * @param maxListingBytes bytes of names and values, together, in the answer to one read; at least 1 MiB (READ-7)
 * @param maxConditions conditions in one commit; at least 32 (COM-10)
 * @param maxWrites writes in one commit; at least 32 (COM-10)
 */
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
    /** Checks what can be checked without a server, and copies the promises. */
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
        requireAtLeast("maxLeaseBytes", maxLeaseBytes, 128 * 1024, "LEA-15b");
        requireAtLeast("maxValueBytes", maxValueBytes, 64 * 1024, "VAL-1b");
        requireAtLeast("maxCommitBytes", maxCommitBytes, 128 * 1024, "COM-10a");
        requireAtLeast("maxListingBytes", maxListingBytes, 1024 * 1024, "READ-7a");
        requireAtLeast("maxConditions", maxConditions, 32, "COM-10a");
        requireAtLeast("maxWrites", maxWrites, 32, "COM-10a");
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
