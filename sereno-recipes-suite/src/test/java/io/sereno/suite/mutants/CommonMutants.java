package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.LockObjects.granting;
import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static io.sereno.suite.mutants.RecipeMutants.recipes;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.From;
import io.sereno.Grant;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Bugs that any recipe could have. */
final class CommonMutants {
    private CommonMutants() {}

    static List<Mutant> all() {
        return Stream.of(asking(), leaving(), minding(), closing())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> closing() {
        return List.of(
                backend(
                        "REC-6",
                        "a failed revocation is not retried",
                        below -> LeaseMutants.leased(below, lease -> new Wrapper.OfLease(lease) {
                            @Override
                            public CompletionStage<Void> revoke() {
                                return super.revoke().exceptionally(lost -> null);
                            }
                        })),
                backend(
                        "REC-6",
                        "a revocation is not resent while its answer may still come",
                        below -> LeaseMutants.leased(below, lease -> new Wrapper.OfLease(lease) {
                            private @Nullable CompletionStage<Void> underWay;

                            @Override
                            public synchronized CompletionStage<Void> revoke() {
                                if (underWay == null || isEnded(underWay)) {
                                    underWay = super.revoke();
                                }
                                return underWay;
                            }
                        })),
                backend("REC-6", "after the first lease of a client no other is granted", below -> {
                    AtomicReference<@Nullable Lease> first = new AtomicReference<>();
                    return LeaseMutants.leased(below, lease -> new Wrapper.OfLease(lease) {
                        @Override
                        public CompletionStage<Void> revoke() {
                            first.compareAndSet(null, lease);
                            return lease.equals(first.get())
                                    ? super.revoke()
                                    : super.revoke().exceptionally(lost -> null);
                        }
                    });
                }));
    }

    private static boolean isEnded(CompletionStage<?> stage) {
        return stage.toCompletableFuture().isDone();
    }

    private static List<Mutant> asking() {
        return List.of(
                backend("REC-1", "a store is taken to accept a megabyte", below -> new Wrapper(below) {
                    @Override
                    public Guarantees guarantees() {
                        return generous(super.guarantees());
                    }
                }),
                backend("REC-1", "names are written in hexadecimal digits", Hexadecimal::new),
                backend(
                        "REC-1",
                        "a commit has a condition for every entry that may matter",
                        below -> Commits.saying(below, CommonMutants::careful)),
                backend(
                        "REC-2",
                        "updated metadata of a member is bound to no lease",
                        below -> Commits.saying(
                                below,
                                commit -> Commits.isTo(commit, "member") && changes(commit)
                                        ? Commits.leaseless(commit)
                                        : commit)),
                backend(
                        "REC-2",
                        "updated metadata of a candidate is bound to no lease",
                        below -> Commits.saying(
                                below,
                                commit -> Commits.isTo(commit, "election") && changes(commit)
                                        ? Commits.leaseless(commit)
                                        : commit)),
                settled(
                        "REC-3",
                        "a commit of unknown outcome counts as not applied",
                        failedFuture(new BackendException(
                                BackendException.Outcome.NOT_APPLIED, false, "no answer, so nothing happened", null))),
                settled(
                        "REC-3",
                        "a commit of unknown outcome counts as applied",
                        completedFuture(new CommitResult.Committed(1, Optional.empty()))));
    }

    private static List<Mutant> leaving() {
        return List.of(
                backend(
                        "REC-4",
                        "a lock that is released leaves its entry to the session",
                        below -> new Wrapper(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return Commits.isTo(commit, "lock") && Commits.deletes(commit, "")
                                        ? completedFuture(Commits.done())
                                        : super.commit(commit);
                            }
                        }),
                backend(
                        "REC-4",
                        "the first use of a name leaves a record",
                        below -> Commits.saying(
                                below,
                                commit -> Commits.isTo(commit, "lock") && Commits.puts(commit, "")
                                        ? writingAlso(commit, new Write.Put("used", Bytes.utf8("since today"), 0))
                                        : commit)),
                backend("REC-4", "one release in four hundred is lost", below -> new Wrapper(below) {
                    private int released;

                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return Commits.isTo(commit, "lock") && Commits.deletes(commit, "") && ++released % 400 == 0
                                ? completedFuture(Commits.done())
                                : super.commit(commit);
                    }
                }),
                recipe(
                        "REC-4",
                        "a wait group that is deleted is finished instead",
                        WaitGroup.class,
                        group -> changed(
                                WaitGroup.class, group, (method, call) -> method.equals("delete") ? null : call.go())));
    }

    private static List<Mutant> minding() {
        return List.of(
                TopicMutants.topics(
                        "REC-5", "the size of a message is checked after a request to the store", Late::new),
                recipes("REC-5", "an empty name becomes 'default'", (store, settings) -> {
                    Sereno right =
                            settings.apply(Sereno.builder().backend(store)).connect();
                    return changed(Sereno.class, right, (method, call) -> {
                        try {
                            return call.go();
                        } catch (IllegalArgumentException refused) {
                            return method.equals("mutex") ? right.mutex("default") : rethrow(refused);
                        }
                    });
                }),
                recipe(
                        "REC-5",
                        "a second release releases the next grant",
                        Mutex.class,
                        () -> new AtomicReference<@Nullable Grant>(),
                        (last, mutex) -> granting(mutex, grant -> {
                            last.set(grant);
                            return changed(Grant.class, grant, (method, call) -> {
                                try {
                                    return call.go();
                                } catch (IllegalStateException twice) {
                                    Grant held = last.get();
                                    return held == null ? null : release(held);
                                }
                            });
                        })));
    }

    // ---- shared

    private static Object rethrow(RuntimeException failure) {
        throw failure;
    }

    private static @Nullable Object release(Grant grant) {
        grant.release();
        return null;
    }

    /** Whether it changes an existing entry. */
    private static boolean changes(Commit commit) {
        return Commits.requires(commit, Condition.ModRevision.class::isInstance);
    }

    private static Commit writingAlso(Commit commit, Write write) {
        List<Write> writes = new ArrayList<>(commit.writes());
        writes.add(write);
        return Commits.writing(commit, writes);
    }

    private static Commit careful(Commit commit) {
        if (!Commits.isTo(commit, "topic") || !Commits.puts(commit, "header")) {
            return commit;
        }
        List<Condition> conditions = new ArrayList<>(commit.conditions());
        for (int i = 0; i < 40; i++) {
            conditions.add(new Condition.Absent("nobody-" + i));
        }
        return new Commit(commit.directory(), conditions, commit.writes(), commit.returning());
    }

    private static Mutant settled(String rule, String what, CompletionStage<CommitResult> so) {
        return backend(rule, what, below -> new Wrapper(below) {
            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit)
                        .exceptionallyCompose(lost -> CommitMutants.isUnknown(lost) ? so : failedFuture(lost));
            }
        });
    }

    private static Guarantees generous(Guarantees all) {
        int much = 1024 * 1024;
        return all.toBuilder().maxValueBytes(much).maxCommitBytes(much).build();
    }

    /** Encodes names so that no character can be misread. */
    private static final class Hexadecimal extends Wrapper {
        Hexadecimal(Backend below) {
            super(below);
        }

        private static String of(String directory) {
            int slash = directory.indexOf('/');
            return directory.substring(0, slash + 1)
                    + HexFormat.of()
                            .formatHex(
                                    Bytes.utf8(directory.substring(slash + 1)).toArray());
        }

        private static Query of(Query query) {
            if (query instanceof Query.One one) {
                return new Query.One(of(one.directory()), one.name());
            }
            return query instanceof Query.Range range
                    ? new Query.Range(of(range.directory()), range.after(), range.limit())
                    : new Query.All(of(query.directory()));
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(new Commit(
                    of(commit.directory()),
                    commit.conditions(),
                    commit.writes(),
                    commit.returning().map(Hexadecimal::of)));
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(of(query));
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(new Target(of(target.directory()), target.name()), listener);
        }
    }

    /** Opens what it needs before it validates its arguments. */
    private static final class Late extends TopicWrapper {
        Late(Topic<Object> right) {
            super(right, Late::new);
        }

        @Override
        public long publish(Object payload) {
            TopicReader<Object> end = right.reader(new From.Now());
            try {
                return super.publish(payload);
            } finally {
                end.close();
            }
        }
    }
}
