package io.sereno.backend.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Names;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.stream.Stream;

/** How much one call may carry. Redis takes far more; but while it works on one call, everybody else waits. */
final class Limits {
    static final int OPERATIONS = 128;
    static final int VALUE_BYTES = 1 << 20;
    static final int COMMIT_BYTES = 4 << 20;
    static final int LISTING_BYTES = 8 << 20;
    static final Duration LEAST_TTL = Duration.ofMillis(10);
    static final Duration GREATEST_TTL = Duration.ofDays(365);

    private Limits() {}

    /** Checks what a commit carries. */
    static void check(Commit commit) {
        checkCount("conditions", commit.conditions().size());
        checkCount("writes", commit.writes().size());
        long bytes = 0;
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                int size = put.value().size();
                if (size > VALUE_BYTES) {
                    throw refused("the value of entry '" + put.name() + "' has " + size + " bytes; at most "
                            + VALUE_BYTES + " are accepted");
                }
                bytes += size;
            }
        }
        // Names are measured only when they can matter: each takes 512 bytes at most.
        if (bytes > COMMIT_BYTES - 2 * OPERATIONS * Names.MAX_BYTES && bytes + nameBytes(commit) > COMMIT_BYTES) {
            throw refused("the names and values of the commit to directory '" + commit.directory() + "' have "
                    + (bytes + nameBytes(commit)) + " bytes together; at most " + COMMIT_BYTES + " are accepted");
        }
    }

    /** Rounds a ttl up to what Redis measures. */
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

    private static long nameBytes(Commit commit) {
        return Stream.concat(
                        commit.conditions().stream().map(Condition::name),
                        commit.writes().stream().map(Write::name))
                .mapToLong(name -> name.getBytes(UTF_8).length)
                .sum();
    }

    private static void checkCount(String what, int count) {
        if (count > OPERATIONS) {
            throw refused(count + " " + what + " in one commit; at most " + OPERATIONS + " are accepted");
        }
    }
}
