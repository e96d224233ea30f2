package io.sereno.recipes.kernel;

import io.sereno.spi.Lease;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Revokes a lease. Revocations may be repeated (LEA-5b), so one that failed, or is not answered within a second, is retried until the store has
 * answered for certain, or refuses permanently, or the lease has ended by itself, or the time limit is over.
 *
 * <p>Confined to the strand.
 */
final class Revocation {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Kernel kernel;
    private final Strand strand;
    private final Lease lease;
    private final Runnable then;
    private final Backoff backoff;

    private @Nullable Object awaited;
    private boolean callerWaits;
    private boolean ended;
    private final Timer next = new Timer();
    private final Timer end = new Timer();

    /** {@code then} runs once, at the end of all attempts. */
    Revocation(Kernel kernel, Strand strand, Lease lease, Runnable then) {
        this.kernel = kernel;
        this.strand = strand;
        this.lease = lease;
        this.then = then;
        this.backoff = kernel.backoff();
    }

    /** Begins; nobody waits for it. */
    void start() {
        limit(lease.ttl());
        attempt();
    }

    /** A caller of close() waits for it, and no longer than this: begins, or makes the next attempt at once if there is a pause. */
    void hurry(Duration limit) {
        callerWaits = true;
        limit(limit);
        if (awaited == null) {
            attempt();
        }
    }

    private void limit(Duration limit) {
        Duration atMost = limit.compareTo(lease.ttl()) < 0 ? limit : lease.ttl();
        end.set(kernel.time(), atMost, strand, () -> giveUp(atMost));
    }

    private void attempt() {
        Object mine = new Object();
        awaited = mine;
        attemptAfter(PATIENCE);
        kernel.store().revoke(lease, strand, failure -> {
            if (failure == null || failure.permanent()) {
                end();
            } else if (awaited == mine && !ended) {
                awaited = null;
                attemptAfter(backoff.next());
            }
        });
    }

    private void attemptAfter(Duration pause) {
        next.set(kernel.time(), pause, strand, this::attempt);
    }

    private void giveUp(Duration after) {
        if (callerWaits) {
            kernel.events()
                    .leaseLeft("the store at " + kernel.backend() + " has not confirmed within " + after
                            + " that a lease was revoked; the entries left under it are deleted within its ttl of "
                            + lease.ttl());
        }
        end();
    }

    private void end() {
        if (!ended) {
            ended = true;
            next.cancel();
            end.cancel();
            then.run();
        }
    }
}
