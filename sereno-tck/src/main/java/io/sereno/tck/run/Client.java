package io.sereno.tck.run;

import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * One client of the store under test, with blocking calls. A call that fails without a fault breaks the rule that is
 * being tested; {@link #outcome} is for calls that are expected to fail.
 */
public final class Client implements AutoCloseable {
    private final Bench bench;
    private final String name;
    private final Backend backend;
    /** Until when each lease has to live unless it is revoked. */
    private final Map<Long, Long> lives = new ConcurrentHashMap<>();
    /** Whether the kit makes faults, so that unknown outcomes are expected. */
    private final boolean faulty;

    Client(Bench bench, String name, Backend backend, boolean faulty) {
        this.bench = bench;
        this.name = name;
        this.backend = backend;
        this.faulty = faulty;
    }

    /** The backend itself, for asynchronous calls. */
    public Backend backend() {
        return backend;
    }

    /**
     * The backend for callers that use it directly, as recipes do. Commits of unknown outcome are recorded, so that the
     * rule draws no conclusion from their effects.
     */
    public Backend witnessed() {
        return faulty ? backend : bench.unknownCommits().witness(backend);
    }

    public Guarantees guarantees() {
        return backend.guarantees();
    }

    public Snapshot read(Query query) {
        return call("read " + describe(query), () -> backend.read(query));
    }

    /** A page of the directories. */
    public DirectoryPage directories(Optional<String> cursor, int limit) {
        return call(new Request.ListDirectories(cursor, limit).toString(), () -> backend.directories(cursor, limit));
    }

    /** Every entry of a directory. */
    public List<Entry> all(String directory) {
        return read(new Query.All(directory)).entries();
    }

    /** One entry. */
    public Optional<Entry> one(String directory, String entry) {
        List<Entry> found = read(new Query.One(directory, entry)).entries();
        if (found.size() > 1) {
            throw new RuleFailure("a read of one entry, " + entry + " in " + directory + ", returned " + found);
        }
        return found.stream().findFirst();
    }

    /** One entry that has to exist. */
    public Entry present(String directory, String entry) {
        return one(directory, entry)
                .orElseThrow(() -> new RuleFailure(
                        "entry " + entry + " of " + directory + " is not there; the directory has " + all(directory)));
    }

    /** A commit without faults. An unknown outcome is settled. */
    public CommitResult commit(Commit commit) {
        String what = new Request.Commit(commit).toString();
        long from = bench.now();
        return result(what, from, certain(what, bench.unknownCommits().settled(this, commit)));
    }

    /** A commit that has to succeed. */
    public CommitResult.Committed committed(Commit commit) {
        CommitResult result = commit(commit);
        if (result instanceof CommitResult.Committed committed) {
            return committed;
        }
        if (result instanceof CommitResult.LeaseDead) {
            requireInTime(commit.writes().stream()
                    .mapToLong(write -> write instanceof Write.Put put ? put.leaseId() : 0)
                    .max()
                    .orElse(0));
        }
        throw new RuleFailure(new Request.Commit(commit) + " ended as " + result + " without a fault");
    }

    /** Puts one entry without lease; returns the revision. */
    public long put(String directory, String entry, Bytes value) {
        return committed(Commit.to(directory).put(entry, value).build()).revision();
    }

    public long put(String directory, String entry, String value) {
        return put(directory, entry, Bytes.utf8(value));
    }

    public long put(String directory, String entry, String value, Lease lease) {
        return committed(Commit.to(directory)
                        .put(entry, Bytes.utf8(value), lease.id())
                        .build())
                .revision();
    }

    public long delete(String directory, String entry) {
        return committed(Commit.to(directory).delete(entry).build()).revision();
    }

    public Lease grant(Duration ttl) {
        long sent = bench.now();
        Lease lease = call("grant " + ttl, () -> backend.grantLease(ttl));
        lives.put(lease.id(), sent + lease.ttl().toNanos());
        return lease;
    }

    public boolean renew(Lease lease) {
        long sent = bench.now();
        boolean renewed = repeated("renew lease " + lease.id(), lease::renew);
        if (renewed) {
            lives.put(lease.id(), sent + lease.ttl().toNanos());
        }
        return renewed;
    }

    /** Renews a lease that is alive, so the renewal has to be true. */
    public void keep(Lease lease, String when) {
        if (!renew(lease)) {
            requireInTime(lease.id());
            bench.same("renew() " + when, true, false);
        }
        bench.verified();
    }

    /**
     * Whether a lease of this client still has to live: its ttl since its grant or latest renewal was sent is not over.
     */
    public boolean lives(Lease lease) {
        Long until = lives.get(lease.id());
        return until != null && bench.now() - until < 0;
    }

    /** If a rule's work under a lease takes longer than the lease lives, the store is slow, not wrong. */
    private void requireInTime(long lease) {
        Long until = lives.get(lease);
        if (until != null && bench.now() - until >= 0) {
            throw bench.unknown(
                    "the steps under a lease took longer than its ttl: the store, or this machine, stalled");
        }
    }

    public void revoke(Lease lease) {
        repeated("revoke lease " + lease.id(), lease::revoke);
    }

    /** A live watch with a listener that records what it is notified of. */
    public Notices watch(Target target) {
        Notices notices = new Notices(bench, name);
        watch(target, notices);
        return notices;
    }

    public Notices watch(String directory) {
        return watch(new Target(directory, Optional.empty()));
    }

    public Watch watch(Target target, WatchListener listener) {
        return call(
                "watch " + target.directory()
                        + target.name().map(entry -> " entry " + entry).orElse(""),
                () -> backend.watch(target, listener));
    }

    /** How a call ended that may fail: its result or its failure. Only slowness is a violation. */
    public <T> CallResult<T> outcome(String what, Supplier<? extends CompletionStage<T>> call) {
        long from = bench.now();
        CallResult<T> ended;
        try {
            ended = bench.end(call.get(), bench.patience());
        } catch (RuntimeException e) {
            ended = CallResult.thrown(e);
        }
        bench.note(from, name + " " + what + " -> " + ended);
        return ended;
    }

    /**
     * How a commit ended that may be refused. An unknown outcome is settled, unless the kit makes faults, so that
     * unknown outcomes are expected.
     */
    public CallResult<CommitResult> outcome(Commit commit) {
        return faulty ? raw(commit) : bench.unknownCommits().settled(this, commit);
    }

    /** How a commit ended; the outcome may be unknown. */
    public CallResult<CommitResult> raw(Commit commit) {
        return outcome(new Request.Commit(commit).toString(), () -> backend.commit(commit));
    }

    /** A commit, a renewal or a revocation may end UNKNOWN; no other call may. */
    private <T> CallResult<T> certain(String what, CallResult<T> ended) {
        if (ended.failedAs(BackendException.Outcome.UNKNOWN)) {
            throw new UnknownPreparation(name + ": " + what + " ended as " + ended);
        }
        return ended;
    }

    /** A call whose outcome may be unknown, and that has no further effect when it is repeated. */
    private <T> T repeated(String what, Supplier<? extends CompletionStage<T>> call) {
        long from = bench.now();
        CallResult<T> ended = outcome(what, call);
        for (int i = 1; i < UnknownCommits.ATTEMPTS && ended.failedAs(BackendException.Outcome.UNKNOWN); i++) {
            ended = outcome(what, call);
        }
        return result(what, from, certain(what, ended));
    }

    private <T> T call(String what, Supplier<? extends CompletionStage<T>> call) {
        long from = bench.now();
        return result(what, from, outcome(what, call));
    }

    private <T> T result(String what, long from, CallResult<T> ended) {
        if (ended.isOpen()) {
            throw new RuleFailure(name + ": " + what + " has not ended after " + Bench.text(bench.patience())
                    + "; every operation ends by the operation timeout + 250 ms (LIF-6b)");
        }
        if (ended.thrown() != null) {
            String seen = name + ": " + what + " failed without a fault: " + ended;
            if (ended.failure().filter(failure -> !failure.permanent()).isPresent()) {
                // Connections break when there is no answer for some time.
                bench.unlessStoodStill(from - bench.kit().operationTimeout().toNanos(), seen);
            }
            throw new RuleFailure(seen, ended.thrown());
        }
        return ended.result();
    }

    private static String describe(Query query) {
        return new Request.Read(query).toString().substring("read ".length());
    }

    @Override
    public void close() {
        bench.note(bench.now(), name + " close");
        backend.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
