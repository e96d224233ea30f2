package io.sereno.spi;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One atomic step on one directory: conditions, then puts and deletes, all or nothing. What a caller can get wrong is refused here, so that no
 * backend has to (COM-9).
 */
public record Commit(String directory, List<Condition> conditions, List<Write> writes, Optional<Query> returning) {
    /** Below this, comparing each name with those before it is cheaper than a set. Most commits have one to three. */
    private static final int FEW = 8;

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

    /** Starts a commit to this directory. */
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
        long lease = 0;
        for (Write write : writes) {
            if (write instanceof Write.Put put && put.leaseId() != 0) {
                if (lease != 0 && lease != put.leaseId()) {
                    throw new IllegalArgumentException(
                            "two leases in one commit, " + lease + " and " + put.leaseId() + "; one is accepted");
                }
                lease = put.leaseId();
            }
        }
    }

    /** Not thread-safe. */
    public static final class Builder {
        private final String directory;
        private final List<Condition> conditions = new ArrayList<>(2);
        private final List<Write> writes = new ArrayList<>(2);
        private @Nullable Query returning;

        private Builder(String directory) {
            this.directory = directory;
        }

        public Builder ifAbsent(String name) {
            conditions.add(new Condition.Absent(name));
            return this;
        }

        public Builder ifPresent(String name) {
            conditions.add(new Condition.Present(name));
            return this;
        }

        public Builder ifCreateRevision(String name, long revision) {
            conditions.add(new Condition.CreateRevision(name, revision));
            return this;
        }

        public Builder ifModRevision(String name, long revision) {
            conditions.add(new Condition.ModRevision(name, revision));
            return this;
        }

        /** Puts an entry that no lease holds. */
        public Builder put(String name, Bytes value) {
            return put(name, value, 0);
        }

        public Builder put(String name, Bytes value, long leaseId) {
            writes.add(new Write.Put(name, value, leaseId));
            return this;
        }

        public Builder delete(String name) {
            writes.add(new Write.Delete(name));
            return this;
        }

        public Builder returningAll() {
            returning = new Query.All(directory);
            return this;
        }

        public Builder returningOne(String name) {
            returning = new Query.One(directory, name);
            return this;
        }

        public Commit build() {
            return new Commit(directory, conditions, writes, Optional.ofNullable(returning));
        }
    }
}
