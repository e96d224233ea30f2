package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.Grant;
import io.sereno.LockSet;
import io.sereno.LossCause;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.WriteGrant;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Locks with readers and writers, and locks over several names, whose holders overlap, pass others, or wait for each other. */
final class NamesMutants {
    private static final String WRITES = "\nwrite ";
    private static final String READS = "\nread ";

    private NamesMutants() {}

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    static void addTo(Mutants all) {
        all.backend("RWL-1", "readers do not look at writers")
                .results((commit, result) -> seeing(commit, result, READS, (ahead, entry) -> !has(entry, WRITES)));
        all.backend("RWL-1", "writers do not look at readers")
                .results((commit, result) -> seeing(commit, result, WRITES, (ahead, entry) -> !has(entry, READS)));
        all.recipe("RWL-1", "a reader that is cut off relies on its right until it reconnects")
                .objects(ReadWriteMutex.class, lock -> rights(lock, NamesMutants::believing));
        all.recipe("RWL-2", "tokens of writers begin again with each client")
                .objects(
                        ReadWriteMutex.class,
                        AtomicLong::new,
                        (last, lock) -> rights(lock, right -> {
                            long token = last.addAndGet(1_024);
                            return right instanceof WriteGrant grant
                                    ? changed(
                                            WriteGrant.class,
                                            grant,
                                            (method, call) ->
                                                    method.equals("fencingToken") ? (Object) token : call.go())
                                    : right;
                        }));
        all.backend("RWL-3", "readers pass writers that wait")
                .results((commit, result) ->
                        seeing(commit, result, READS, (ahead, entry) -> ahead.isEmpty() || !has(entry, WRITES)));
        all.backend("RWL-3", "entries that share no name are waited for")
                .requests(commit -> isTo(commit)
                        ? Commits.valued(commit, "", value -> value.replaceAll("\n(write|read) [^\n]*", ""))
                        : commit);
        all.recipe("RWL-4", "a downgrade releases, and acquires again")
                .objects(
                        ReadWriteMutex.class,
                        lock -> rights(
                                lock,
                                right -> right instanceof WriteGrant grant
                                        ? changed(WriteGrant.class, grant, (method, call) -> {
                                            if (!method.equals("downgrade")) {
                                                return call.go();
                                            }
                                            grant.release();
                                            return lock.acquireRead();
                                        })
                                        : right));
        all.backend("RWL-4", "a downgrade is not stored")
                .commits((world, below, commit) ->
                        isTo(commit) && overwrites(commit) ? completedFuture(Commits.done()) : below.commit(commit));
        all.backend("RWL-4", "a downgrade of unknown outcome is not sent again")
                .afterFailures((below, commit, lost) -> isTo(commit) && overwrites(commit)
                        ? completedFuture(Commits.done())
                        : CompletableFuture.failedFuture(lost));
        all.recipe("RWL-5", "readers share a right for as long as one of them reads")
                .objects(ReadWriteMutex.class, Shared::new, NamesMutants::joining);
        all.recipe("MLK-1", "names are acquired one after another").objects(LockSet.class, NamesMutants::oneByOne);
        all.recipe("MLK-2", "names are acquired in the order in which they are listed")
                .objects(LockSet.class, NamesMutants::oneByOne);
    }

    private static boolean isTo(Commit commit) {
        return Commits.isTo(commit, "rwlock") || Commits.isTo(commit, "lockset");
    }

    private static boolean overwrites(Commit commit) {
        return !commit.writes().isEmpty() && Commits.requires(commit, Condition.ModRevision.class::isInstance);
    }

    private static boolean has(Entry entry, String claim) {
        return entry.value().toUtf8().contains(claim);
    }

    /** What the commit that puts an entry with such a claim reads: its own entry, and of those before it the ones that are seen. */
    private static CommitResult seeing(
            Commit commit, CommitResult result, String claim, BiPredicate<List<Entry>, Entry> seen) {
        boolean puts = commit.writes().stream()
                .anyMatch(write ->
                        write instanceof Write.Put put && put.value().toUtf8().contains(claim));
        if (!isTo(commit) || !puts) {
            return result;
        }
        Set<String> own = Set.copyOf(commit.writes().stream().map(Write::name).toList());
        return Commits.seen(result, read -> {
            List<Entry> kept = new ArrayList<>();
            for (Entry entry : read.entries()) {
                if (own.contains(entry.name()) || seen.test(before(read, entry), entry)) {
                    kept.add(entry);
                }
            }
            return new Snapshot(kept, read.more());
        });
    }

    private static List<Entry> before(Snapshot read, Entry entry) {
        return read.entries().stream()
                .filter(other -> other.createRevision() < entry.createRevision())
                .toList();
    }

    private static ReadWriteMutex rights(ReadWriteMutex lock, UnaryOperator<Right> change) {
        return changed(ReadWriteMutex.class, lock, (method, call) -> {
            Object result = call.go();
            if (result instanceof Optional<?> found && found.isPresent() && found.get() instanceof Right right) {
                return Optional.of(change.apply(right));
            }
            return result instanceof Right right ? change.apply(right) : result;
        });
    }

    private static Right believing(Right right) {
        if (right instanceof Grant) {
            return right;
        }
        AtomicBoolean released = new AtomicBoolean();
        return changed(Right.class, right, (method, call) -> switch (method) {
            case "isHeld" -> !released.get();
            case "lost" -> new CompletableFuture<LossCause>();
            case "release", "close" -> {
                released.set(true);
                yield call.go();
            }
            default -> call.go();
        });
    }

    /** What the readers of a client share. */
    private static final class Shared {
        private int readers;
        private @Nullable Right held;

        synchronized @Nullable Right join(RecipeMutants.Call acquire) throws Throwable {
            if (readers == 0) {
                Object result = acquire.go();
                Object got = result instanceof Optional<?> found
                        ? found.map(Object.class::cast).orElse(null)
                        : result;
                held = (Right) got;
            }
            Right shared = held;
            if (shared == null) {
                return null;
            }
            readers++;
            return changed(Right.class, shared, (method, call) -> {
                boolean ends = method.equals("release") || method.equals("close");
                return ends && !isLast() ? null : call.go();
            });
        }

        private synchronized boolean isLast() {
            return --readers == 0;
        }
    }

    private static ReadWriteMutex joining(Shared shared, ReadWriteMutex lock) {
        return changed(ReadWriteMutex.class, lock, (method, call) -> switch (method) {
            case "acquireRead" -> shared.join(call);
            case "tryAcquireRead" -> Optional.ofNullable(shared.join(call));
            default -> call.go();
        });
    }

    /** Takes a name, then waits for the next one. */
    private static LockSet oneByOne(LockSet locks) {
        return changed(LockSet.class, locks, (method, call) -> {
            if (!method.equals("acquire")) {
                return call.go();
            }
            List<Grant> grants = new ArrayList<>();
            for (Object name : call.given(0, Set.class)) {
                grants.add(locks.acquire(Set.of((String) name), Set.of()));
            }
            return changed(Grant.class, grants.get(grants.size() - 1), (step, right) -> {
                if (step.equals("release") || step.equals("close")) {
                    grants.forEach(Grant::close);
                    return null;
                }
                return right.go();
            });
        });
    }
}
