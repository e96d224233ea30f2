package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is declared, and refused beyond it before it is sent: ZooKeeper answers what is too large by breaking the connection,
 * which leaves its sender in doubt.
 */
final class Limits {
    static final int MAX_VALUE_BYTES = 256 * 1024;
    static final int MAX_COMMIT_BYTES = 512 * 1024;
    static final int MAX_LISTING_BYTES = 4 * 1024 * 1024;
    static final int MAX_OPERATIONS = 64;
    /** Names in a directory that is listed: with names of 250 bytes they still fit into the client's buffer. */
    static final int MOST_LISTED = 250_000;

    private Limits() {}

    static Guarantees guarantees(Range range) {
        return new Guarantees(
                "zookeeper",
                "",
                Set.of(
                        Promise.DURABLE,
                        Promise.FAIL_OVER_SAFE,
                        Promise.REVISIONS_SURVIVE_FAIL_OVER,
                        Promise.MANY_PROCESSES),
                range.leastTtl(),
                range.greatestTtl(),
                Duration.ofMillis(1),
                range.expiryLateness(),
                // A client waits up to a second before it connects again, and a frozen server is left after two thirds
                // of a session.
                Duration.ofSeconds(7),
                // The server looks for empty containers once a minute; usually the last commit removes the directory.
                Duration.ofSeconds(90),
                Leases.MOST,
                LeaseSpace.MOST_NAMED,
                MAX_VALUE_BYTES,
                MAX_COMMIT_BYTES,
                MAX_LISTING_BYTES,
                MAX_OPERATIONS,
                MAX_OPERATIONS);
    }

    /** Fails with what is too large, and what is accepted. */
    static void check(Commit commit) {
        checkCount("conditions", commit.conditions().size());
        checkCount("writes", commit.writes().size());
        long bytes = Stream.concat(
                        commit.conditions().stream().map(Condition::name),
                        commit.writes().stream().map(Write::name))
                .mapToLong(name -> name.getBytes(UTF_8).length)
                .sum();
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                int size = put.value().size();
                if (size > MAX_VALUE_BYTES) {
                    throw Failures.refused("the value of entry '" + put.name() + "' has " + size + " bytes, at most "
                            + MAX_VALUE_BYTES + " are accepted");
                }
                bytes += size;
            }
        }
        if (bytes > MAX_COMMIT_BYTES) {
            throw Failures.refused("the names and values of the commit to directory '" + commit.directory() + "' have "
                    + bytes + " bytes together, at most " + MAX_COMMIT_BYTES + " are accepted");
        }
    }

    private static void checkCount(String what, int count) {
        if (count > MAX_OPERATIONS) {
            throw Failures.refused(count + " " + what + " in one commit, at most " + MAX_OPERATIONS + " are accepted");
        }
    }
}
