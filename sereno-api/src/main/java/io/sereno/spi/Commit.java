package io.sereno.spi;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One atomic step on one directory: conditions, then puts and deletes, all or nothing (COM-1).
 *
 * <p>Errors of the caller that do not depend on the store are refused here, so that no backend has to check for them
 * (COM-9a, NAM-1c): invalid names, a name in two conditions or in two writes, two leases, a read of another directory.
 * The order of conditions and of writes has no meaning.
 *
 * <p>A commit without conditions always goes through; a commit without writes is a check (COM-13).
 *
 * @param directory the path of the directory
 * @param conditions the conditions, all of which have to hold; copied
 * @param writes the changes to make if they hold; copied
 * @param returning a read of the same directory, to be returned with the result (READ-8)
 */
public record Commit(String directory, List<Condition> conditions, List<Write> writes, Optional<Query> returning) {
    /**
     * Below this number, comparing each name with those before it is cheaper than a set. Most commits have one to
     * three.
     */
    private static final int FEW = 8;

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if a name is invalid, or is in two conditions or two writes, if there are two
     *     leases, or if the read is of another directory
     */
    public Commit {
        int directoryBytes = Names.checkDirectory(directory);
        conditions = List.copyOf(conditions);
        writes = List.copyOf(writes);
        checkNames("condition", conditions, Condition::name, directoryBytes);
        checkNames("write", writes, Write::name, directoryBytes);
        checkOneLease(writes);
        if (returning.isPresent() && !returning.get().directory().equals(directory)) {
            throw new IllegalArgumentException("a commit to directory '" + directory
                    + "' cannot return a read of directory '" + returning.get().directory() + "'");
        }
    }

    /**
     * The lease that this commit names. A commit names at most one lease; some of its puts may be bound to it and
     * others to none.
     *
     * @return {@link Lease#id()}; 0 if it names none
     */
    public long leaseId() {
        return leaseOf(writes);
    }

    /**
     * Begins a commit.
     *
     * @param directory the path of the directory
     * @return a builder without conditions and writes
     */
    public static Builder to(String directory) {
        return new Builder(directory);
    }

    private static <T> void checkNames(
            String what, List<T> operations, Function<T, String> nameOf, int directoryBytes) {
        int size = operations.size();
        Set<String> seen = size < FEW ? Set.of() : new HashSet<>();
        for (int i = 0; i < size; i++) {
            String name = nameOf.apply(operations.get(i));
            Names.checkEntry(name, directoryBytes);
            if (size < FEW ? namedBefore(operations, nameOf, i, name) : !seen.add(name)) {
                throw new IllegalArgumentException(
                        "two " + what + "s on entry '" + name + "' in one commit; one is accepted");
            }
        }
    }

    private static <T> boolean namedBefore(List<T> operations, Function<T, String> nameOf, int end, String name) {
        for (int i = 0; i < end; i++) {
            if (nameOf.apply(operations.get(i)).equals(name)) {
                return true;
            }
        }
        return false;
    }

    private static void checkOneLease(List<Write> writes) {
        long lease = leaseOf(writes);
        for (Write write : writes) {
            if (write instanceof Write.Put put && put.leaseId() != 0 && put.leaseId() != lease) {
                throw new IllegalArgumentException(
                        "two leases in one commit, " + lease + " and " + put.leaseId() + "; one is accepted");
            }
        }
    }

    private static long leaseOf(List<Write> writes) {
        for (Write write : writes) {
            if (write instanceof Write.Put put && put.leaseId() != 0) {
                return put.leaseId();
            }
        }
        return 0;
    }

    /**
     * Collects a commit; everything is checked by {@link #build()}. Instances are not safe for use by multiple threads.
     */
    public static final class Builder {
        private final String directory;
        private final List<Condition> conditions = new ArrayList<>(2);
        private final List<Write> writes = new ArrayList<>(2);
        private @Nullable Query returning;

        private Builder(String directory) {
            this.directory = directory;
        }

        /**
         * Adds the condition that there is no such entry.
         *
         * @param name of the entry
         * @return this builder
         */
        public Builder ifAbsent(String name) {
            conditions.add(new Condition.Absent(name));
            return this;
        }

        /**
         * Adds the condition that there is such an entry.
         *
         * @param name of the entry
         * @return this builder
         */
        public Builder ifPresent(String name) {
            conditions.add(new Condition.Present(name));
            return this;
        }

        /**
         * Adds the condition that the entry is the incarnation created at this revision.
         *
         * @param name of the entry
         * @param revision 1 to {@link Entry#MAX_REVISION}
         * @return this builder
         */
        public Builder ifCreateRevision(String name, long revision) {
            conditions.add(new Condition.CreateRevision(name, revision));
            return this;
        }

        /**
         * Adds the condition that the latest put of the entry was at this revision.
         *
         * @param name of the entry
         * @param revision 1 to {@link Entry#MAX_REVISION}
         * @return this builder
         */
        public Builder ifModRevision(String name, long revision) {
            conditions.add(new Condition.ModRevision(name, revision));
            return this;
        }

        /**
         * Adds a put without lease.
         *
         * @param name of the entry
         * @param value perhaps empty
         * @return this builder
         */
        public Builder put(String name, Bytes value) {
            return put(name, value, 0);
        }

        /**
         * Adds a put.
         *
         * @param name of the entry
         * @param value perhaps empty
         * @param leaseId {@link Lease#id()} of the lease that the entry is bound to; 0 for none
         * @return this builder
         */
        public Builder put(String name, Bytes value, long leaseId) {
            writes.add(new Write.Put(name, value, leaseId));
            return this;
        }

        /**
         * Adds a delete.
         *
         * @param name of the entry
         * @return this builder
         */
        public Builder delete(String name) {
            writes.add(new Write.Delete(name));
            return this;
        }

        /**
         * Asks for a read of the whole directory to be returned with the result.
         *
         * @return this builder
         */
        public Builder returningAll() {
            returning = new Query.All(directory);
            return this;
        }

        /**
         * Asks for a read of one entry to be returned with the result.
         *
         * @param name of the entry
         * @return this builder
         */
        public Builder returningOne(String name) {
            returning = new Query.One(directory, name);
            return this;
        }

        /**
         * Makes the commit.
         *
         * @return a commit of what was added so far
         * @throws IllegalArgumentException as {@link Commit#Commit} does
         */
        public Commit build() {
            return new Commit(directory, conditions, writes, Optional.ofNullable(returning));
        }
    }
}
