package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.LockObjects.granting;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.From;
import io.sereno.Grant;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Bugs that any recipe could have. */
final class CommonMutants {
    private CommonMutants() {}

    static void addTo(Mutants all) {
        asking(all);
        leaving(all);
        minding(all);
        closing(all);
    }

    private static void closing(Mutants all) {
        all.backend("REC-6", "a failed revocation is not retried")
                .leases((world, lease) ->
                        Hooks.revoking(lease, () -> lease.revoke().exceptionally(lost -> null)));
        all.backend("REC-6", "a revocation is not resent while its answer may still come")
                .leases((world, lease) -> {
                    AtomicReference<@Nullable CompletionStage<Void>> underWay = new AtomicReference<>();
                    return Hooks.revoking(
                            lease,
                            () -> Objects.requireNonNull(underWay.updateAndGet(
                                    before -> before == null || isEnded(before) ? lease.revoke() : before)));
                });
        all.backend("REC-6", "after the first lease of a client no other is granted")
                .with((world, below) -> {
                    AtomicReference<@Nullable Lease> first = new AtomicReference<>();
                    return new Hooks(below)
                            .leases(lease -> Hooks.revoking(lease, () -> {
                                first.compareAndSet(null, lease);
                                return lease.equals(first.get())
                                        ? lease.revoke()
                                        : lease.revoke().exceptionally(lost -> null);
                            }));
                });
    }

    private static boolean isEnded(CompletionStage<?> stage) {
        return stage.toCompletableFuture().isDone();
    }

    private static void asking(Mutants all) {
        all.backend("REC-1", "a store is taken to accept a megabyte")
                .with((world, below) -> new Hooks(below).guarantees(() -> generous(below.guarantees())));
        all.backend("REC-1", "names are written in hexadecimal digits")
                .with((world, below) -> Commits.moved(below, CommonMutants::hexadecimal));
        all.backend("REC-1", "a commit has a condition for every entry that may matter")
                .requests(CommonMutants::careful);
        all.backend("REC-2", "updated metadata of a member is bound to no lease")
                .requests(commit ->
                        Commits.isTo(commit, "member") && changes(commit) ? Commits.leaseless(commit) : commit);
        all.backend("REC-2", "updated metadata of a candidate is bound to no lease")
                .requests(commit ->
                        Commits.isTo(commit, "election") && changes(commit) ? Commits.leaseless(commit) : commit);
        all.backend("REC-3", "a commit of unknown outcome counts as not applied")
                .in(settled(failedFuture(Failures.notApplied("no answer, so nothing happened"))));
        all.backend("REC-3", "a commit of unknown outcome counts as applied")
                .in(settled(completedFuture(new CommitResult.Committed(1, Optional.empty()))));
    }

    private static void leaving(Mutants all) {
        all.backend("REC-4", "a lock that is released leaves its entry to the session")
                .commits((world, below, commit) -> Commits.isTo(commit, "lock") && Commits.deletes(commit, "")
                        ? completedFuture(Commits.done())
                        : below.commit(commit));
        all.backend("REC-4", "the first use of a name leaves a record")
                .requests(commit -> Commits.isTo(commit, "lock") && Commits.puts(commit, "")
                        ? writingAlso(commit, new Write.Put("used", Bytes.utf8("since today"), 0))
                        : commit);
        all.backend("REC-4", "one release in four hundred is lost").with((world, below) -> {
            int[] released = {0};
            return new Hooks(below)
                    .commits(commit ->
                            Commits.isTo(commit, "lock") && Commits.deletes(commit, "") && ++released[0] % 400 == 0
                                    ? completedFuture(Commits.done())
                                    : below.commit(commit));
        });
        all.recipe("REC-4", "a wait group that is deleted is finished instead")
                .calls(WaitGroup.class, (method, call) -> method.equals("delete") ? null : call.go());
    }

    private static void minding(Mutants all) {
        all.topic("REC-5", "the size of a message is checked after a request to the store")
                .with(topic -> topic.publish = payload -> {
                    // It opens what it needs before it validates its arguments.
                    TopicReader<Object> end = topic.right.reader(new From.Now());
                    try {
                        return topic.right.publish(payload);
                    } finally {
                        end.close();
                    }
                });
        all.recipe("REC-5", "an empty name becomes 'default'").with((store, settings) -> {
            Sereno right = settings.apply(Sereno.builder().backend(store)).connect();
            return changed(Sereno.class, right, (method, call) -> {
                try {
                    return call.go();
                } catch (IllegalArgumentException refused) {
                    return method.equals("mutex") ? right.mutex("default") : rethrow(refused);
                }
            });
        });
        all.recipe("REC-5", "a second release releases the next grant")
                .objects(
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
                        }));
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
        return Commits.conditioned(commit, conditions);
    }

    private static Mutants.Layer settled(CompletionStage<CommitResult> so) {
        return (world, below, executor) -> new Hooks(below)
                .commits(commit -> below.commit(commit)
                        .exceptionallyCompose(lost -> Failures.isUnknown(lost) ? so : failedFuture(lost)));
    }

    private static Guarantees generous(Guarantees all) {
        int much = 1024 * 1024;
        return all.toBuilder().maxValueBytes(much).maxCommitBytes(much).build();
    }

    private static String hexadecimal(String directory) {
        int slash = directory.indexOf('/') + 1;
        return directory.substring(0, slash)
                + HexFormat.of()
                        .formatHex(Bytes.utf8(directory.substring(slash)).toArray());
    }
}
