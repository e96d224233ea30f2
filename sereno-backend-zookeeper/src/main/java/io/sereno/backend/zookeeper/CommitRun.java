package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.jspecify.annotations.Nullable;

/**
 * Runs one commit until its outcome is certain:
 *
 * <ol>
 *   <li>plan a transaction from what is remembered. If that is not enough, or a condition does not hold, look at the
 *       entries behind a barrier, and plan from that;
 *   <li>a condition that does not hold in such a look is a conflict, since the look is not older than the call. If all hold and nothing is to be
 *       written, the commit is done: a server carries out no write while it reads, so the look shows one moment;
 *   <li>send the transaction. Without an answer the outcome is unknown, and the run ends;
 *   <li>if ZooKeeper refused it, nothing was done, so another one may be sent. The refused operation shows what was
 *       wrong: a condition, which is a conflict; or what was remembered, then go back to 1;
 *   <li>if it was carried out, the revision is in the state of a node that it set.
 * </ol>
 */
final class CommitRun {
    private final Commit commit;
    private final Call<CommitResult> call;
    private final Link link;
    private final @Nullable ZooKeeperLease lease;
    private final Namespace namespace;
    private final Attempt.Place place;
    private final Reader reader;
    /** The guards before anything was sent, for the read that comes back with the result. */
    private final int[] guards;

    CommitRun(
            Commit commit,
            Call<CommitResult> call,
            Link link,
            @Nullable ZooKeeperLease lease,
            Namespace namespace,
            Reader reader) {
        this.commit = commit;
        this.call = call;
        this.link = link;
        this.lease = lease;
        this.namespace = namespace;
        this.place = namespace.place();
        this.reader = reader;
        this.guards = commit.returning().isPresent() ? place.remembered().guards() : new int[0];
    }

    void start() {
        step(null);
    }

    /** What was seen behind a barrier, and on which handle: a later read on another handle may be older. */
    private record Look(Handle on, Reader.Seen seen) {
        /** The result of the query, if this look shows it. */
        static Optional<Snapshot> at(@Nullable Look look, Query query) {
            if (look == null
                    || !(query instanceof Query.One one)
                    || !look.seen.remembered().containsKey(one.name())) {
                return Optional.empty();
            }
            Entry entry = look.seen.entries().get(one.name());
            return Optional.of(new Snapshot(entry == null ? List.of() : List.of(entry), false));
        }
    }

    /** Steps 1 and 2. */
    private void step(@Nullable Look look) {
        if (!call.isOpen()) {
            return;
        }
        link.whenConnected(
                call,
                handle -> {
                    Look looked = look != null && look.on == handle ? look : null;
                    try {
                        Attempt attempt = new Attempt(
                                commit,
                                place,
                                place.acl().list(handle),
                                looked == null ? null : looked.seen.remembered());
                        if (attempt.isConflict()) {
                            conflict(handle, looked);
                        } else if (!attempt.unseen().isEmpty()) {
                            look(handle, attempt);
                        } else if (attempt.isProved()) {
                            committed(handle, looked, 0);
                        } else {
                            send(handle, attempt, looked);
                        }
                    } catch (BackendException refused) {
                        call.fail(refused);
                    }
                },
                this::dead);
    }

    private void dead() {
        if (lease != null && lease.isDead()) {
            call.end(new CommitResult.LeaseDead());
        } else {
            call.interrupt("the session with ZooKeeper has ended, and no other will follow", true);
        }
    }

    private void look(Handle handle, Attempt attempt) {
        var barrier = handle.barrier(place.paths().clock());
        call.follow(reader.look(handle, commit.directory(), attempt.names())
                .thenCombine(barrier, (seen, passed) -> {
                    if (!passed.isOk()) {
                        throw namespace.failure(call.what(), passed.code());
                    }
                    return seen;
                })
                .handle((seen, failure) -> {
                    if (failure != null) {
                        call.fail(asBackendException(failure));
                    } else {
                        step(new Look(handle, seen));
                    }
                    return true;
                }));
    }

