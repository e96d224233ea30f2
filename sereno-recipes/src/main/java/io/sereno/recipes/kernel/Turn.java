package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A place in the queue of a directory, of which a client may have several: the state machine behind mutex, election, permit pool and the locks with readers. The
 * owner decides which entries in front block ({@link Owner#blocks}); by default all do.
 *
 * <p>Stored: one entry a place, {@code <session>-<n>}, under the session's lease. The queue is ordered by createRevision; the first live place has
 * the turn. Entries of the directory whose names are not those of places are ignored: a later version may keep them there.
 *
 * <p>Invariant: {@link Owner#granted} is called for a place only when a commit or read that began after the place was taken showed that no live
 * entry that blocks is in front of it, and that its own entry is there. With {@link Room.Terms}, the condition is that of {@link Room} instead, and
 * steps 2 and 3 are those of {@link Room}.
 *
 * <ol>
 *   <li><b>Enqueue.</b> {@code absent(own) -> put(own, lease)}, returning the directory. The live entries with a smaller createRevision that block
 *       are those <em>ahead</em>. The set only ever shrinks: nobody can get in front of us. If it is empty, the turn is granted at once.
 *   <li><b>Wait.</b> Watch the last of those {@link Predecessors}. Look at it when the watch is live, on each notice, and once a ttl. If it is gone, created
 *       again, or does not block any more, it is no longer ahead, and the one before it is the last.
 *   <li><b>Verify.</b> With few left ahead, commit the check {@code createRevision(own) == r, absent(each of them)}. If committed: granted.
 *   <li><b>Hand on.</b> Giving the place back deletes the entry by its createRevision. If a new place is wanted, both happen in one commit.
 *   <li><b>Settle.</b> An enqueue with unknown outcome may happen later. {@code absent(own) -> put(own, WITHDRAWN, lease)} settles it: if
 *       committed, the enqueue can never happen; a conflict shows what had happened. The name is never put again.
 *   <li><b>Withdraw.</b> A place that is no longer wanted is settled first, then deleted. The end of the session settles and deletes everything.
 * </ol>
 *
 * <p>All methods but {@link #failure}, and all calls of the owner, are on the strand. At most one request is under way ({@link Requests}); an
 * event meanwhile changes the wish or sets a flag, and {@link #step} then does the next thing to be done.
 */
public final class Turn {
    /** The user of the place. Called on the strand. */
    public interface Owner {
        /** The content of the entry besides the node and the time. */
        default Map<String, String> metadata() {
            return Map.of();
        }

        /** Further lines of the content, each of which ends with a line feed. */
        default String lines() {
            return "";
        }

        /**
         * Whether this entry, in front of the place, keeps the turn from it. If an entry does not block, it must never block again as long as it exists,
         * whatever its content becomes.
         */
        default boolean blocks(Entry ahead) {
            return true;
        }

        /** The place is taken, and others that block are in front. */
        default void waiting() {}

        void granted(Session session, long createRevision);

        /** The granted place is gone; a new place is taken unless the owner leaves. */
        void lost(LossCause cause);

        /** The whole queue as it was read, once for each place. */
        default void seen(List<Entry> queue) {}

        /**
         * A request failed, or there is no session for one. The turn retries by itself; this call allows the owner to report why it takes so long.
         */
        void failed(BackendException why, boolean first);

        /** The turn wants no place, has no entry in the store, and has sent no request that is unanswered. May be called again. */
        default void idle() {}
    }

    private final Kernel kernel;
    private final Sessions sessions;
    private final Strand strand;
    private final String directory;
    private final Owner owner;
    private final Room.@Nullable Terms terms;
    private final Requests requests;
    private final Enrolment enrolment;
    private final Sessions.Member member = new SessionEvents();

    private boolean wanted;
    private boolean joined;
    private long membership;

    /**
     * The session under which all of the following was put; null when there is nothing of it. Written on the strand
     * only.
     */
    private volatile @Nullable Session session;

    /** The place; null while there is none. */
    private @Nullable OwnEntry own;

    private boolean granted;
    /** What the place waits for; null while that is not known, and when it waits for nothing. */
    private @Nullable Waiting ahead;
    /** An entry that is to be deleted: a place that was given back. */
    private @Nullable Place outgoing;
    /** An attempt to delete it may have taken effect. If it is gone, that proves nothing then. */
    private boolean outgoingUnknown;

    private final Departure departure = new Departure();

    private Instant since = Instant.EPOCH;
    /** The content of the entry has changed since it was sent. */
    private boolean outdated;

    public Turn(Sessions sessions, Strand strand, String directory, Owner owner) {
        this(sessions, strand, directory, owner, null);
    }

    /** With terms, the turn is granted as soon as there is {@link Room} for the place; else when no place that blocks is in front. */
    public Turn(Sessions sessions, Strand strand, String directory, Owner owner, Room.@Nullable Terms terms) {
        this.kernel = sessions.kernel();
        this.sessions = sessions;
        this.strand = strand;
        this.directory = directory;
        this.owner = owner;
        this.terms = terms;
        this.requests = new Requests(kernel, strand, directory, owner::failed, this::step);
        this.enrolment = new Enrolment(requests, new Enrolling());
    }

    /** Wants a place, and the turn, through outages and session loss, until {@link #leave}. */
    public void enter() {
        wanted = true;
        if (!joined) {
            joined = true;
            membership = sessions.join(member);
        }
        step();
    }

    /** Wants no place any more: gives the present one back. */
    public void leave() {
        wanted = false;
        giveBack();
        step();
    }

    /** As above; those that wait for the place to be gone wait no longer, since the client closes. */
    public void close() {
        leave();
        departure.complete();
    }

    /**
     * To be called before the place is given back, or in the same task of the strand: completes {@code gone} when the store has no entry of it. If the entry turns out to have been gone
     * before, {@code released} is notified, the right that was held with the place; null if there was none.
     */
    public void whenGone(@Nullable Hold released, CompletableFuture<Void> gone) {
        departure.add(released, gone);
    }

    /** Wants nothing any more, and leaves the place to the end of the session, which is near. */
    public void abandon() {
        wanted = false;
    }

    /** Gives the place back and wants a new one, at the tail, in one commit. */
    public void rollOver() {
        giveBack();
        step();
    }

    /** The content of the entry has changed; the entry is overwritten, keeping the turn. */
    public void rewrite() {
        if (own != null) {
            own.rewrite();
        } else {
            outdated = true;
        }
        step();
    }

    /** Whether an entry of the directory is a place of this turn, or was one, or is one of this client that no turn knows any more. */
    public boolean isOwn(Entry entry) {
        return enrolment.isOwn(entry) || sessions.isStray(entry);
    }

    /** The createRevision of the place; 0 while there is none. */
    public long incarnation() {
        return own != null ? own.place().createRevision() : 0;
    }

    /** The name of the place; empty while there is none. */
    public String placeName() {
        return own != null ? own.place().name() : "";
    }

    /** Whether it is in the queue, and others are known to be in front. */
    public boolean isWaiting() {
        return ahead != null && ahead.isBehindOthers();
    }

    /** Why the last request, or the session, failed; null if neither did. For every thread. */
    public @Nullable BackendException failure() {
        return sessions.failure(requests.failure());
    }

    /** A place that no client has put, since it is bound to no lease: everybody behind it waits until somebody removes it. */
    public static boolean isForeign(Entry place) {
        return place.leaseId() == 0;
    }

    private void giveBack() {
        if (own != null) {
            outgoing = own.place();
            outgoingUnknown = false;
            forgetPlace();
        }
    }

    private void forgetPlace() {
        granted = false;
        stopWaiting();
        if (own != null) {
            own.close();
            own = null;
        }
    }

    private void stopWaiting() {
        if (ahead != null) {
            ahead.close();
            ahead = null;
        }
    }

    /** Takes the next step, if it can be taken now. */
    private void step() {
        if (!requests.isIdle()) {
            return;
        }
        Session before = session;
        if (before != null && before.isRetired() && own == null && outgoing == null && !enrolment.isUnknown()) {
            letGo(); // The next entry is put under its successor.
        }
        if (session == null && !wanted) {
            rest();
            return;
        }
        if (session == null) {
            session = sessions.current();
        }
        Session under = session;
        long now = kernel.time().nanoTime();
        if (under == null || !under.isAlive(now)) {
            return; // The sessions call us in a moment, or when there is one.
        }
        requests.stepBegins(now);
        try {
            step(under);
        } finally {
            requests.stepEnds();
        }
    }

    private void step(Session under) {
        OwnEntry entry = own;
        if (enrolment.isUnknown()) {
            enrolment.settle();
        } else if (wanted && entry == null && (outgoing == null || !under.isRetired())) {
            enqueue(under);
        } else if (outgoing != null) {
            delete(outgoing);
        } else if (entry == null) {
            rest();
        } else if (!entry.step() && !granted) {
            await(under, entry);
        }
    }

    private void letGo() {
        if (session != null) {
            enrolment.rest(session);
            session = null;
        }
    }

    private void rest() {
        letGo();
        if (joined) {
            joined = false;
            sessions.leave(membership);
        }
        departure.complete();
        owner.idle();
    }

    // Step 1, and step 4 when there is a place to give back.
    private void enqueue(Session under) {
        since = kernel.time().wall();
        outdated = false;
        enrolment.take(under, card(owner.lines()), outgoing);
    }

    private Bytes card(String lines) {
        return new Card(kernel.nodeId(), since, owner.metadata()).encode(lines);
    }

    private final class Enrolling implements Enrolment.Candidate {
        @Override
        public void placed(Session under, Place taken, @Nullable Snapshot queue) {
            requests.calm();
            outgoing = null;
            OwnEntry entry = new OwnEntry(requests, under, taken, () -> card(owner.lines()), Turn.this::gone);
            own = entry;
            if (!wanted) {
                giveBack();
                return;
            }
            if (outdated) {
                entry.rewrite();
            }
            departure.complete();
            if (queue != null) {
                learn(under, entry, queue);
            }
        }

        @Override
        public void outgoingIsGone(LossCause cause) {
            Turn.this.outgoingIsGone(cause);
        }

        @Override
        public void outgoingIsUnknown() {
            outgoingUnknown = true;
        }
    }

    /** Finds out who is ahead, from a read that began after the place was taken. */
    private void learn(Session under, OwnEntry entry, Snapshot snapshot) {
        if (entry != own) {
            return; // Given back meanwhile.
        }
        if (!entry.place().isIn(snapshot)) {
            entry.suspect();
            return;
        }
        List<Entry> queue = View.queue(snapshot);
        owner.seen(queue);
        List<Entry> found = new ArrayList<>();
        for (Entry other : queue) {
            if (other.createRevision() >= incarnation()) {
                break;
            }
            if (isOwn(other)) {
                removeStray(Place.of(other));
                return;
            }
            if (!owner.blocks(other)) {
                continue;
            }
            found.add(other);
            if (isForeign(other)) {
                kernel.events().foreign(directory, other.name());
            }
        }
        Runnable onGranted = () -> grant(under, entry);
        if (terms != null) {
            Room room = new Room(requests, under, entry, terms, this::card, owner::waiting, onGranted, this::tick);
            ahead = room;
            room.first(found, snapshot);
        } else if (found.isEmpty()) {
            onGranted.run();
        } else {
            List<Place> places = found.stream().map(Place::of).toList();
            ahead = new Predecessors(requests, entry, places, under.ttl(), owner::blocks, onGranted, this::tick);
            owner.waiting();
        }
    }

    // Steps 2 and 3.
    private void await(Session under, OwnEntry entry) {
        if (ahead != null) {
            ahead.step();
        } else {
            requests.read(new Query.All(directory), snapshot -> learn(under, entry, snapshot));
        }
    }

    private void grant(Session under, OwnEntry entry) {
        if (!wanted || entry != own || !under.isAlive()) {
            return; // Given back or abandoned meanwhile; or the sessions call us in a moment.
        }
        granted = true;
        stopWaiting();
        owner.granted(under, entry.place().createRevision());
    }

    /** Once a ttl while it waits: the own entry is checked too. */
    private void tick() {
        if (own != null) {
            own.suspect();
        }
        step();
    }

    /** The entry is gone: with its session, or somebody removed it. The session's marker shows which. */
    private void gone() {
        Session under = session;
        OwnEntry entry = own;
        if (under == null || entry == null || !under.isAlive()) {
            return; // The sessions call us, and say why.
        }
        requests.commit(under.checkOfMarker(), outcome -> {
            if (outcome.kind() == Outcome.Kind.CONFLICT) {
                requests.leaseDead(under); // The sessions call us, and say why.
            } else if (entry == own) {
                boolean had = granted;
                forgetPlace();
                if (had) {
                    owner.lost(LossCause.ENTRY_REMOVED);
                }
            }
        });
    }

    // Steps 4 and 6. Guarded by createRevision, so it may be sent as often as it takes.
    private void delete(Place given) {
        requests.commit(deletion(given), outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    outgoing = null;
                    departure.complete();
                }
                case CONFLICT -> outgoingIsGone(LossCause.ENTRY_REMOVED);
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> {
                    outgoingUnknown |= outcome.kind() == Outcome.Kind.UNKNOWN;
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    /** The store refused to delete the entry because the entry, or its lease, is gone. */
    private void outgoingIsGone(LossCause cause) {
        outgoing = null;
        if (!outgoingUnknown) {
            departure.foundGone(cause);
        }
        departure.complete();
    }

    /**
     * Removes an entry of ours that is not our place. It belongs to a session that is over and not revoked yet; or this turn or a former one of the
     * client put it after all, since somebody removed the withdrawn entry that kept it out. Then the queue is read again.
     */
    private void removeStray(Place stray) {
        requests.commitOrPause(deletion(stray), outcome -> {});
    }

    private Commit.Builder deletion(Place of) {
        return Commit.to(directory)
                .ifCreateRevision(of.name(), of.createRevision())
                .delete(of.name());
    }

    private final class SessionEvents implements Sessions.Member {
        @Override
        public void opened(Session opened) {
            strand.execute(Turn.this::step);
        }

        /** Everything that was put, or is still under way, was put under the session's lease: it is gone, and nothing more can arrive. */
        @Override
        public void ended(Session over) {
            strand.execute(() -> {
                if (session != over) {
                    return;
                }
                boolean had = granted;
                forgetPlace();
                session = null;
                outgoing = null;
                enrolment.forget();
                requests.forget();
                if (had) {
                    owner.lost(over.lossCause());
                }
                departure.complete();
                step();
            });
        }

        @Override
        public boolean uses(Session other) {
            return session == other;
        }

        @Override
        public void failed(BackendException why) {
            strand.execute(() -> {
                if (session == null && wanted) {
                    requests.failed(why);
                }
            });
        }

        /** A place that lasts is watched: its owner must be notified when an operator removes the entry. */
        @Override
        public void renewed(Session other) {
            strand.execute(() -> {
                if (own != null) {
                    own.watch();
                }
            });
        }
    }
}
