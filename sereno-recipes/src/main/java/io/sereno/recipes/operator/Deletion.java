package io.sereno.recipes.operator;

import io.sereno.operator.Release.Result;
import io.sereno.operator.Seat;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Deletes a seat, whoever relies on it.
 *
 * <p>Invariant: deletes nothing but the seat that was seen: neither a later one of its name, nor a withdrawn entry, which keeps late
 * puts out.
 *
 * <ol>
 *   <li>Read the seat. If it is gone, or another one has its name: done.
 *   <li>Delete what was read, by its modRevision. After a conflict or a failure, read again: the condition never holds for another
 *       put, so a deletion of unknown outcome may be repeated.
 * </ol>
 *
 * <p>When the caller has its result, nothing more is sent, and answers that come later are dropped.
 *
 * <p>Confined to a strand of its own.
 */
final class Deletion {
    private final Scope scope;
    private final Seat seat;
    private final Runnable acted;
    private final Strand strand = new Strand();
    private final Requests requests;
    private final TimedWait<Result> result;
    /** A deletion of the seat is under way. */
    private boolean sent;
    /** A deletion of the seat was sent whose outcome is unknown. */
    private boolean unknown;

    /** {@code acted} is called when this has deleted the seat, or may have. */
    Deletion(Scope scope, Seat seat, Runnable acted) {
        this.scope = scope;
        this.seat = seat;
        this.acted = acted;
        this.requests = new Requests(
                scope.kernel(), strand, scope.directory(), Requests.OnFailure.first(why -> {}, this::fail), this::step);
        this.result = new TimedWait<>(scope.kernel(), strand);
    }

    /** Completes within the time that a call may take. */
    CompletableFuture<Result> start() {
        result.limit(scope.kernel().store().limit(), () -> fail(requests.failure()));
        strand.execute(this::step);
        return result.result();
    }

    private void fail(@Nullable BackendException why) {
        if (result.isEnded()) {
            return;
        }
        requests.forget();
        if (sent || unknown) {
            acted.run();
            result.fail(scope.outcomeUnknown("endNow", why));
        } else {
            result.fail(scope.notApplied("endNow", why));
        }
    }

    // Step 1.
    private void step() {
        if (requests.isIdle() && !result.isEnded()) {
            requests.readEntry(seat.entry(), this::look);
        }
    }

    private void look(@Nullable Entry entry) {
        if (entry != null && entry.createRevision() == seat.createRevision() && Card.isLive(entry)) {
            delete(entry);
        } else if (unknown) {
            released();
        } else {
            result.complete(entry == null ? Result.GONE : Result.CHANGED);
        }
    }

    // Step 2.
    private void delete(Entry entry) {
        Commit.Builder commit = Commit.to(scope.directory())
                .ifModRevision(entry.name(), entry.modRevision())
                .delete(entry.name());
        sent = true;
        requests.commit(commit, outcome -> {
            sent = false;
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                released();
            } else if (outcome.kind() != Outcome.Kind.CONFLICT) {
                unknown |= outcome.kind() == Outcome.Kind.UNKNOWN;
                requests.pause(outcome.failure());
            }
        });
    }

    private void released() {
        acted.run();
        result.complete(Result.RELEASED);
    }
}