    /** Step 3. */
    private void send(Handle handle, Attempt attempt, @Nullable Look looked) {
        if (lease != null && !lease.space().take(commit, attempt)) {
            lease.space().recount(handle, call, () -> step(looked));
            return;
        }
        if (!call.sending()) {
            return;
        }
        call.follow(handle.transact(attempt.operations()).thenAccept(answer -> {
            List<OpResult> results = answer.value();
            if (answer.isOk() && results != null) {
                committed(handle, new Applied(commit, attempt, results));
            } else if (results == null || results.size() != attempt.steps().size()) {
                if (attempt.createsDirectory()) {
                    place.remembered().presumeExists(commit.directory());
                }
                call.fail(Failures.ofWrite(call.what(), answer.code()));
            } else if (call.certain()) {
                refused(handle, attempt, results, looked);
            }
        }));
    }

    /** Step 4. */
    private void refused(Handle handle, Attempt attempt, List<OpResult> results, @Nullable Look looked) {
        int index = 0;
        while (index < results.size() - 1 && Reader.codeOf(results.get(index)) == Code.OK) {
            index++;
        }
        Attempt.Step step = attempt.steps().get(index);
        Code code = Reader.codeOf(results.get(index));
        RememberedEntries remembered = place.remembered();
        switch (step.part()) {
            case GUARD -> {
                if (code == Code.BADVERSION) {
                    look(handle, attempt);
                    return;
                }
            }
            case DIRECTORY -> {
                if (code == Code.NODEEXISTS) {
                    remembered.existsWithUnknown(commit.directory());
                    step(looked);
                    return;
                }
            }
            case EMPTIED -> {
                if (code == Code.NOTEMPTY) {
                    remembered.isShared(commit.directory());
                    step(looked);
                    return;
                }
            }
            case CREATE -> {
                if (code == Code.NONODE) {
                    remembered.gone(commit.directory());
                    step(looked);
                    return;
                }
                if (code == Code.NODEEXISTS) {
                    unexpected(handle, attempt, step);
                    return;
                }
            }
            case CHECK, SET, DELETE -> {
                if (code == Code.NONODE || code == Code.BADVERSION) {
                    unexpected(handle, attempt, step);
                    return;
                }
            }
            case CLOCK -> {}
        }
        call.fail(namespace.failure(call.what(), code));
    }

    /**
     * The entry is not in the required state. This is a conflict if a condition requires the state, and a new look if
     * only our plan does.
     */
    private void unexpected(Handle handle, Attempt attempt, Attempt.Step step) {
        place.remembered().forget(attempt.path(step.name()));
        if (attempt.isConditioned(step.name())) {
            conflict(handle, null);
        } else {
            look(handle, attempt);
        }
    }

    private void conflict(Handle handle, @Nullable Look looked) {
        CommitResult without = new CommitResult.Conflict(Optional.empty());
        returnWith(handle, looked, without, snapshot -> new CommitResult.Conflict(Optional.of(snapshot)));
    }

    /** Step 5. */
    private void committed(Handle handle, Applied applied) {
        long revision = applied.revision();
        if (revision > Entry.MAX_REVISION) {
            call.fail(Failures.tooManyElections(revision));
            return;
        }
        applied.remember(place.remembered());
        if (guards.length > 0) {
            applied.guards().forEach((shard, version) -> guards[shard] = version);
        }
        Optional<Snapshot> known = commit.returning().flatMap(applied::answer);
        if (known.isPresent()) {
            call.end(new CommitResult.Committed(revision, known));
        } else {
            committed(handle, null, revision);
        }
    }

    private void committed(Handle handle, @Nullable Look looked, long revision) {
        CommitResult without = new CommitResult.Committed(revision, Optional.empty());
        returnWith(handle, looked, without, snapshot -> new CommitResult.Committed(revision, Optional.of(snapshot)));
    }

    /** A failed read does not change the result. */
    private void returnWith(
            Handle handle, @Nullable Look looked, CommitResult without, Function<Snapshot, CommitResult> with) {
        if (commit.returning().isEmpty()) {
            call.end(without);
            return;
        }
        Optional<Snapshot> known = Look.at(looked, commit.returning().get());
        if (known.isPresent()) {
            call.end(with.apply(known.get()));
            return;
        }
        call.settle(without);
        call.follow(reader.read(handle, commit.returning().get(), guards)
                .handle((snapshot, failure) -> call.end(failure != null ? without : with.apply(snapshot))));
    }

    private static BackendException asBackendException(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof BackendException known
                ? known
                : new BackendException(BackendException.Outcome.NOT_APPLIED, false, String.valueOf(cause), cause);
    }
}
