package io.sereno.suite.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The commits of a recipe with a bug: those of the correct recipe, changed. */
final class Commits {
    private Commits() {}

    /** Changes the commits of the recipe above it. */
    static Backend saying(Backend below, UnaryOperator<Commit> change) {
        return new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(change.apply(commit));
            }
        };
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
