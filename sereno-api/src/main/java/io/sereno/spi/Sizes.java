package io.sereno.spi;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendException.Outcome;
import java.util.stream.Stream;

/** Checks the sizes of commits and snapshots against the limits. */
final class Sizes {
    private Sizes() {}

    static void requireFits(Commit commit, Guarantees limits) {
        int conditions = commit.conditions().size();
        int writes = commit.writes().size();
        requireCount("conditions", conditions, limits.maxConditions());
        requireCount("writes", writes, limits.maxWrites());
        long bytes = 0;
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                int size = put.value().size();
                if (size > limits.maxValueBytes()) {
                    throw refused("the value of entry '" + put.name() + "' has " + size + " bytes, at most "
                            + limits.maxValueBytes() + " are accepted");
                }
                bytes += size;
            }
        }
        if (namesMatter(bytes, conditions + (long) writes, limits.maxCommitBytes())) {
            bytes += bytes(Stream.concat(
                    commit.conditions().stream().map(Condition::name),
                    commit.writes().stream().map(Write::name)));
            if (bytes > limits.maxCommitBytes()) {
                throw refused("the names and values of the commit to directory '" + commit.directory() + "' have "
                        + bytes + " bytes together, at most " + limits.maxCommitBytes() + " are accepted");
            }
        }
    }

    static void requireFits(String directory, Snapshot snapshot, Guarantees limits) {
        if (!limits.fits(snapshot)) {
            throw refused("the entries read from directory '" + directory + "' have " + bytes(snapshot)
                    + " bytes of names and values; at most " + limits.maxListingBytes()
                    + " are accepted in one answer; read page by page");
        }
    }

    static boolean fits(Snapshot snapshot, int most) {
        long values = values(snapshot);
        return !namesMatter(values, snapshot.entries().size(), most) || bytes(snapshot) <= most;
    }

    /** Names are measured only if they can matter: each takes at most {@link Names#MAX_BYTES}. */
    private static boolean namesMatter(long bytes, long names, int most) {
        return bytes + names * Names.MAX_BYTES > most;
    }

    private static long bytes(Snapshot snapshot) {
        return values(snapshot) + bytes(snapshot.entries().stream().map(Entry::name));
    }

    private static long values(Snapshot snapshot) {
        long bytes = 0;
        for (Entry entry : snapshot.entries()) {
            bytes += entry.value().size();
        }
        return bytes;
    }

    private static long bytes(Stream<String> names) {
        return names.mapToLong(name -> name.getBytes(UTF_8).length).sum();
    }

    private static void requireCount(String what, int count, int most) {
        if (count > most) {
            throw refused(count + " " + what + " in one commit, at most " + most + " are accepted");
        }
    }

    private static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }
}
