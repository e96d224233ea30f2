package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gets a {@link Turn} its place: an entry under a name that was never used before. Settles every unknown outcome of that. Steps 1 and 5 there.
 *
 * <p>Invariant: a name is put once. While the outcome of that put is unknown, no other name is put, so a turn has one place at most.
 *
 * <p>Confined to the strand.
 */
final class Enrolment {
    /** Is notified how the enrolment ended. */
    interface Candidate {
        /** {@code queue} was read after the place was taken; null if there was no such read. */
        void placed(Session under, Place place, @Nullable Snapshot queue);

        /** The place that was to be given back in the same commit is gone; nothing was put. */
        void outgoingIsGone(LossCause cause);

        /** It is unknown whether the commit that was to delete the place took effect. */
        void outgoingIsUnknown();
    }

    private static final int REMEMBERED_NAMES = 16;

    private final String directory;
    private final Candidate candidate;
    private final Receipt receipt;
    /** The names put last, which a view may still show. */
    private final Deque<String> names = new ArrayDeque<>(2);

    Enrolment(Requests requests, Candidate candidate) {
        this.directory = requests.directory();
        this.candidate = candidate;
        this.receipt = new Receipt(requests);
    }

    boolean isUnknown() {
        return receipt.isOpen();
    }

    boolean isOwn(Entry entry) {
        return names.contains(entry.name());
    }

    /** Takes a place at the tail, and gives another back in the same commit. */
    void take(Session under, Bytes card, @Nullable Place outgoing) {
        String name = newName(under, outgoing);
        Commit.Builder commit =
                Commit.to(directory).put(name, card, under.leaseId()).returningAll();
        if (outgoing != null) {
            commit.ifCreateRevision(outgoing.name(), outgoing.createRevision()).delete(outgoing.name());
        }
        receipt.send(under, name, Receipt.Evidence.mark(name), commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> candidate.placed(under, new Place(name, outcome.revision()), outcome.snapshot());
                case CONFLICT -> candidate.outgoingIsGone(LossCause.ENTRY_REMOVED); // There is no other condition.
                case LEASE_DEAD -> {
                    if (outgoing != null) {
                        candidate.outgoingIsGone(LossCause.SESSION_EXPIRED); // Gone with its lease.
                    }
                }
                case NOT_APPLIED -> {
                    // Another name is put after the pause.
                }
                case UNKNOWN -> candidate.outgoingIsUnknown();
            }
        });
    }

    private String newName(Session under, @Nullable Place outgoing) {
        String name = under.nextPlace();
        names.addLast(name);
        if (names.size() > REMEMBERED_NAMES) {
            String oldest = names.removeFirst();
            if (outgoing != null && oldest.equals(outgoing.name())) {
                // It is still in the store: another turn of the client must not take it for a stray.
                names.addLast(oldest);
                oldest = names.removeFirst();
            }
            under.forget(Set.of(oldest));
        }
        return name;
    }

    /** The store has nothing of the turn under this session. */
    void rest(Session under) {
        under.forget(names);
    }

    /** Ends the unknown outcome: takes the name, so that the put can never happen; or finds that it has happened. */
    void settle() {
        receipt.settle();
    }

    /** The session is over: what was put under it is gone, and nothing more can arrive. */
    void forget() {
        receipt.forget();
    }
}
