package io.sereno.backend.postgresql;

import io.sereno.blocking.SharedWork;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code sereno.sql}, each one statement.
 *
 * @param namespace the namespace
 */
record Requests(String namespace) {
    private static final String READ = "SELECT * FROM sereno.read(?, ?, ?, ?, ?, ?, ?)";
    private static final String COMMIT = "SELECT * FROM sereno.commit(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /** What the server puts into one listing: the declared limit, and the entry that shows that there are more. */
    private static final long MAX_BYTES = Limits.LISTING_BYTES + Limits.VALUE_BYTES + 1024;

    /**
     * What the reads of all commits of a request return: it fits into the buffers between server and client, so that a client
     * that is stopped keeps no lock.
     */
    private static final long MAX_RETURNED_BYTES = 32 * 1024;

    private static final int COMMITTED = 0;
    private static final int CONFLICT = 1;
    private static final int LEASE_DEAD = 2;

    Snapshot read(Link link, Query query) throws SQLException {
        String name = query instanceof Query.One one ? one.name() : "";
        String after = query instanceof Query.Range range ? range.after() : "";
        int limit = query instanceof Query.Range range ? range.limit() : Integer.MAX_VALUE;
        // One more than asked for shows whether there are more.
        int most = (int) Math.min(limit + 1L, Integer.MAX_VALUE);
        List<Optional<Entry>> rows = read(link, query, name, after, most, true);
        if (isToBeAskedAgain(rows)) {
            rows = read(link, query, name, after, most, false);
        }
        List<Entry> entries = complete(rows)
                .orElseThrow(() -> new BackendException(
                        Outcome.NOT_APPLIED,
                        true,
                        "the listing of directory '" + query.directory() + "' is greater than the declared "
                                + Limits.LISTING_BYTES + " bytes; read it in ranges",
                        null));
        boolean more = entries.size() > limit;
        return new Snapshot(more ? entries.subList(0, limit) : entries, more);
    }

    private List<Optional<Entry>> read(Link link, Query query, String name, String after, int most, boolean settle)
            throws SQLException {
        return link.ask(
                READ,
                statement -> {
                    statement.setString(1, namespace);
                    statement.setString(2, query.directory());
                    statement.setString(3, name);
                    statement.setString(4, after);
                    statement.setInt(5, most);
                    statement.setLong(6, MAX_BYTES);
                    statement.setBoolean(7, settle);
                },
                row -> entry(row, 1));
    }

    /** The server has ended leases, and has sent nothing else while it held the directory. */
    private static boolean isToBeAskedAgain(List<Optional<Entry>> rows) {
        return rows.size() == 1
                && rows.get(0).filter(entry -> entry.name().isEmpty()).isPresent();
    }

    /** The commits to one directory that wait at the same time are one transaction. */
    record Commits(Requests requests, String directory) implements SharedWork<Link, Commit, CommitResult> {
        @Override
        public List<Optional<CommitResult>> on(Link link, List<Commit> commits) throws SQLException {
            List<CommitResult> results = requests.commit(link, directory, commits);
            return results.stream().map(Optional::of).toList();
        }
    }

    private List<CommitResult> commit(Link link, String directory, List<Commit> commits) throws SQLException {
        List<Result> rows = link.ask(
                COMMIT,
                statement -> {
                    statement.setString(1, namespace);
                    statement.setString(2, directory);
                    new Batch(commits).bind(statement);
                },
                row -> new Result(row.getInt(1), row.getLong(5), entry(row, 2)));
        List<CommitResult> results = new ArrayList<>();
        int next = 0;
        for (Commit commit : commits) {
            Result head = rows.get(next++);
            List<Optional<Entry>> read = new ArrayList<>();
            while (next < rows.size() && rows.get(next).status() > LEASE_DEAD) {
                read.add(rows.get(next++).entry());
            }
            Optional<Snapshot> snapshot = isReturned(commit)
                    ? complete(read)
                            .map(entries -> new Snapshot(entries, false))
                            .filter(Limits.GUARANTEES::fits)
                    : Optional.empty();
            results.add(
                    switch (head.status()) {
                        case COMMITTED -> new CommitResult.Committed(head.revision(), snapshot);
                        case CONFLICT -> new CommitResult.Conflict(snapshot);
                        default -> new CommitResult.LeaseDead();
                    });
        }
        return results;
    }

    /** A row of the answer to a commit: its result, or an entry of its read. */
    private record Result(int status, long revision, Optional<Entry> entry) {}

    /** A range is left to a read of its own. */
    private static boolean isReturned(Commit commit) {
        return commit.returning()
                .filter(query -> !(query instanceof Query.Range))
                .isPresent();
    }

    /** Empty for the row that stands for a listing that is too large, and for the result of a commit. */
    private static Optional<Entry> entry(ResultSet row, int first) throws SQLException {
        String name = row.getString(first);
        if (name == null) {
            return Optional.empty();
        }
        Bytes value = Bytes.copyOf(row.getBytes(first + 1));
        return Optional.of(
                new Entry(name, value, row.getLong(first + 2), row.getLong(first + 3), row.getLong(first + 4)));
    }

