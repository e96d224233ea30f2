package io.sereno.tck.history;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Bugs that a backend may have, and the rules that each of them breaks. */
enum Lie {
    NONE(),
    STALE_READ("READ-1"),
    CONDITIONS_IGNORED("COM-1", "COM-2a", "COM-3"),
    APPLIED_TWICE("COM-11"),
    REVISION_GOES_BACK("COM-6", "COM-5b"),
    DELETE_LOST("COM-1", "COM-2a"),
    EXPIRY_EARLY("LEA-2"),
    CONFLICT_FROM_A_STALE_READ("COM-12"),
    ENTRY_MISSING("READ-3a"),
    RETURNED_READ_BEFORE_THE_COMMIT("READ-8b", "READ-8a"),
    NOTICE_LOST("WAT-1", "WAT-2"),
    DEAD_LEASE_RENEWED("LEA-6a", "LEA-12"),
    APPLIED_YET_NOT_APPLIED("READ-2a"),
    CREATE_REVISION_RESET("COM-7a"),
    WRITES_ONE_BY_ONE("COM-1", "COM-11", "COM-5a"),
    OLD_VALUE_WITH_NEW_REVISION("READ-2c");

    @SuppressWarnings("ImmutableEnumChecker") // Set.of() is.
    private final Set<String> rules;

    Lie(String... rules) {
        this.rules = Set.of(rules);
    }

    Set<String> rules() {
        return rules;
    }

    Backend over(Backend store, TimeSource time, Random random) {
        return this == NONE ? store : new Liar(store, time, random);
    }

    private final class Liar implements Backend {
        private final Backend store;
        private final TimeSource time;
        private final Random random;
        private final Map<Query, Snapshot> cache = new HashMap<>();

        Liar(Backend store, TimeSource time, Random random) {
            this.store = store;
            this.time = time;
            this.random = random;
        }

        private boolean now(Lie lie, int percent) {
            return Lie.this == lie && random.nextInt(100) < percent;
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            Snapshot cached = cache.get(query);
            if (cached != null && now(STALE_READ, 5)) {
                return CompletableFuture.completedFuture(cached);
            }
            return store.read(query).thenApply(snapshot -> {
                cache.put(query, snapshot);
                return reported(snapshot);
            });
        }

        private Snapshot reported(Snapshot snapshot) {
            List<Entry> entries = new ArrayList<>(snapshot.entries());
            if (entries.size() > 1 && now(ENTRY_MISSING, 3)) {
                entries.remove(random.nextInt(entries.size()));
            }
            if (Lie.this == CREATE_REVISION_RESET || Lie.this == REVISION_GOES_BACK) {
                entries.replaceAll(this::reported);
            }
            if (!entries.isEmpty() && now(OLD_VALUE_WITH_NEW_REVISION, 3)) {
                cache.values().stream()
                        .flatMap(old -> old.entries().stream())
                        .filter(old -> old.name().equals(entries.get(0).name())
                                && old.modRevision() < entries.get(0).modRevision())
                        .findFirst()
                        .ifPresent(old -> {
                            Entry newer = entries.get(0);
                            entries.set(
                                    0,
                                    new Entry(
                                            newer.name(),
                                            old.value(),
                                            newer.createRevision(),
                                            newer.modRevision(),
                                            newer.leaseId()));
                        });
            }
            return new Snapshot(entries, snapshot.more());
        }

        private Entry reported(Entry entry) {
            long created = Lie.this == CREATE_REVISION_RESET ? entry.modRevision() : goneBack(entry.createRevision());
            return new Entry(entry.name(), entry.value(), created, goneBack(entry.modRevision()), entry.leaseId());
        }

        /** From the 60th on, 40 lower: as if a counter had been lost. */
        private long goneBack(long revision) {
            if (Lie.this != REVISION_GOES_BACK) {
                return revision;
            }
            return revision >= 60 ? revision * 2 - 100 : revision * 2 + 101;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit asked) {
            Commit commit = Lie.this == REVISION_GOES_BACK ? withRevisionsOfStore(asked) : asked;
            if (now(CONDITIONS_IGNORED, 10)) {
                return store.commit(new Commit(commit.directory(), List.of(), commit.writes(), commit.returning()));
            }
            if (!commit.conditions().isEmpty() && now(CONFLICT_FROM_A_STALE_READ, 5)) {
                return CompletableFuture.completedFuture(new CommitResult.Conflict(Optional.empty()));
            }
            boolean deletes = commit.writes().stream().anyMatch(write -> write instanceof Write.Delete);
            if (deletes && commit.writes().size() > 1 && now(DELETE_LOST, 30)) {
                List<Write> puts = commit.writes().stream()
                        .filter(write -> write instanceof Write.Put)
                        .toList();
                return store.commit(new Commit(commit.directory(), commit.conditions(), puts, commit.returning()));
            }
            if (commit.writes().size() > 1 && Lie.this == WRITES_ONE_BY_ONE) {
                return oneByOne(commit);
            }
            if (commit.returning().isPresent() && now(RETURNED_READ_BEFORE_THE_COMMIT, 20)) {
                return store.read(commit.returning().get())
                        .thenCompose(before -> store.commit(commit).thenApply(result -> with(result, before)));
            }
            return store.commit(commit).thenCompose(result -> afterwards(commit, result));
        }

