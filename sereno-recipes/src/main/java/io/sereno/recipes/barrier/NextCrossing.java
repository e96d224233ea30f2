package io.sereno.recipes.barrier;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The next crossing, if a call of this client is to make it: step 3 of the package. Confined to the strand.
 *
 * <p>A look may mix several moments. It shows all places in front of the last one that is to cross if that one was put before the look began. If that is not
 * known, another look follows. Of many parties, two looks, one after the other, have to show the same.
 */
final class NextCrossing {
    private record Proposal(long head, long withdrawals, List<BarrierPlace> places) {
        long lastCreateRevision() {
            return places.get(places.size() - 1).createRevision();
        }
    }

    private @Nullable Proposal proposal;
    private boolean isConfirmed;
    private boolean isOverdue;
    /** The last createRevision that former looks have shown. */
    private long seen;

    /** A ttl has passed: whoever should have made the crossing may be gone. */
    void overdue() {
        isOverdue = true;
    }

    /** Judges a look. {@code waiting}: the calls of this client. */
    void consider(BarrierLook look, List<Arrival> waiting) {
        Proposal former = proposal;
        proposal = null;
        long known =
                waiting.stream().mapToLong(arrival -> arrival.createRevision).reduce(seen, Math::max);
        Map<Integer, List<BarrierPlace>> all = new HashMap<>();
        for (Arrival arrival : waiting) {
            List<BarrierPlace> next = all.computeIfAbsent(arrival.parties, look::next);
            int position = next.indexOf(arrival.stored());
            if (position >= 0 && (isOverdue || position == next.size() - 1)) {
                proposal = new Proposal(look.head(), look.withdrawals(), next);
            }
        }
        isConfirmed = proposal != null
                && (BarrierLook.areFew(proposal.places)
                        ? proposal.lastCreateRevision() <= known
                        : proposal.equals(former));
        seen = look.waiting().stream().mapToLong(BarrierPlace::createRevision).reduce(known, Math::max);
        isOverdue &= proposal != null;
    }

    /** Whether it takes another look. */
    boolean isInDoubt() {
        return proposal != null && !isConfirmed;
    }

    /** The places that are to cross; empty as long as that is not certain. */
    List<BarrierPlace> places() {
        return proposal != null && isConfirmed ? proposal.places : List.of();
    }

    /** The commit was sent: the next look begins anew. */
    void forget() {
        proposal = null;
        isConfirmed = false;
    }

    void done() {
        forget();
        isOverdue = false;
    }
}