    private static Optional<List<Entry>> complete(List<Optional<Entry>> rows) {
        return rows.stream().allMatch(Optional::isPresent)
                ? Optional.of(rows.stream().flatMap(Optional::stream).toList())
                : Optional.empty();
    }

    /** Commits, as arrays: those of conditions have an element for each condition of all commits, and so on. */
    private record Batch(List<Commit> commits) {
        void bind(PreparedStatement statement) throws SQLException {
            List<Object> conditionOf = new ArrayList<>();
            List<Object> conditions = new ArrayList<>();
            List<Object> kinds = new ArrayList<>();
            List<Object> revisions = new ArrayList<>();
            List<Object> writeOf = new ArrayList<>();
            List<Object> writes = new ArrayList<>();
            List<byte @Nullable []> values = new ArrayList<>();
            List<Object> leased = new ArrayList<>();
            for (int i = 0; i < commits.size(); i++) {
                for (Condition condition : commits.get(i).conditions()) {
                    conditionOf.add(i + 1);
                    conditions.add(condition.name());
                    kinds.add(kind(condition));
                    revisions.add(revision(condition));
                }
                for (Write write : commits.get(i).writes()) {
                    writeOf.add(i + 1);
                    writes.add(write.name());
                    values.add(write instanceof Write.Put put ? put.value().toArray() : null);
                    leased.add(write instanceof Write.Put put && put.leaseId() != 0);
                }
            }
            array(statement, 3, "int8", commits.stream().map(Commit::leaseId).toArray(Long[]::new));
            array(statement, 4, "text", commits.stream().map(Batch::returning).toArray(String[]::new));
            statement.setLong(5, MAX_RETURNED_BYTES);
            array(statement, 6, "int4", conditionOf.toArray(Integer[]::new));
            array(statement, 7, "text", conditions.toArray(String[]::new));
            array(statement, 8, "int4", kinds.toArray(Integer[]::new));
            array(statement, 9, "int8", revisions.toArray(Long[]::new));
            array(statement, 10, "int4", writeOf.toArray(Integer[]::new));
            array(statement, 11, "text", writes.toArray(String[]::new));
            array(statement, 12, "bytea", values.toArray(byte[][]::new));
            array(statement, 13, "bool", leased.toArray(Boolean[]::new));
        }

        private static @Nullable String returning(Commit commit) {
            Query query = commit.returning().orElse(null);
            return query instanceof Query.One one ? one.name() : query instanceof Query.All ? "" : null;
        }

        private static int kind(Condition condition) {
            if (condition instanceof Condition.Absent) {
                return 0;
            }
            if (condition instanceof Condition.Present) {
                return 1;
            }
            return condition instanceof Condition.CreateRevision ? 2 : 3;
        }

        private static long revision(Condition condition) {
            if (condition instanceof Condition.CreateRevision created) {
                return created.revision();
            }
            return condition instanceof Condition.ModRevision modified ? modified.revision() : 0;
        }
    }

    static void array(PreparedStatement statement, int place, String type, Object[] elements) throws SQLException {
        statement.setArray(place, statement.getConnection().createArrayOf(type, elements));
    }

    long grant(Link link, long micros) throws SQLException {
        return link.askOne("SELECT sereno.grant_lease(?)", s -> s.setLong(1, micros), row -> row.getLong(1));
    }

    boolean renew(Link link, long lease) throws SQLException {
        return link.askOne("SELECT sereno.renew(?)", s -> s.setLong(1, lease), row -> row.getBoolean(1));
    }

    /** Whether nothing of it is left, which is no longer seen in any case. */
    boolean revoke(Link link, long lease) throws SQLException {
        return link.askOne("SELECT sereno.revoke(?)", s -> s.setLong(1, lease), row -> row.getBoolean(1));
    }

    boolean clear(Link link, long lease) throws SQLException {
        return link.askOne("SELECT sereno.clear(ARRAY[?])", s -> s.setLong(1, lease), row -> row.getBoolean(1));
    }

    DirectoryPage directories(Link link, Optional<String> cursor, int limit) throws SQLException {
        int most = (int) Math.min(limit + 1L, Integer.MAX_VALUE);
        List<String> found = link.ask(
                "SELECT * FROM sereno.directories(?, ?, ?)",
                statement -> {
                    statement.setString(1, namespace);
                    statement.setString(2, cursor.orElse(""));
                    statement.setInt(3, most);
                },
                row -> row.getString(1));
        return DirectoryPage.of(found, Optional.empty(), limit);
    }

    /** Ends leases that are due. In how many milliseconds to call again. */
    static int reap(Link link) throws SQLException {
        return link.askOne("SELECT sereno.reap()", statement -> {}, row -> row.getInt(1));
    }
}
