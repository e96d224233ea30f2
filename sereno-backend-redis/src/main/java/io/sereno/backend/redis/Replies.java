package io.sereno.backend.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The script's answers; the script documents them. */
final class Replies {
    private Replies() {}

    static Snapshot snapshot(List<?> reply, Query query, ForeignRecords foreignRecords) {
        String directory = query.directory();
        Snapshot snapshot = snapshot(directory, reply.get(2), foreignRecords)
                .orElseThrow(() -> Limits.refused("the entries of directory '" + directory + "' have more than "
                        + Limits.LISTING_BYTES + " bytes together; read page by page"));
        if (query instanceof Query.One one
                && snapshot.entries().isEmpty()
                && reply.get(2) instanceof List<?> found
                && found.size() > 1) {
            throw foreign(directory, one.name());
        }
        return snapshot;
    }

    static CommitResult commit(List<?> reply, String directory, boolean returning, ForeignRecords foreignRecords) {
        return switch (status(reply)) {
            case "C" ->
                new Committed(
                        (Long) reply.get(1),
                        returning ? snapshot(directory, reply.get(2), foreignRecords) : Optional.empty());
            case "X" -> new Conflict(returning ? snapshot(directory, reply.get(2), foreignRecords) : Optional.empty());
            case "F" -> throw foreign(directory, text(reply.get(2)));
            case "B" ->
                throw Limits.refused(
                        "entry '" + text(reply.get(2)) + "' is bound to lease " + leaseId(text(reply.get(3)))
                                + " (0 is none) until it is deleted; a put has to name that lease");
            default -> new LeaseDead();
        };
    }

    /** The paths of a page of directories, and, if there are more, the last one as the next cursor. */
    static DirectoryPage directories(List<?> reply) {
        List<String> paths = reply.stream().skip(2).map(Replies::text).toList();
        boolean more = (Long) reply.get(1) != 0;
        return new DirectoryPage(paths, more ? Optional.of(paths.get(paths.size() - 1)) : Optional.empty());
    }

    /** Whether a grant or a renewal succeeded. */
    static boolean succeeded(List<?> reply) {
        return status(reply).equals("G");
    }

    /**
     * The result of a tick.
     *
     * @param revision the latest revision
     * @param microsToDeadline until the next lease ends; negative for never
     * @param clock the server's wall clock in microseconds
     * @param reaper whether this client wakes up for the end of a lease
     * @param subscribe the command by which the server's channels are subscribed to
     */
    record Tick(long revision, long microsToDeadline, long clock, boolean reaper, String subscribe) {
        /**
         * How far the server's clock is behind the revisions, which start from it; zero or negative if the clock is
         * right.
         */
        Duration clockBehind() {
            return Duration.of(revision - clock, ChronoUnit.MICROS);
        }
    }

    static Tick tick(List<?> reply) {
        return new Tick(
                (Long) reply.get(1),
                (Long) reply.get(2),
                (Long) reply.get(3),
                (Long) reply.get(4) != 0,
                text(reply.get(5)));
    }

    /** The layout that the first call on a connection found, if it is not the known one. */
    static Optional<String> otherLayout(List<?> reply) {
        return status(reply).equals("V") ? Optional.of(text(reply.get(1))) : Optional.empty();
    }

    /** Why this server or this user cannot publish changes, from the first call on a connection. */
    static Optional<String> refusal(List<?> reply) {
        return status(reply).equals("R") ? Optional.of(text(reply.get(1))) : Optional.empty();
    }

    private static String status(List<?> reply) {
        return text(reply.get(0));
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }

    private static Optional<Snapshot> snapshot(
            String directory, @Nullable Object found, ForeignRecords foreignRecords) {
        if (!(found instanceof List<?> list)) {
            return Optional.empty();
        }
        return Optional.of(new Snapshot(entries(directory, list, foreignRecords), (Long) list.get(0) != 0));
    }

    /** Skips records that Sereno did not write, so that none of them disables a directory. Each is logged once. */
    private static List<Entry> entries(String directory, List<?> list, ForeignRecords foreignRecords) {
        List<Entry> entries = new ArrayList<>(list.size() / 2);
        for (int i = 1; i + 1 < list.size(); i += 2) {
            String name = text(list.get(i));
            try {
                entries.add(entry(name, (byte[]) Objects.requireNonNull(list.get(i + 1))));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                foreignRecords.skipped(directory, name);
            }
        }
        return entries;
    }

    private static BackendException foreign(String directory, String name) {
        return Limits.refused(ForeignRecords.description(directory, name));
    }

    private static Entry entry(String name, byte[] record) {
        int create = blank(record, 0);
        int mod = blank(record, create + 1);
        int lease = blank(record, mod + 1);
        return new Entry(
                name,
                Bytes.copyOf(Arrays.copyOfRange(record, lease + 1, record.length)),
                number(record, 0, create),
                number(record, create + 1, mod),
                leaseId(new String(record, mod + 1, lease - mod - 1, UTF_8)));
    }

    private static int blank(byte[] record, int from) {
        int at = from;
        while (record[at] != ' ') {
            at++;
        }
        return at;
    }

    private static long number(byte[] record, int from, int to) {
        long number = 0;
        for (int i = from; i < to; i++) {
            int digit = record[i] - '0';
            if (digit < 0 || digit > 9) {
                throw new IllegalArgumentException("a revision has digits only");
            }
            number = 10 * number + digit;
        }
        return number;
    }

    private static long leaseId(String lease) {
        return lease.equals("-") ? 0 : Long.parseUnsignedLong(lease, 0, lease.indexOf(':'), 16);
    }
}
