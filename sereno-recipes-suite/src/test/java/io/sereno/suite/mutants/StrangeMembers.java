package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
    static final class Mistaken extends Wrapper {
        private volatile String attempt = "";

        Mistaken(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (MemberMutants.lists(commit)) {
                String card = ((Write.Put) commit.writes().get(0)).value().toUtf8();
                attempt = line(card, "attempt");
            }
            boolean callsOff = MemberMutants.isOfMember(commit) && Commits.puts(commit, MemberMutants.MARK);
            return super.commit(commit).thenApply(result -> callsOff ? mistaken(result) : result);
        }

        private CommitResult mistaken(CommitResult result) {
            if (result instanceof CommitResult.Committed committed) {
                return new CommitResult.Committed(
                        committed.revision(), committed.snapshot().map(this::mistaken));
            }
            return result instanceof CommitResult.Conflict conflict
                    ? new CommitResult.Conflict(conflict.snapshot().map(this::mistaken))
                    : result;
        }

        private Snapshot mistaken(Snapshot snapshot) {
            return new Snapshot(snapshot.entries().stream().map(this::own).toList(), snapshot.more());
        }

        private Entry own(Entry entry) {
            String card = entry.value().toUtf8();
            return new Entry(
                    entry.name(),
                    Bytes.utf8(card.replace(line(card, "attempt"), attempt)),
                    entry.createRevision(),
                    entry.modRevision(),
                    entry.leaseId());
        }
    }

    /** Puts its entry again as soon as it is notified that the entry is gone. */
    static final class Stubborn extends Wrapper {
        private final AtomicReference<@Nullable Commit> last = new AtomicReference<>();

        Stubborn(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (MemberMutants.lists(commit)) {
                last.set(commit);
            }
            return super.commit(commit);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new OfListener(listener) {
                @Override
                public void changed(String name, long revision) {
                    Commit listing = last.get();
                    if (listing != null && target.name().equals(Optional.of(MemberMutants.entry(listing)))) {
                        commit(Commit.to(listing.directory())
                                        .ifAbsent(MemberMutants.entry(listing))
                                        .put(
                                                MemberMutants.entry(listing),
                                                ((Write.Put) listing.writes().get(0)).value(),
                                                ((Write.Put) listing.writes().get(0)).leaseId())
                                        .build())
                                .whenComplete((result, failure) -> super.changed(name, revision));
                    } else {
                        super.changed(name, revision);
                    }
                }
            });
        }
    }

    /** Waits twice as long each time. */
    static final class Resentful extends Wrapper {
        private static final Duration MOST = Duration.ofSeconds(2);

        private final World world;
        private Duration pause = Duration.ofMillis(5);

        Resentful(World world, Backend below) {
            super(below);
            this.world = world;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!MemberMutants.lists(commit)) {
                return super.commit(commit);
            }
            CompletableFuture<Boolean> turn = new CompletableFuture<>();
            world.later(longer(), Runnable::run, () -> turn.complete(true));
            return turn.thenCompose(now -> super.commit(commit));
        }

        private synchronized Duration longer() {
            Duration twice = pause.multipliedBy(2);
            pause = twice.compareTo(MOST) < 0 ? twice : MOST;
            return pause;
        }
    }

    /** Removes any member that it finds in its place. */
    static final class Revengeful extends Wrapper {
        private volatile boolean listed;

        Revengeful(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            boolean lists = MemberMutants.lists(commit);
            boolean looks = MemberMutants.isOfMember(commit) && commit.writes().isEmpty();
            return super.commit(commit).thenCompose(result -> {
                if (result instanceof CommitResult.Committed) {
                    listed |= lists;
                } else if (listed && lists) {
                    return remove(commit).thenCompose(gone -> super.commit(commit));
                } else if (listed && looks) {
                    return remove(commit)
                            .thenApply(gone -> new CommitResult.Conflict(Optional.of(new Snapshot(List.of(), false))));
                }
                return completedFuture(result);
            });
        }

        private CompletionStage<CommitResult> remove(Commit found) {
            return super.commit(Commit.to(found.directory())
                    .delete(found.conditions().get(0).name())
                    .build());
        }
    }
}
