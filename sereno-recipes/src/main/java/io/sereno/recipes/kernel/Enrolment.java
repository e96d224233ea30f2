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
 * Gets a {@link Turn} its place: an entry under a name that was never used before. Settles every unknown outcome of that. Steps 1 and 5 there.
 *
 * <p>Invariant: a name is put once. While the outcome of that put is unknown, no other name is put, so a session has one place at most.
 *
 * <p>Confined to the strand.
 */
final class Enrolment {
    /** Is told how the enrolment ended. */
    interface Candidate {
        /** {@code queue} was read after the place was taken; null if there was no such read. */
        void placed(Session under, Place place, @Nullable Snapshot queue);

        /** The place that was to be given back in the same commit is gone; nothing was put. */
        void outgoingIsGone(LossCause cause);

        /** It is unknown whether the commit that was to delete the place took effect. */
        void outgoingIsInDoubt();
    }

    private static final int REMEMBERED_NAMES = 16;

    private final Kernel kernel;
    private final String directory;
    private final Requests requests;
    private final Candidate candidate;

    /** The name of a put whose outcome is not certain yet. */
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
                    // Nothing can conflict with a new name; only the place to be given back can. If something else
                    // does, settling finds out what it means.
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
                        candidate.outgoingIsGone(LossCause.SESSION_EXPIRED); // Gone with its lease.
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

    /** Ends the unknown outcome: takes the name, so that the put can never happen; or finds that it has happened. */
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
                        requests.read(name, snapshot -> settled(under, name, snapshot));
                    }
                }
                case LEASE_DEAD -> requests.leaseDead(under);
                case NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    /** The name is taken: by the put with the unknown outcome, or by an earlier claim. If the name is free again, claim it once more. */
    private void settled(Session under, String name, Snapshot snapshot) {
        Entry found = Place.entryOf(name, snapshot);
        if (found == null) {
            return;
        }
        if (Card.isLive(found)) {
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

    /** The session is over: what was put under it is gone, and nothing more can arrive. */
    void forget() {
        doubtful = null;
    }
}
