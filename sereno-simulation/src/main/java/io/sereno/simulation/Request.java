package io.sereno.simulation;

import io.sereno.spi.Condition;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A request of a client, on its way to the store: tests use it to select the request that a fault is to meet.
 *
 * <p>Each kind of request is a record; the predicates here are the common choices.
 */
public sealed interface Request {
    /** A call of {@code Backend.read}. */
    record Read(Query query) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return false;
        }

        @Override
        public String toString() {
            return "read " + query.directory()
                    + (query instanceof Query.One one
                            ? " entry " + one.name()
                            : query instanceof Query.Range range ? " after '" + range.after() + "'" : "");
        }
    }

    /** A call of {@code Backend.commit}. */
    record Commit(io.sereno.spi.Commit commit) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return !commit.writes().isEmpty();
        }

        @Override
        public String toString() {
            String conditions =
                    commit.conditions().stream().map(Commit::describe).collect(Collectors.joining(", "));
            String writes = commit.writes().stream().map(Commit::describe).collect(Collectors.joining(", "));
            return "commit " + commit.directory() + ": " + (conditions.isEmpty() ? "" : "if " + conditions + " ")
                    + (writes.isEmpty() ? "check" : writes);
        }

        private static String describe(Condition condition) {
            if (condition instanceof Condition.Absent) {
                return "no " + condition.name();
            } else if (condition instanceof Condition.CreateRevision create) {
                return condition.name() + " created at " + create.revision();
            } else if (condition instanceof Condition.ModRevision mod) {
                return condition.name() + " changed at " + mod.revision();
            }
            return condition.name();
        }

        private static String describe(Write write) {
            if (write instanceof Write.Put put) {
                return "put " + put.name() + (put.leaseId() == 0 ? "" : " under lease " + put.leaseId());
            }
            return "delete " + write.name();
        }
    }

    /** A call of {@code Backend.grantLease}. */
    record GrantLease(Duration ttl) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return false;
        }

        @Override
        public String toString() {
            return "grant a lease of " + ttl;
        }
    }

    /** A call of {@code Lease.renew}. */
    record RenewLease(long leaseId) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return true;
        }

        @Override
        public String toString() {
            return "renew lease " + leaseId;
        }
    }

    /** A call of {@code Lease.revoke}. */
    record RevokeLease(long leaseId) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return true;
        }

        @Override
        public String toString() {
            return "revoke lease " + leaseId;
        }
    }

    /** A call of {@code Backend.watch}. */
    record OpenWatch(Target target) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return false;
        }

        @Override
        public String toString() {
            return "watch " + Notices.describe(target);
        }
    }

    /** A call of {@code Backend.directories}. */
    record ListDirectories(Optional<String> cursor, int limit) implements Request {
        @Override
        public boolean mayBeUnknown() {
            return false;
        }

        @Override
        public String toString() {
            return "list up to " + limit + " directories"
                    + cursor.map(after -> " after '" + after + "'").orElse("");
        }
    }

    /**
     * How it fails if its outcome is unknown: as UNKNOWN, or as NOT_APPLIED if it changes no entry (OUT-6a).
     *
     * @return true for commits with writes, and for requests that prolong or end a lease
     */
    boolean mayBeUnknown();

    /** Every request. */
    static Predicate<Request> any() {
        return request -> true;
    }

    /** Every commit, checks included. */
    static Predicate<Request> commits() {
        return Commit.class::isInstance;
    }

    /** The commits to this directory, as the backend sees it: with the prefixes that recipes and namespaces add. */
    static Predicate<Request> commitsTo(String directory) {
        return request ->
                request instanceof Commit commit && commit.commit().directory().equals(directory);
    }

    /** Every read. */
    static Predicate<Request> reads() {
        return Read.class::isInstance;
    }

    /** Every renewal of a lease. */
    static Predicate<Request> renewals() {
        return RenewLease.class::isInstance;
    }
}
