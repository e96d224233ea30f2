package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Turn} gets its place: an entry under a name that was never used before, and the settling of every doubt about it. Steps 1 and 5 there.
 *
 * <p>Invariant: a name is put once. As long as it is not certain what became of it, there is no other, so a session has one place at most.
 *
 * <p>Confined to the strand.
 */
final class Enrolment {
    /** Hears how it ended. */
    interface Candidate {
        /** The snapshot is of the queue, read after the place was taken; null when there is none. */
        void placed(Session under, Place place, @Nullable Snapshot queue);

        /** The place that was to be given back in exchange is gone; nothing was put. */
        void outgoingIsGone(LossCause cause);

        /** Nobody knows whether the commit that was to delete the place took effect. */
        void outgoingIsInDoubt();
    }

    private static final int REMEMBERED_NAMES = 16;

    private final Kernel kernel;
    private final String directory;
    private final Requests requests;
    private final Candidate candidate;

    /** The name of a put that has not been answered for certain. */
    private @Nullable String doubtful;
    /** The names put last, which a view may still show. */
    private final Deque<String> names = new ArrayDeque<>(2);

    Enrolment(Kernel kernel, String directory, Requests requests, Candidate candidate) {
        this.kernel = kernel;
        this.directory = directory;
        this.requests = requests;
        this.candidate = candidate;
    }

    boolean isInDoubt() {
        return doubtful != null;
    }

    boolean isOwn(Entry entry) {
        return names.contains(entry.name());
    }

    /** Takes a place at the tail, and gives another back in the same commit. */
    void take(Session under, Bytes card, @Nullable Place outgoing) {
        String name = newName(under);
        Commit.Builder commit = Commit.to(directory)
                .ifAbsent(name)
                .put(name, card, under.leaseId())
                .returningAll();
        if (outgoing != null) {
            commit.ifCreateRevision(outgoing.name(), outgoing.createRevision()).delete(outgoing.name());
        }
        requests.commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    doubtful = null;
                    candidate.placed(under, new Place(name, outcome.revision()), outcome.snapshot());
                }
                case CONFLICT -> {
                    // Nothing can conflict with a new name but what was to be given back. Should something, what it
                    // means
                    // is for the settling to find out.
                    boolean isTaken = outcome.snapshot() != null && Place.entryOf(name, outcome.snapshot()) != null;
                    if (outgoing != null && !isTaken) {
                        doubtful = null;
                        candidate.outgoingIsGone(LossCause.ENTRY_REMOVED);
                    } else {
                        requests.pause(null);
                    }
                }
                case LEASE_DEAD -> {
                    if (outgoing != null) {
                        candidate.outgoingIsGone(LossCause.SESSION_EXPIRED); // With the lease that it was bound to.
                    }
                    requests.leaseDead(under);
                }
                case NOT_APPLIED -> {
                    doubtful = null;
                    requests.pause(outcome.failure());
                }
                case UNKNOWN -> {
                    candidate.outgoingIsInDoubt();
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    private String newName(Session under) {
        String name = under.nextName();
        doubtful = name;
        names.addLast(name);
        if (names.size() > REMEMBERED_NAMES) {
            names.removeFirst();
        }
        return name;
    }

    /** Makes it certain: takes the name, so that the put which is in doubt can never happen; or finds that it has. */
    void settle(Session under) {
        String name = doubtful;
        if (name == null) {
            return;
        }
        Commit.Builder claim = Commit.to(directory)
                .ifAbsent(name)
                .put(name, Card.WITHDRAWN, under.leaseId())
                .returningOne(name);
        requests.commit(claim, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> withdrawn(under);
                case CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        settled(under, name, outcome.snapshot());
                    } else {
                        requests.read(name, snapshot -> settled(under, name, snapshot), () -> {});
                    }
                }
                case LEASE_DEAD -> requests.leaseDead(under);
                case NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    /** The name is taken: by the put that was in doubt, or by an earlier claim. Is it free again, the claim is made again. */
    private void settled(Session under, String name, Snapshot snapshot) {
        Entry found = Place.entryOf(name, snapshot);
        if (found == null) {
            return;
        }
        if (Turn.isLive(found)) {
            doubtful = null;
            candidate.placed(under, Place.of(found), null);
        } else {
            withdrawn(under);
        }
    }

    private void withdrawn(Session under) {
        doubtful = null;
        kernel.sessions().withdrawn(under);
    }

    /** The session is over: what was put under it is gone, and can never come. */
    void forget() {
        doubtful = null;
    }
}
