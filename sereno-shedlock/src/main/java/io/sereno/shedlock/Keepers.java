package io.sereno.shedlock;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import net.javacrumbs.shedlock.support.LockException;

/**
 * The entries that keep a lock for lockAtLeastFor: in the directory {@code atleast/<name>}, each under a lease of its own,
 * and named by it. They are put and looked up only by who holds the mutex of that name.
 *
 * <p>A put of a former holder may still take effect later, for instance after its session was lost. Such an entry can
 * only make a task be skipped that the former holder may have run.
 */
final class Keepers {
    private static final Logger LOG = System.getLogger(Keepers.class.getName());

    /** How often a put of unknown outcome is sent. */
    private static final int ATTEMPTS = 3;

    private final Backend backend;
    private final String prefix;
    private final String nodeId;
    private final TimeSource time;
    private final Duration leastTtl;

    Keepers(Backend backend, String prefix, String nodeId, TimeSource time) {
        this.backend = backend;
        this.prefix = prefix + "atleast/";
        this.nodeId = nodeId;
        this.time = time;
        this.leastTtl = backend.guarantees().leastTtl();
    }

    /** Whether an entry keeps the lock. */
    boolean isKept(String name) {
        try {
            return !await(backend.read(new Query.All(prefix + name))).entries().isEmpty();
        } catch (BackendException e) {
            throw failed("looked up", name, e);
        }
    }

    /** Keeps the lock for this time from now, or for the shortest ttl of the store if that is longer. */
    Lease put(String name, Duration atLeast) {
        long sent = time.nanoTime();
        Lease lease;
        try {
            lease = await(backend.grantLease(atLeast.compareTo(leastTtl) < 0 ? leastTtl : atLeast));
        } catch (BackendException e) {
            throw failed("stored", name, e);
        }
        try {
            if (put(name, lease) instanceof CommitResult.LeaseDead && time.nanoTime() - sent < atLeast.toNanos()) {
                throw new BackendException(
                        Outcome.NOT_APPLIED, false, "the lease of the entry ended before its time", null);
            }
            return lease;
        } catch (BackendException e) {
            remove(name, lease);
            throw failed("stored", name, e);
        }
    }

    /**
     * A put of unknown outcome is sent again. It was applied before if there is such an entry, since no other lease has
     * this id.
     */
    private CommitResult put(String name, Lease lease) {
        String entry = Long.toString(lease.id());
        Commit commit = Commit.to(prefix + name)
                .ifAbsent(entry)
                .put(entry, Bytes.utf8("node " + nodeId + "\nsince " + time.wall()), lease.id())
                .build();
        for (int attempt = 1; ; attempt++) {
            try {
                return await(backend.commit(commit));
            } catch (BackendException e) {
                if (e.outcome() == Outcome.NOT_APPLIED || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** If the store does not answer, the entry ends with its lease. */
    void remove(String name, Lease lease) {
        try {
            await(lease.revoke());
        } catch (BackendException e) {
            LOG.log(Level.DEBUG, "the entry that keeps lock '" + Names.printable(name) + "' is left to its lease", e);
        }
    }

    private static LockException failed(String what, String name, BackendException e) {
        return new LockException(
                "lockAtLeastFor of lock '" + Names.printable(name) + "' could not be " + what + ": " + e.getMessage(),
                e);
    }

    /** Waits at most the operation timeout: every stage of a backend completes within it. */
    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof BackendException failure
                    ? failure
                    : new BackendException(Outcome.UNKNOWN, false, String.valueOf(e.getCause()), e);
        }
    }
}