        private CompletionStage<CommitResult> afterwards(Commit commit, CommitResult result) {
            if (result instanceof CommitResult.Committed committed) {
                boolean puts = commit.writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put && put.leaseId() == 0);
                if (puts && now(APPLIED_TWICE, 5)) {
                    time.schedule(
                            Duration.ofMillis(2),
                            Runnable::run,
                            () -> store.commit(
                                    new Commit(commit.directory(), List.of(), commit.writes(), Optional.empty())));
                }
                if (puts && now(APPLIED_YET_NOT_APPLIED, 5)) {
                    return CompletableFuture.failedFuture(
                            new BackendException(Outcome.NOT_APPLIED, false, "a lie", null));
                }
                long revision = committed.revision();
                return CompletableFuture.completedFuture(new CommitResult.Committed(
                        revision == 0 || Lie.this != REVISION_GOES_BACK ? revision : goneBack(revision),
                        committed.snapshot().map(this::reported)));
            }
            return CompletableFuture.completedFuture(
                    result instanceof CommitResult.Conflict conflict
                            ? new CommitResult.Conflict(conflict.snapshot().map(this::reported))
                            : result);
        }

        private Commit withRevisionsOfStore(Commit commit) {
            List<Condition> conditions = commit.conditions().stream()
                    .map(condition -> {
                        if (condition instanceof Condition.ModRevision modified) {
                            return new Condition.ModRevision(condition.name(), inStore(modified.revision()));
                        }
                        return condition instanceof Condition.CreateRevision created
                                ? new Condition.CreateRevision(condition.name(), inStore(created.revision()))
                                : condition;
                    })
                    .toList();
            return new Commit(commit.directory(), conditions, commit.writes(), commit.returning());
        }

        private long inStore(long reported) {
            return reported % 2 == 0 ? (reported + 100) / 2 : (reported - 101) / 2;
        }

        private CompletionStage<CommitResult> oneByOne(Commit commit) {
            Write first = commit.writes().get(0);
            Commit begin = new Commit(commit.directory(), commit.conditions(), List.of(first), Optional.empty());
            Commit rest = new Commit(
                    commit.directory(),
                    List.of(),
                    commit.writes().subList(1, commit.writes().size()),
                    Optional.empty());
            return store.commit(begin).thenCompose(result -> {
                if (!(result instanceof CommitResult.Committed)) {
                    return CompletableFuture.completedFuture(result);
                }
                CompletableFuture<CommitResult> done = new CompletableFuture<>();
                time.schedule(
                        Duration.ofMillis(1),
                        Runnable::run,
                        () -> store.commit(rest).whenComplete((second, failure) -> done.complete(second)));
                return done;
            });
        }

        private static CommitResult with(CommitResult result, Snapshot snapshot) {
            return result instanceof CommitResult.Committed committed
                    ? new CommitResult.Committed(committed.revision(), Optional.of(snapshot))
                    : result instanceof CommitResult.Conflict
                            ? new CommitResult.Conflict(Optional.of(snapshot))
                            : result;
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return store.grantLease(ttl).thenApply(lease -> {
                if (Lie.this == EXPIRY_EARLY) {
                    time.schedule(ttl.dividedBy(2), Runnable::run, lease::revoke);
                }
                return new LyingLease(lease);
            });
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return store.watch(target, new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    if (!now(NOTICE_LOST, 20)) {
                        listener.changed(name, Lie.this == REVISION_GOES_BACK ? 0 : revision);
                    }
                }

                @Override
                public void reset() {
                    listener.reset();
                }
            });
        }

        @Override
        public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
            return store.directories(cursor, limit);
        }

        @Override
        public Guarantees guarantees() {
            return store.guarantees();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private final class LyingLease implements Lease {
        private final Lease lease;

        LyingLease(Lease lease) {
            this.lease = lease;
        }

        @Override
        public long id() {
            return lease.id();
        }

        @Override
        public Duration ttl() {
            return lease.ttl();
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return Lie.this == DEAD_LEASE_RENEWED ? lease.renew().thenApply(alive -> true) : lease.renew();
        }

        @Override
        public CompletionStage<Void> revoke() {
            return lease.revoke();
        }
    }
}
