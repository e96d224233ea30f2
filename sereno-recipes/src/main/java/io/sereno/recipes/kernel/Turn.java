package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's place in the queue of a directory: the state machine behind mutex and election.
 *
 * <p>Stored: one entry a place, {@code <session>-<n>}, under the session's lease. The order of the queue is that of createRevision; the first
 * live entry has the turn.
 *
 * <p>Invariant: {@link Owner#granted} is called for a place only when a commit or read that began after the place was taken showed that no live
 * entry is in front of it, and the own one is there.
 *
 * <ol>
 *   <li><b>Enqueue.</b> {@code absent(own) -> put(own, lease)}, returning the directory. The live entries with a smaller createRevision are those
 *       <em>ahead</em>. The set only ever shrinks: nobody can get in front of us. None: granted at once.
 *   <li><b>Wait.</b> Watch the last of those ahead. Look at it when the watch is live, on each notice, and once a ttl: is it gone, or created
 *       anew, it is no longer ahead, and the one before it is the last.
 *   <li><b>Verify.</b> With at most one left ahead, commit the check {@code createRevision(own) == r, absent(that one)}. Committed: granted.
 *   <li><b>Hand on.</b> Giving the place back deletes the entry by its createRevision. When a new place is wanted, both happen in one commit.
 *   <li><b>Settle.</b> An enqueue in doubt may happen later. {@code absent(own) -> put(own, WITHDRAWN, lease)} ends the doubt: committed, it can
 *       never happen; a conflict shows what had happened. The name is never put again.
 *   <li><b>Withdraw.</b> What is no longer wanted is settled first, then deleted. The end of the session settles and deletes everything.
 * </ol>
 *
 * <p>All methods, and all calls of the owner, are on the strand. At most one request is under way; what comes meanwhile changes the wish or sets
 * a flag, and {@link #step} then does what is to be done next.
 */
public final class Turn {
    /** Whoever wants the place. Called on the strand. */
    public interface Owner {
        /** What the entry is to say besides who and since when. */
        Map<String, String> metadata();

        /** The place is taken, and others are in front. */
        void waiting();

        void granted(Session session, long createRevision);

        /** What was granted is gone; a new place is taken unless the owner leaves. */
        void lost(LossCause cause);

        /** The whole queue as it was read, once for each place. */
        void seen(List<Entry> queue);

        /** A request failed, or there is no session to make one under. The turn goes on by itself; this is for those who want to say why it takes so long. */
        void failed(BackendException failure);

        /** The store answered. */
        void answered();

        /** What was given back is gone from the store. */
        void givenBack();

        /** Nothing is wanted, nothing is left in the store, nothing is under way. May be told again. */
        void idle();
    }

    private static final int REMEMBERED_NAMES = 16;

    private record Place(String name, long createRevision) {}

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Owner owner;
    private final Sessions.Member member = new SessionEvents();

    private boolean wanted;
    private boolean joined;
    private long membership;

    /** Under which all of the following was put; null when there is nothing of it. */
    private @Nullable Session session;

    private @Nullable Place place;
    private boolean granted;
    /** An entry that is to be deleted: a place that was given back. */
    private @Nullable Place outgoing;
    /** The name of an enqueue that has not been answered for certain. */
    private @Nullable String doubtful;
    /** The names put last, which a view may still show. */
    private final Deque<String> names = new ArrayDeque<>(2);

    /** Those in front, by createRevision; null when not known. */
    private @Nullable Deque<Place> ahead;

    /** There is a reason to look at the last of those ahead. Lowered when a look is sent, so that a notice during it asks for another. */
    private boolean look;
    /** There is a reason to doubt that the own entry stands. Lowered in the same way. */
    private boolean suspectOwn;

    private Instant since = Instant.EPOCH;
    private long modRevision;
    private boolean rewrite;

    private @Nullable Lookout lookout;
    private @Nullable Place lookedOut;
    private @Nullable Lookout ownLookout;
    private Runnable cancelTick = () -> {};

    /** The request under way; an answer to any other is stale. */
    private @Nullable Object request;

    private @Nullable Backoff backoff;
    private @Nullable Runnable cancelPause;

    public Turn(Kernel kernel, Strand strand, String directory, Owner owner) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.owner = owner;
    }

    /** Wants a place, and the turn, through outages and session loss, until {@link #leave}. */
    public void enter() {
        wanted = true;
        if (!joined) {
            joined = true;
            membership = kernel.sessions().join(member);
        }
        step();
    }

    /** Wants no place any more: what there is, is given back. */
    public void leave() {
        wanted = false;
        giveBack();
        step();
    }

    /** Wants nothing any more, and leaves what there is to the end of the session, which is near. */
    public void abandon() {
        wanted = false;
    }

    /** Gives the place back and wants a new one, at the tail, in one commit. */
    public void rollOver() {
        giveBack();
        step();
    }

    /** What the entry says has changed; it is put in place, keeping the turn. */
    public void rewrite() {
        rewrite = true;
        step();
    }

    /** Whether an entry of the directory is a place of this turn. */
    public boolean isOwn(Entry entry) {
        return names.contains(entry.name());
    }

    /** The createRevision of the place; 0 while there is none. */
    public long incarnation() {
        return place != null ? place.createRevision() : 0;
    }

    /** In the queue, and others are known to be in front. */
    public boolean isWaiting() {
        return ahead != null;
    }

    public static boolean isLive(Entry entry) {
        return !entry.value().equals(Card.WITHDRAWN);
    }

    private void giveBack() {
        if (place != null) {
            outgoing = place;
            forgetPlace();
        }
    }

    private void forgetPlace() {
        place = null;
        granted = false;
        ahead = null;
        look = false;
        suspectOwn = false;
        rewrite = false;
        stopWaiting();
        if (ownLookout != null) {
            ownLookout.close();
            ownLookout = null;
        }
    }

    private void stopWaiting() {
        cancelTick.run();
        cancelTick = () -> {};
        if (lookout != null) {
            lookout.close();
            lookout = null;
            lookedOut = null;
        }
    }

    /** Does the next thing that is to be done, if it can be done now. */
    private void step() {
        if (request != null || cancelPause != null) {
            return;
        }
        Session under = session;
        if (under == null) {
            if (!wanted) {
                rest();
                return;
            }
            under = kernel.sessions().current();
            if (under == null) {
                return;
            }
            session = under;
        }
        if (!under.isAlive()) {
            return; // The sessions tell us in a moment.
        }
        Place own = place;
        if (doubtful != null) {
            settle(under, doubtful);
        } else if (wanted && own == null) {
            enqueue(under);
        } else if (outgoing != null) {
            delete(outgoing);
        } else if (own == null) {
            rest();
        } else if (suspectOwn) {
            verifyOwn(own);
        } else if (rewrite) {
            putAnew(under, own);
        } else if (!granted) {
            await(under, own);
        }
    }

    private void rest() {
        session = null;
        if (joined) {
            joined = false;
            kernel.sessions().leave(membership);
        }
        owner.idle();
    }

    // Step 1, and step 4 when there is a place to give back.
    private void enqueue(Session under) {
        String name = under.nextName();
        doubtful = name;
        names.addLast(name);
        if (names.size() > REMEMBERED_NAMES) {
            names.removeFirst();
        }
        since = kernel.time().wall();
        Commit.Builder commit = Commit.to(directory)
                .ifAbsent(name)
                .put(name, card(), under.leaseId())
                .returningAll();
        if (outgoing != null) {
            commit.ifCreateRevision(outgoing.name(), outgoing.createRevision()).delete(outgoing.name());
        }
        rewrite = false;
        commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> placed(under, new Place(name, outcome.revision()), outcome.snapshot());
                case CONFLICT -> {
                    // The place to be given back is gone already, so nothing was put. Without such a place nothing can
                    // conflict with a new name: what it means is for the settling to find out.
                    if (outgoing != null && (outcome.snapshot() == null || find(outcome.snapshot(), name) == null)) {
                        doubtful = null;
                        outgoing = null;
                        owner.givenBack();
                    } else {
                        pause(null);
                    }
                }
                case LEASE_DEAD -> leaseDead(under);
                case NOT_APPLIED -> {
                    doubtful = null;
                    pause(outcome.failure());
                }
                case UNKNOWN -> pause(outcome.failure());
            }
        });
    }

    private void placed(Session under, Place taken, @Nullable Snapshot snapshot) {
        doubtful = null;
        outgoing = null;
        place = taken;
        modRevision = taken.createRevision();
        if (!wanted) {
            giveBack();
            return;
        }
        owner.givenBack();
        if (snapshot != null) {
            learn(under, taken, snapshot);
        }
    }

    /** Who is ahead, from a read that began after the place was taken. */
    private void learn(Session under, Place own, Snapshot snapshot) {
        if (!own.equals(place)) {
            return; // Given back meanwhile.
        }
        if (find(snapshot, own.name()) == null) {
            suspectOwn = true;
            return;
        }
        List<Entry> queue = View.live(snapshot);
        owner.seen(queue);
        Deque<Place> found = new ArrayDeque<>(1);
        for (Entry entry : queue) {
            if (entry.createRevision() < own.createRevision()) {
                found.addLast(new Place(entry.name(), entry.createRevision()));
            }
        }
        if (found.isEmpty()) {
            grant(under, own);
        } else {
            ahead = found;
            tick(under);
            owner.waiting();
        }
    }

    // Step 2.
    private void await(Session under, Place own) {
        Deque<Place> left = ahead;
        if (left == null) {
            read(new Query.All(directory), snapshot -> learn(under, own, snapshot));
        } else if (left.size() <= 1 && (look || left.isEmpty())) {
            look = false;
            verify(under, own, left.peekLast());
        } else if (look) {
            Place last = left.getLast();
            look = false;
            read(new Query.One(directory, last.name()), snapshot -> judge(last, snapshot));
        } else if (!left.getLast().equals(lookedOut)) {
            watchLast(left.getLast());
        }
    }

    /** Is the last of those ahead still there? A read that shows it gone is final; one that shows it there asks for a watch. */
    private void judge(Place last, Snapshot snapshot) {
        Entry entry = find(snapshot, last.name());
        if (!isAt(last, entry) && ahead != null) {
            ahead.remove(last);
            look = true;
        }
    }

    // Step 3.
    private void verify(Session under, Place own, @Nullable Place last) {
        Commit.Builder check = Commit.to(directory).ifCreateRevision(own.name(), own.createRevision());
        if (last != null) {
            check.ifAbsent(last.name()).returningOne(last.name());
        }
        commit(check, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                grant(under, own);
            } else if (outcome.kind() != Outcome.Kind.CONFLICT) {
                look = own.equals(place);
                pause(outcome.failure());
            } else if (last == null) {
                gone(own);
            } else if (outcome.snapshot() != null) {
                judge(last, outcome.snapshot());
            } else {
                read(new Query.One(directory, last.name()), snapshot -> judge(last, snapshot));
            }
        });
    }

    private void grant(Session under, Place own) {
        if (!wanted || !own.equals(place) || !under.isAlive()) {
            return; // Given back or abandoned meanwhile; or the sessions tell us in a moment.
        }
        granted = true;
        look = false;
        ahead = null;
        stopWaiting();
        owner.granted(under, own.createRevision());
    }

    private void verifyOwn(Place own) {
        suspectOwn = false;
        commit(Commit.to(directory).ifCreateRevision(own.name(), own.createRevision()), outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    // It is there.
                }
                case CONFLICT -> gone(own);
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> {
                    suspectOwn = own.equals(place);
                    pause(outcome.failure());
                }
            }
        });
    }

    /** Somebody removed the own entry, or the session is over and we have not heard of it. */
    private void gone(Place own) {
        if (!own.equals(place)) {
            return;
        }
        boolean had = granted;
        forgetPlace();
        if (had) {
            owner.lost(LossCause.ENTRY_REMOVED);
        }
    }

    // Steps 4 and 6. Guarded by createRevision, so it may be sent as often as it takes.
    private void delete(Place given) {
        commit(
                Commit.to(directory)
                        .ifCreateRevision(given.name(), given.createRevision())
                        .delete(given.name()),
                outcome -> {
                    switch (outcome.kind()) {
                        case COMMITTED, CONFLICT -> {
                            outgoing = null;
                            owner.givenBack();
                        }
                        case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> pause(outcome.failure());
                    }
                });
    }

    // Step 5.
    private void settle(Session under, String name) {
        Commit.Builder claim = Commit.to(directory)
                .ifAbsent(name)
                .put(name, Card.WITHDRAWN, under.leaseId())
                .returningOne(name);
        commit(claim, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> withdrawn(under);
                case CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        settled(under, name, outcome.snapshot());
                    } else {
                        read(new Query.One(directory, name), snapshot -> settled(under, name, snapshot));
                    }
                }
                case LEASE_DEAD -> leaseDead(under);
                case NOT_APPLIED, UNKNOWN -> pause(outcome.failure());
            }
        });
    }

    /** The name is taken: by the enqueue that was in doubt, or by an earlier claim. Is it free again, the claim is made again. */
    private void settled(Session under, String name, Snapshot snapshot) {
        Entry found = find(snapshot, name);
        if (found == null) {
            return;
        }
        if (isLive(found)) {
            placed(under, new Place(name, found.createRevision()), null);
        } else {
            withdrawn(under);
        }
    }

    private void withdrawn(Session under) {
        doubtful = null;
        kernel.sessions().withdrawn(under);
    }

    // Copies of this put exclude each other by modRevision, so doubt is settled by sending it again.
    private void putAnew(Session under, Place own) {
        rewrite = false;
        Commit.Builder put = Commit.to(directory)
                .ifModRevision(own.name(), modRevision)
                .put(own.name(), card(), under.leaseId())
                .returningOne(own.name());
        commit(put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> modRevision = outcome.revision();
                case CONFLICT -> {
                    rewrite = true;
                    read(new Query.One(directory, own.name()), snapshot -> {
                        Entry found = find(snapshot, own.name());
                        if (found == null || !isAt(own, found)) {
                            gone(own);
                        } else {
                            modRevision = found.modRevision();
                            rewrite = !found.value().equals(card());
                        }
                    });
                }
                case LEASE_DEAD -> leaseDead(under);
                case NOT_APPLIED, UNKNOWN -> {
                    rewrite = true;
                    pause(outcome.failure());
                }
            }
        });
    }

    private void watchLast(Place last) {
        if (lookout != null) {
            lookout.close();
        }
        lookedOut = last;
        lookout = new Lookout(kernel, strand, new Target(directory, Optional.of(last.name())), () -> {
            look = true;
            step();
        });
        lookout.open();
    }

    private void watchOwn(Place own) {
        if (ownLookout == null) {
            ownLookout = new Lookout(kernel, strand, new Target(directory, Optional.of(own.name())), () -> {
                suspectOwn = true;
                step();
            });
            ownLookout.open();
        }
    }

    /** The same steps without a notice, so that a watch that died in silence costs one ttl and not a hang. */
    private void tick(Session under) {
        SplittableRandom random = kernel.random();
        long ttl = Math.max(1, under.ttl().toNanos());
        cancelTick = kernel.time()
                .schedule(Duration.ofNanos(random.nextLong(ttl - ttl / 4, ttl + ttl / 4 + 1)), strand, () -> {
                    look = true;
                    suspectOwn = true;
                    tick(under);
                    step();
                });
    }

    private void commit(Commit.Builder commit, Consumer<Outcome> then) {
        Object mine = begin();
        kernel.store().commit(commit.build(), strand, outcome -> {
            if (end(mine)) {
                if (outcome.failure() == null) {
                    answered();
                }
                then.accept(outcome);
                step();
            }
        });
    }

    private void read(Query query, Consumer<Snapshot> then) {
        Object mine = begin();
        kernel.store().read(query, strand, (snapshot, failure) -> {
            if (end(mine)) {
                if (snapshot != null) {
                    answered();
                    then.accept(snapshot);
                } else {
                    look = ahead != null;
                    pause(failure);
                }
                step();
            }
        });
    }

    private Object begin() {
        Object mine = new Object();
        request = mine;
        return mine;
    }

    private boolean end(Object mine) {
        if (request != mine) {
            return false;
        }
        request = null;
        return true;
    }

    private void answered() {
        if (backoff != null) {
            backoff.reset();
        }
        owner.answered();
    }

    private Bytes card() {
        return new Card(kernel.nodeId(), since, owner.metadata()).encode();
    }

    /** Nothing was put, nor ever will be. The sessions tell us in a moment, which also ends the pause. */
    private void leaseDead(Session under) {
        pause(null);
        kernel.sessions().end(under);
    }

    /** What failed is tried again, after a while. */
    private void pause(@Nullable BackendException failure) {
        if (failure != null) {
            owner.failed(failure);
        }
        if (backoff == null) {
            backoff = kernel.backoff();
        }
        cancelPause = kernel.time().schedule(backoff.next(), strand, () -> {
            cancelPause = null;
            step();
        });
    }

    private static @Nullable Entry find(Snapshot snapshot, String name) {
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(name)) {
                return entry;
            }
        }
        return null;
    }

    private static boolean isAt(@Nullable Place place, @Nullable Entry entry) {
        return place != null
                && entry != null
                && entry.createRevision() == place.createRevision()
                && entry.name().equals(place.name());
    }

    private final class SessionEvents implements Sessions.Member {
        @Override
        public void opened(Session opened) {
            strand.execute(Turn.this::step);
        }

        /** Whatever was put, or is still under way, was put under its lease: it is gone, and can never come. */
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
                doubtful = null;
                request = null;
                if (cancelPause != null) {
                    cancelPause.run();
                    cancelPause = null;
                }
                if (had) {
                    owner.lost(LossCause.SESSION_EXPIRED);
                }
                owner.givenBack();
                step();
            });
        }

        @Override
        public void failed(BackendException why) {
            strand.execute(() -> {
                if (session == null && wanted) {
                    owner.failed(why);
                }
            });
        }

        /** A place that lasts is watched: its owner is to hear of it when an operator removes the entry. */
        @Override
        public void renewed(Session standing) {
            strand.execute(() -> {
                if (place != null) {
                    watchOwn(place);
                }
            });
        }
    }
}
