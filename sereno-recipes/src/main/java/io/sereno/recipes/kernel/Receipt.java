package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sends commits, each at most once, and finds out for certain whether they were applied.
 *
 * <p>Stored: nothing of its own, unless an outcome was unknown. Each commit has a mark, the name of an entry that was never used before.
 *
 * <p>Invariant: an outcome is reported as applied, or as not applied, only when that can never become false. Until then no other commit is sent.
 *
 * <ol>
 *   <li><b>Send</b> {@code ..., absent(mark) -> ...}. The commit may put the mark; nobody else does.
 *   <li><b>Settle</b> an unknown outcome by {@code absent(mark) -> put(mark, WITHDRAWN, lease)}. If that is committed, or conflicts with an earlier
 *       copy of it, the commit can only have been applied before. If the commit puts the mark, the mark now shows which of the two was applied.
 *   <li><b>Judge.</b> The evidence, an entry that the commit puts, read after that, shows whether the commit was applied. If the evidence is the mark
 *       itself, and somebody has removed the mark, go back to step 2 after a pause.
 *   <li>If the session is over, nothing can be settled any more. If the commit puts something under the session's lease, no late copy can be applied.
 * </ol>
 *
 * <p>Confined to the strand, except {@link #uses}.
 */
public final class Receipt {
    /**
     * An entry that the commit puts. If somebody has removed or overwritten that entry before an unknown outcome is settled, the outcome is
     * reported as NOT_APPLIED; so it has to make no difference to the owner then whether the commit was applied.
     *
     * @param revision the revision of the commit, as the entry shows; 0 if another commit has put the entry
     */
    public record Evidence(String name, ToLongFunction<Entry> revision) {
        /** The mark, which the commit puts. */
        public static Evidence mark(String name) {
            return new Evidence(name, found -> Card.isLive(found) ? found.createRevision() : 0);
        }

        private long revisionIn(@Nullable Snapshot snapshot) {
            Entry found = snapshot == null ? null : Place.entryOf(name, snapshot);
            return found == null ? 0 : revision.applyAsLong(found);
        }
    }

    private record Sent(Session under, String mark, Evidence evidence, Consumer<Outcome> then) {
        boolean isMarkEvidence() {
            return mark.equals(evidence.name);
        }
    }

    private final Requests requests;

    /** Its outcome is not certain yet. Written on the strand only. */
    private volatile @Nullable Sent open;

    public Receipt(Requests requests) {
        this.requests = requests;
    }

    /** A commit was sent whose outcome is not certain yet. */
    public boolean isOpen() {
        return open != null;
    }

    /** Whether a commit under this session was sent whose outcome is not certain yet. For every thread. */
    public boolean uses(Session session) {
        Sent sent = open;
        return sent != null && sent.under == session;
    }

    // Step 1.
    /**
     * Sends a commit. {@code then} is called with the answer, and if that was UNKNOWN, again once the outcome is certain: COMMITTED with the revision
     * alone, or NOT_APPLIED with the evidence. If the commit failed, or the lease is dead, the requests pause after that.
     *
     * @param mark a name that was never used before
     * @param commit all leases in it are the session's
     */
    public void send(Session under, String mark, Evidence evidence, Commit.Builder commit, Consumer<Outcome> then) {
        Sent sent = new Sent(under, mark, evidence, then);
        Commit marked = commit.ifAbsent(mark).build();
        open = sent;
        requests.commit(marked, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> end(sent, outcome);
                case CONFLICT -> {
                    // Nothing else can have taken the name. So if no other condition can be false, settling finds out
                    // what this means.
                    if (marked.conditions().size() > 1 && evidence.revisionIn(outcome.snapshot()) == 0) {
                        end(sent, outcome);
                    } else {
                        requests.pause(null);
                    }
                }
                case LEASE_DEAD -> {
                    then.accept(outcome);
                    requests.leaseDead(under);
                }
                case NOT_APPLIED -> {
                    end(sent, outcome);
                    requests.pause(outcome.failure());
                }
                case UNKNOWN -> {
                    then.accept(outcome);
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    // Step 2.
    /** Sends a commit that makes the outcome certain, if it is not. */
    public void settle() {
        Sent sent = open;
        if (sent == null) {
            return;
        }
        Commit.Builder claim = Commit.to(requests.directory())
                .ifAbsent(sent.mark)
                .put(sent.mark, Card.WITHDRAWN, sent.under.leaseId())
                .returningOne(sent.evidence.name);
        requests.commit(claim, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED, CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        judge(sent, outcome.snapshot());
                    } else {
                        requests.read(sent.evidence.name, snapshot -> judge(sent, snapshot));
                    }
                }
                case LEASE_DEAD -> requests.leaseDead(sent.under);
                case NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    // Step 3.
    private void judge(Sent sent, Snapshot snapshot) {
        if (sent.isMarkEvidence() && Place.entryOf(sent.mark, snapshot) == null) {
            requests.pause(null);
            return;
        }
        long revision = sent.evidence.revisionIn(snapshot);
        if (revision == 0 || !sent.isMarkEvidence()) {
            sent.under.withdrawn();
        }
        end(
                sent,
                revision != 0
                        ? new Outcome(Outcome.Kind.COMMITTED, revision, null, null)
                        : new Outcome(Outcome.Kind.NOT_APPLIED, 0, snapshot, null));
    }

    private void end(Sent sent, Outcome certain) {
        open = null;
        sent.then.accept(certain);
    }

    // Step 4.
    /** Whether an outcome is not certain yet and can still be settled. */
    public boolean canSettle() {
        Sent sent = open;
        return sent != null && sent.under.isAlive();
    }

    /** The outcome does not matter any more. */
    public void forget() {
        open = null;
    }
}
