package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Bugs in which entries count as places in a queue, and in how places and other entries are named. */
final class PlaceMutants {
    private static final Pattern PLACE = Pattern.compile("[0-9A-Za-z]{11}-[0-9a-z]+");
    /** The prefix of a place name that is made from the name of another entry. */
    private static final String MADE = "ZZZZZZZZZZZ-";

    private PlaceMutants() {}

    static void addTo(Mutants all) {
        all.backend("REC-7a", "every entry in front is waited for")
                .with((world, below) -> new Renaming(below, PlaceMutants::named, PlaceMutants::asPlace));
        all.backend("REC-7a", "a view shows every entry of the directory")
                .with((world, below) -> new Renaming(below, PlaceMutants::named, PlaceMutants::asPlace) {
                    @Override
                    CommitResult renamed(String directory, CommitResult result) {
                        return result;
                    }
                });
        all.backend("REC-7a", "taking a place removes unknown entries").with(PlaceMutants::tidy);
        all.backend("REC-7b", "sessions have ids of twelve letters and digits")
                .with((world, below) -> new Renaming(
                        below,
                        (directory, name) -> isQueue(directory) ? "x" + name : name,
                        (directory, name) -> isQueue(directory) ? name.substring(1) : name));
        all.backend("REC-7b", "the record of a counter is named like a place")
                .with((world, below) -> new Renaming(
                        below,
                        (directory, name) ->
                                directory.startsWith("counter/") && name.startsWith("o-") ? name.substring(2) : name,
                        (directory, name) -> directory.startsWith("counter/")
                                        && PLACE.matcher(name).matches()
                                ? "o-" + name
                                : name));
        all.backend("REC-7b", "an entry beside a queue is named like a place")
                .requests(commit -> isQueue(commit.directory()) && Commits.puts(commit, "")
                        ? writingAlso(commit, new Write.Put("beside00000-limit", Bytes.utf8("5"), 0))
                        : commit);
    }

    private static Commit writingAlso(Commit commit, Write write) {
        List<Write> writes = new ArrayList<>(commit.writes());
        writes.add(write);
        return Commits.writing(commit, writes);
    }

    private static boolean isQueue(String directory) {
        return Queueing.isQueue(directory) || directory.startsWith("reader/");
    }

    private static String asPlace(String directory, String name) {
        return isQueue(directory) && !PLACE.matcher(name).matches()
                ? MADE + new BigInteger(1, Bytes.utf8(name).toArray()).toString(36)
                : name;
    }

    private static String named(String directory, String name) {
        return isQueue(directory) && name.startsWith(MADE)
                ? Bytes.copyOf(new BigInteger(name.substring(MADE.length()), 36).toByteArray())
                        .toUtf8()
                : name;
    }

    /** Entries have other names in the store than in the recipes. */
    private static class Renaming extends Hooks {
        private final BiFunction<String, String, String> stored;
        private final BiFunction<String, String, String> known;

        Renaming(Backend below, BiFunction<String, String, String> stored, BiFunction<String, String, String> known) {
            super(below);
            this.stored = stored;
            this.known = known;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            String directory = commit.directory();
            UnaryOperator<String> in = name -> stored.apply(directory, name);
            return super.commit(new Commit(
                            directory,
                            commit.conditions().stream()
                                    .map(condition -> of(condition, in))
                                    .toList(),
                            commit.writes().stream().map(write -> of(write, in)).toList(),
                            commit.returning().map(this::of)))
                    .thenApply(result -> renamed(directory, result));
        }

        CommitResult renamed(String directory, CommitResult result) {
            if (result instanceof CommitResult.Committed committed) {
                return new CommitResult.Committed(
                        committed.revision(), committed.snapshot().map(read -> renamed(directory, read)));
            }
            return result instanceof CommitResult.Conflict conflict
                    ? new CommitResult.Conflict(conflict.snapshot().map(read -> renamed(directory, read)))
                    : result;
        }

        private Snapshot renamed(String directory, Snapshot read) {
            return new Snapshot(
                    read.entries().stream()
                            .map(entry -> new Entry(
                                    known.apply(directory, entry.name()),
                                    entry.value(),
                                    entry.createRevision(),
                                    entry.modRevision(),
                                    entry.leaseId()))
                            .toList(),
                    read.more());
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(of(query)).thenApply(read -> renamed(query.directory(), read));
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            Optional<String> name = target.name().map(one -> stored.apply(target.directory(), one));
            return super.watch(new Target(target.directory(), name), listener);
        }

        private Query of(Query query) {
            return query instanceof Query.One one
                    ? new Query.One(one.directory(), stored.apply(one.directory(), one.name()))
                    : query;
        }

        private static Write of(Write write, UnaryOperator<String> in) {
            return write instanceof Write.Put put
                    ? new Write.Put(in.apply(put.name()), put.value(), put.leaseId())
                    : new Write.Delete(in.apply(write.name()));
        }

        private static Condition of(Condition condition, UnaryOperator<String> in) {
            String name = in.apply(condition.name());
            if (condition instanceof Condition.CreateRevision created) {
                return new Condition.CreateRevision(name, created.revision());
            }
            if (condition instanceof Condition.ModRevision changed) {
                return new Condition.ModRevision(name, changed.revision());
            }
            return condition instanceof Condition.Absent ? new Condition.Absent(name) : new Condition.Present(name);
        }
    }

    /** Deletes entries that block no client. */
    private static Backend tidy(Backend below) {
        return new Hooks(below)
                .commits(commit -> below.commit(commit).thenCompose(result -> {
                    if (!Queueing.enqueues(commit)) {
                        return completedFuture(result);
                    }
                    return below.read(new Query.All(commit.directory())).thenCompose(read -> {
                        Commit.Builder removal = Commit.to(commit.directory());
                        read.entries().stream()
                                .map(Entry::name)
                                .filter(name -> !PLACE.matcher(name).matches())
                                .limit(32)
                                .forEach(removal::delete);
                        return below.commit(removal.build()).thenApply(done -> result);
                    });
                }));
    }
}
