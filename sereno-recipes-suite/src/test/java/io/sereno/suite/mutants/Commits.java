package io.sereno.suite.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Write;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The commits of a recipe with a bug: those of the correct recipe, changed. */
final class Commits {
    private Commits() {}

    /** Changes the commits of the recipe above it. */
    static Backend saying(Backend below, UnaryOperator<Commit> change) {
        return new Hooks(below).commits(commit -> below.commit(change.apply(commit)));
    }

    static boolean isTo(Commit commit, String kind) {
        return commit.directory().startsWith(kind + "/");
    }

    static boolean puts(Commit commit, String prefix) {
        return commit.writes().stream()
                .anyMatch(write -> write instanceof Write.Put && write.name().startsWith(prefix));
    }

    static boolean deletes(Commit commit, String prefix) {
        return commit.writes().stream()
                .anyMatch(write -> write instanceof Write.Delete && write.name().startsWith(prefix));
    }

    static boolean requires(Commit commit, Predicate<Condition> condition) {
        return commit.conditions().stream().anyMatch(condition);
    }

    static Commit without(Commit commit, Predicate<Condition> conditions) {
        return new Commit(
                commit.directory(),
                commit.conditions().stream().filter(conditions.negate()).toList(),
                commit.writes(),
                commit.returning());
    }

    /** Stores the entries of one directory in another directory. */
    static Backend moved(Backend below, UnaryOperator<String> path) {
        return new Hooks(below)
                .reads(query -> below.read(moved(query, path)))
                .commits(commit -> below.commit(new Commit(
                        path.apply(commit.directory()),
                        commit.conditions(),
                        commit.writes(),
                        commit.returning().map(query -> moved(query, path)))))
                .watches((target, listener) ->
                        below.watch(new Target(path.apply(target.directory()), target.name()), listener));
    }

    private static Query moved(Query query, UnaryOperator<String> path) {
        String directory = path.apply(query.directory());
        if (query instanceof Query.One one) {
            return new Query.One(directory, one.name());
        }
        return query instanceof Query.Range range
                ? new Query.Range(directory, range.after(), range.limit())
                : new Query.All(directory);
    }

    /** The result with another read. */
    static CommitResult seen(CommitResult result, UnaryOperator<Snapshot> read) {
        if (result instanceof CommitResult.Committed committed) {
            return new CommitResult.Committed(
                    committed.revision(), committed.snapshot().map(read));
        }
        return result instanceof CommitResult.Conflict conflict
                ? new CommitResult.Conflict(conflict.snapshot().map(read))
                : result;
    }

    /** The same commit under other conditions. */
    static Commit conditioned(Commit commit, List<Condition> conditions) {
        return new Commit(commit.directory(), conditions, commit.writes(), commit.returning());
    }

    /** Its writes alone. */
    static Commit bare(Commit commit) {
        return new Commit(commit.directory(), List.of(), commit.writes(), Optional.empty());
    }

    static Commit writing(Commit commit, List<Write> writes) {
        return new Commit(commit.directory(), commit.conditions(), writes, commit.returning());
    }

    /** The same commit, with other values under names with this prefix. */
    static Commit valued(Commit commit, String prefix, UnaryOperator<String> change) {
        return writing(
                commit,
                commit.writes().stream()
                        .map(write -> write instanceof Write.Put put
                                        && put.name().startsWith(prefix)
                                ? new Write.Put(
                                        put.name(),
                                        Bytes.utf8(change.apply(put.value().toUtf8())),
                                        put.leaseId())
                                : write)
                        .toList());
    }

    /** The result as if the commit had been applied. */
    static CommitResult done() {
        return new CommitResult.Committed(0, Optional.empty());
    }

    /** The same commit, with its puts bound to no lease. */
    static Commit leaseless(Commit commit) {
        return writing(
                commit,
                commit.writes().stream()
                        .map(write ->
                                write instanceof Write.Put put ? new Write.Put(put.name(), put.value(), 0) : write)
                        .toList());
    }
}
