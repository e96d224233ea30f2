package io.sereno.recipes.operator;

import io.sereno.operator.Release.Result;
import io.sereno.operator.Seat;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.RearmingWatch;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Ends the session of a seat, and waits until the seat is gone.
 *
 * <p>Invariant: never deletes the seat. The seat goes when its client gives it up, or with its lease; and its client relies on it no
 * longer than that. So nobody is granted what that client still relies on.
 *
 * <ol>
 *   <li>Read the seat. If it is gone, or another one has its name: done, and nothing is changed.
 *   <li>Look for the marker, in each directory that may have it. If none was seen with the seat, and there is none: the session has
 *       ended already.
 *   <li>Delete the marker, if it is the one that was seen. The condition never holds for another session, so a deletion of unknown
 *       outcome is repeated. A marker that is gone then was deleted by it, or by somebody else: the session has ended in any case.
 *   <li>Wait until the seat is gone.
 * </ol>
 *
 * <p>When the caller has its result, nothing more is sent, and answers that come later are dropped.
 *
 * <p>Confined to a strand of its own.
 */
final class Ending implements Open {
    private static final Duration MOST = Duration.ofMinutes(2);
    /** How often the seat is looked at without a notice. */
    private static final Duration PERIOD = Duration.ofSeconds(3);

    private final Scope scope;
    private final Seat seat;
    private final Runnable acted;
    private final Iterator<String> above;
    private final Strand strand = new Strand();
    private final Requests requests;
    private final TimedWait<Result> result;
    private @Nullable RearmingWatch watch;

    private long lease;
    private @Nullable String markers;
    /** A deletion of the marker is under way. */
    private boolean sent;
    /** A deletion of the marker was sent whose outcome is unknown. */
    private boolean unknown;
    /** The session has ended: only the seat is to be waited for. */
    private boolean sessionOver;
    /** The seat is to be looked at again. */
    private boolean due = true;

    /** {@code acted} is called when this has deleted the marker, or may have. */
    Ending(Scope scope, Seat seat, Runnable acted) {
        this.scope = scope;
        this.seat = seat;
        this.acted = acted;
        this.above = Paths.sessionsAbove(scope.directory()).iterator();
        this.requests = new Requests(
                scope.kernel(), strand, scope.directory(), Requests.OnFailure.first(why -> {}, this::fail), this::step);
        this.result = new TimedWait<>(scope.kernel(), strand);
    }

    /** Completes within {@link #MOST}. */
    CompletableFuture<Result> start() {
        // Until the session has ended, each step waits for the store alone.
        result.limit(scope.kernel().store().limit(), () -> fail(requests.failure()));
        scope.client().opened(this);
        var unused =
                result.result().whenComplete((how, failure) -> scope.client().closed(this));
        strand.execute(this::step);
        return result.result();
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        strand.execute(() -> {
            if (sessionOver || mayHaveActed()) {
                fail(null);
            } else {
                failWith(scope.closed("end"));
            }
        });
        return CompletableFuture.completedFuture(null);
    }

    private void fail(@Nullable BackendException why) {
        if (result.isEnded()) {
            return;
        }
        if (sessionOver) {
            complete(Result.PENDING);
            return;
        }
        if (mayHaveActed()) {
            acted.run();
            failWith(scope.outcomeUnknown("end", why));
        } else {
            failWith(scope.notApplied("end", why));
        }
    }

    private boolean mayHaveActed() {
        return sent || unknown;
    }

    private void failWith(RuntimeException why) {
        requests.forget();
        result.fail(why);
    }

    private void complete(Result how) {
        requests.forget();
        RearmingWatch opened = watch;
        if (opened != null) {
            opened.close();
        }
        result.complete(how);
    }

    private void step() {
        if (!requests.isIdle() || result.isEnded()) {
            return;
        }
        if (sessionOver) {
            if (due) {
                due = false;
                requests.read(seat.entry(), found -> look(View.first(found)), why -> due = true);
            }
        } else if (markers != null) {
            requests.read(new Query.One(markers, seat.session()), found -> judge(View.first(found)));
        } else {
            requests.readEntry(seat.entry(), this::look);
        }
    }

    // Steps 1 and 4.
    private void look(@Nullable Entry entry) {
        if (entry == null || entry.createRevision() != seat.createRevision()) {
            complete(sessionOver ? Result.RELEASED : entry == null ? Result.GONE : Result.CHANGED);
        } else if (!sessionOver) {
            lease = entry.leaseId();
            if (lease == 0) {
                complete(Result.CHANGED); // No client put it, and no session ends it.
            } else {
                next();
            }
        }
    }

    // Step 2.
    private void next() {
        if (above.hasNext()) {
            markers = above.next();
        } else {
            over(Duration.ZERO);
        }
    }

    private void judge(@Nullable Entry marker) {
        if (marker == null || marker.leaseId() != lease) {
            if (unknown) {
                acted.run();
                over(Duration.ZERO);
            } else {
                next();
            }
        } else if (marker.createRevision() != seat.sessionRevision()) {
            complete(Result.CHANGED);
        } else {
            delete(Marker.of(marker).ttl());
        }
    }

    // Step 3.
    private void delete(Duration ttl) {
        Commit.Builder commit = Commit.to(String.valueOf(markers))
                .ifCreateRevision(seat.session(), seat.sessionRevision())
                .delete(seat.session());
        sent = true;
        requests.commit(commit, outcome -> {
            sent = false;
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                acted.run();
                over(ttl);
            } else if (outcome.kind() != Outcome.Kind.CONFLICT) {
                unknown |= outcome.kind() == Outcome.Kind.UNKNOWN;
                requests.pause(outcome.failure());
            } // After a conflict, the next look shows the reason.
        });
    }

    /** The seat outlasts the session by the rest of its ttl and what the store adds; zero if it is not known. */
    private void over(Duration ttl) {
        sessionOver = true;
        result.limit(limit(ttl), () -> complete(Result.PENDING));
        RearmingWatch opened = requests.watch(seat.entry(), () -> {
            due = true;
            requests.endPause();
            step();
        });
        opened.lookEvery(PERIOD);
        watch = opened;
    }

    private Duration limit(Duration ttl) {
        if (ttl.isZero()) {
            return MOST;
        }
        Duration limit = ttl.plus(scope.client().backend().guarantees().expiryLateness())
                .plus(scope.kernel().store().limit());
        return limit.compareTo(MOST) < 0 ? limit : MOST;
    }
}
