package io.sereno.backend.etcd;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What etcd promises and how much it takes, by its defaults: 128 operations in a transaction, and 1.5 MiB in a request, of
 * which a third is left for what is around names and values. A server that was set to less refuses by itself.
 */
final class EtcdLimits {
    private static final int MAX_CONDITIONS = 128;
    /** One operation less than etcd takes: the read that comes along is one too. */
    private static final int MAX_WRITES = 127;

    private static final int MAX_VALUE_BYTES = 512 << 10;
    private static final int MAX_COMMIT_BYTES = 1 << 20;
    private static final int MAX_LISTING_BYTES = 16 << 20;
    /**
     * The largest answer that is read into memory. It leaves room for what etcd sends beside names and values: each key begins with the
     * namespace and the directory, and an entry has some 40 bytes of numbers.
     */
    static final int MAX_ANSWER_BYTES = 2 * MAX_LISTING_BYTES;

    private EtcdLimits() {}

    static Guarantees guarantees(String serverVersion, Duration leastTtl, Duration operationTimeout) {
        return new Guarantees(
                "etcd",
                serverVersion,
                Set.of(
                        Promise.SNAPSHOT_READS,
                        Promise.DURABLE,
                        Promise.FAIL_OVER_SAFE,
                        Promise.REVISIONS_SURVIVE_FAIL_OVER,
                        Promise.MANY_PROCESSES),
                leastTtl,
                Duration.ofDays(365),
                Duration.ofSeconds(1),
                // etcd looks for expired leases twice a second and ends at most 500 at a time.
                Duration.ofSeconds(2),
                // A call may first have to find out, by not being answered, that its connection leads nowhere any more.
                operationTimeout.plusSeconds(1),
                Duration.ZERO,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                MAX_VALUE_BYTES,
                MAX_COMMIT_BYTES,
                MAX_LISTING_BYTES,
                MAX_CONDITIONS,
                MAX_WRITES);
    }

    static void check(Commit commit) {
        checkCount("conditions", commit.conditions().size(), MAX_CONDITIONS);
        checkCount("writes", commit.writes().size(), MAX_WRITES);
        long bytes = Stream.concat(
                        commit.conditions().stream().map(Condition::name),
                        commit.writes().stream().map(Write::name))
                .mapToLong(name -> name.getBytes(UTF_8).length)
                .sum();
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                int size = put.value().size();
                if (size > MAX_VALUE_BYTES) {
                    throw refused("the value of entry '" + put.name() + "' has " + size + " bytes, at most "
                            + MAX_VALUE_BYTES + " are accepted");
                }
                bytes += size;
            }
        }
        if (bytes > MAX_COMMIT_BYTES) {
            throw refused("the names and values of the commit to directory '" + commit.directory() + "' have " + bytes
                    + " bytes together, at most " + MAX_COMMIT_BYTES + " are accepted");
        }
    }

    static void check(Duration ttl, Guarantees guarantees) {
        if (ttl.isZero() || ttl.isNegative() || ttl.compareTo(guarantees.greatestTtl()) > 0) {
            throw refused("a lease of " + ttl + "; more than zero and at most " + guarantees.greatestTtl()
                    + " is accepted, and what is less than " + guarantees.leastTtl() + " is raised to that");
        }
    }

    static Snapshot checkListing(String directory, Snapshot snapshot) {
        long bytes = bytes(snapshot);
        if (bytes > MAX_LISTING_BYTES) {
            throw refused("the entries asked for of directory '" + directory + "' have " + bytes
                    + " bytes of names and values, at most " + MAX_LISTING_BYTES
                    + " are given in one answer; read page by page");
        }
        return snapshot;
    }

    /** What a commit did stands, also when what it was to return is too large. */
    static CommitResult withoutListingsTooLarge(CommitResult result) {
        if (result instanceof CommitResult.Committed committed) {
            return new CommitResult.Committed(committed.revision(), fitting(committed.snapshot()));
        }
        return result instanceof CommitResult.Conflict conflict
                ? new CommitResult.Conflict(fitting(conflict.snapshot()))
                : result;
    }

    private static Optional<Snapshot> fitting(Optional<Snapshot> snapshot) {
        return snapshot.filter(read -> bytes(read) <= MAX_LISTING_BYTES);
    }

    private static long bytes(Snapshot snapshot) {
        List<Entry> entries = snapshot.entries();
        long bytes = 0;
        for (Entry entry : entries) {
            bytes += entry.value().size();
        }
        // Names take 512 bytes at most; they are measured only when they can matter.
        return bytes + 512L * entries.size() <= MAX_LISTING_BYTES
                ? bytes
                : bytes
                        + entries.stream()
                                .mapToLong(entry -> entry.name().getBytes(UTF_8).length)
                                .sum();
    }

    /** An answer of which no more than the first bytes were read, since it is larger than {@link #MAX_ANSWER_BYTES}. */
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

    private static void checkCount(String what, int count, int most) {
        if (count > most) {
            throw refused(count + " " + what + " in one commit, at most " + most + " are accepted");
        }
    }
}
