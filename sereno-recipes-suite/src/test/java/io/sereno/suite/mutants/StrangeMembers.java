package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Members with incorrect requests to their store: too long to be written among the others. */
final class StrangeMembers {
    private StrangeMembers() {}

    private static String line(String card, String word) {
        return card.lines()
                .filter(line -> line.startsWith(word + " "))
                .findFirst()
                .orElse(word + " ");
    }

    /** Takes an entry for its own because it has its id. */
    static Backend mistaken(Backend below) {
        AtomicReference<String> attempt = new AtomicReference<>("");
        return new Hooks(below).commits(commit -> {
            if (MemberMutants.lists(commit)) {
                attempt.set(line(((Write.Put) commit.writes().get(0)).value().toUtf8(), "attempt"));
            }
            boolean callsOff = MemberMutants.isOfMember(commit) && Commits.puts(commit, MemberMutants.MARK);
            return below.commit(commit)
                    .thenApply(result -> callsOff
                            ? Commits.seen(result, read -> claimed(read, Objects.requireNonNull(attempt.get())))
                            : result);
        });
    }

    private static Snapshot claimed(Snapshot read, String attempt) {
        return new Snapshot(
                read.entries().stream()
                        .map(entry -> new Entry(
                                entry.name(),
                                Bytes.utf8(entry.value()
                                        .toUtf8()
                                        .replace(line(entry.value().toUtf8(), "attempt"), attempt)),
                                entry.createRevision(),
                                entry.modRevision(),
                                entry.leaseId()))
                        .toList(),
                read.more());
    }

    /** Puts its entry again as soon as it is notified that the entry is gone. */
    static Backend stubborn(Backend below) {
        AtomicReference<@Nullable Commit> last = new AtomicReference<>();
        return new Hooks(below)
                .commits(commit -> {
                    if (MemberMutants.lists(commit)) {
                        last.set(commit);
                    }
                    return below.commit(commit);
                })
                .listeners((target, listener) -> Hooks.listener(
                        (name, revision) -> {
                            Commit listing = last.get();
                            if (listing != null && target.name().equals(Optional.of(MemberMutants.entry(listing)))) {
                                Write.Put put = (Write.Put) listing.writes().get(0);
                                below.commit(Commit.to(listing.directory())
                                                .ifAbsent(put.name())
                                                .put(put.name(), put.value(), put.leaseId())
                                                .build())
                                        .whenComplete((result, failure) -> listener.changed(name, revision));
                            } else {
                                listener.changed(name, revision);
                            }
                        },
                        listener::reset));
    }

    /** Waits twice as long each time. */
    static Backend resentful(World world, Backend below) {
        AtomicReference<Duration> pause = new AtomicReference<>(Duration.ofMillis(5));
        return new Hooks(below)
                .commits(commit -> MemberMutants.lists(commit)
                        ? world.delayed(pause.updateAndGet(StrangeMembers::longer), () -> below.commit(commit))
                        : below.commit(commit));
    }

    private static Duration longer(Duration pause) {
        Duration most = Duration.ofSeconds(2);
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(most) < 0 ? twice : most;
    }

    /** Removes any member that it finds in its place. */
    static Backend revengeful(Backend below) {
        AtomicBoolean listed = new AtomicBoolean();
        return new Hooks(below).commits(commit -> {
            boolean lists = MemberMutants.lists(commit);
            boolean looks = MemberMutants.isOfMember(commit) && commit.writes().isEmpty();
            return below.commit(commit).thenCompose(result -> {
                if (result instanceof CommitResult.Committed) {
                    listed.compareAndSet(false, lists);
                } else if (listed.get() && lists) {
                    return remove(below, commit).thenCompose(gone -> below.commit(commit));
                } else if (listed.get() && looks) {
                    return remove(below, commit)
                            .thenApply(gone -> new CommitResult.Conflict(Optional.of(new Snapshot(List.of(), false))));
                }
                return completedFuture(result);
            });
        });
    }

    private static CompletionStage<CommitResult> remove(Backend below, Commit found) {
        return below.commit(Commit.to(found.directory())
                .delete(found.conditions().get(0).name())
                .build());
    }
}
