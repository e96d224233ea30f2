package io.sereno.recipes.membership;

import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Lookout;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One id of a group, kept listed by one client.
 *
 * <p>Stored, in the directory of the group: {@code m-<id>}, a {@link MemberCard} under the session's lease; {@code x-<session>-<n>},
 * leased, marks an attempt to list that was withdrawn.
 *
 * <p>Invariant: an entry counts as our own only once a commit or a read has shown that an attempt of ours put it; every later change to it
 * is bound to its createRevision or modRevision. So no entry of another member is changed, except one that is taken over.
 *
 * <ol>
 *   <li><b>List.</b> {@code absent(m-id), absent(x-attempt) -> put(m-id, lease)}, returning the entry. On a conflict, the id is taken.
 *       Watch the entry, and look at it when the watch is live, on each notice, and once per ttl; when it is gone, repeat this step.
 *   <li><b>Settle.</b> An attempt with unknown outcome is withdrawn: {@code absent(x-attempt) -> put(x-attempt, WITHDRAWN, lease)}. From
 *       then on it can only have been applied before, and a later read of {@code m-id} shows whether it was.
 *   <li><b>Describe.</b> {@code modRevision(m-id) == m -> put(m-id, lease)}. Copies exclude each other, so an unknown outcome is settled by
 *       sending the same commit again.
 *   <li><b>Verify.</b> On the same occasions, check {@code createRevision(m-id) == c}. On a conflict, the entry was removed. Repeat step 1
 *       after a pause. If the entry has another description, because the store has gone back or somebody has edited it, repeat step 3.
 *   <li><b>Take over.</b> {@code createRevision(m-id) == c -> delete(m-id)} of the other's entry, retried as often as necessary; then step
 *       1.
 *   <li><b>Leave.</b> Settle unknown outcomes first; then delete the own entry by its createRevision. The end of a session settles and
 *       deletes everything, and a member that stays is listed again under the next session.
 * </ol>
 *
 * <p>All methods but {@link #isListed}, and all calls of the owner, are on the strand. At most one request is under way; {@link #step}
 * starts the next.
 */
final class Listing {
    /** The user of a listing. Called on the strand. */
    interface Owner {
        /** The metadata of the entry, besides node id and time. */
        Map<String, String> metadata();

        void listed(long createRevision);

        /**
         * The id is taken, by another member or by a remnant of our own under a session that is over. Called at each look that finds so.
         */
        void taken(MemberCard by, long createRevision, boolean isRemnant);

        /** Others see this description, or a later one. */
        void shown(long description);

        /** The result of {@link #isListed}, or whether renewals are acknowledged, may have changed. */
        void changed();

        /** The first failure of a series; the request is retried. */
        void failed(BackendException why);

        /** Nothing is wanted, nothing is left in the store, nothing is under way. Called once. */
        void rested();
    }

    private record Place(Session session, long createRevision) {}

    /** @param description the number of the description that the entry has */
    private record Attempt(String name, long description) {
        String mark() {
            return "x-" + name;
        }
    }

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final String name;
    private final Duration ttl;
    private final Owner owner;
    private final Requests requests;
    private final Sessions sessions;

    private volatile @Nullable Place place;

    private long membership;
    private boolean wanted;
    private boolean abandoned;
    private boolean resting;

    /** The session under which all of the following was put; null if there is nothing. Written on the strand alone. */
    private volatile @Nullable Session session;

    private @Nullable Attempt doubtful;
    private Instant since = Instant.EPOCH;
    private String attempt = "";
    /** The attempt that put an entry which may still exist though its session is over. */
    private String remnant = "";

    private long modRevision;

    /** Another member had the id at the last look. */
    private boolean taken;
    /** The createRevision of the entry to take over; 0 for none. */
    private long removal;
    /**
     * There is a reason to look at the entry, whoever owns it. Cleared when a look is sent, so that a notice during the look requests
     * another.
     */
    private boolean look;

    /** Descriptions are numbered from 1: the newest, the newest that others see, and the newest that they may see. */
    private long description = 1;

    private long shown;
    private long perhapsShown;

    private @Nullable Lookout lookout;
    private Runnable cancelTick = () -> {};

    Listing(Kernel kernel, Strand strand, String directory, String id, Duration ttl, Owner owner) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.name = entryName(id);
        this.ttl = ttl;
        this.owner = owner;
        this.requests = new Requests(kernel, strand, directory, Requests.Trouble.first(owner::failed), this::step);
        this.sessions = kernel.sessions(ttl);
    }

    /** Ids are users' text: with this prefix, none equals the name of another entry. */
    static String entryName(String id) {
        return "m-" + id;
    }

    /** Keeps the id listed, through outages and session loss, until {@link #leave}. Called once. */
    void enter() {
        wanted = true;
        membership = sessions.join(new SessionEvents());
        step();
    }

    /** Takes the id off the list; does nothing else any more. */
    void leave() {
        wanted = false;
        removal = 0;
        requests.endPause();
        step();
    }

    /** Stops, and leaves the entry to the end of the session, which is near. */
    void abandon() {
        wanted = false;
        abandoned = true;
        if (session == null) {
            rest();
        }
    }

    /** The owner's metadata has changed; returns the number by which {@link Owner#shown} will report that others see it. */
    long describe() {
        long number = ++description;
        step();
        return number;
    }

    /** Whether others may see this description though {@link Owner#shown} has not reported it. */
    boolean isPerhapsShown(long number) {
        return number <= perhapsShown;
    }

    /** Removes the entry with this createRevision, to take over the id. */
    void takeOver(long createRevision) {
        removal = createRevision;
    }

    void lookAgain() {
        look = true;
        step();
    }

    /** Whether the id is listed, as far as this client knows. Reads the clock. Callable from any thread. */
    boolean isListed() {
        Place own = place;
        return own != null && own.session.isAlive();
    }

    Sessions sessions() {
        return sessions;
    }

    /** An attempt was sent whose outcome is unknown. */
    boolean isInDoubt() {
        return doubtful != null;
    }

    /** Why the last request, or the session, failed; null if neither did. */
    @Nullable
    BackendException failure() {
        BackendException own = requests.failure();
        return own != null ? own : sessions.failure();
    }

    /** Starts the next action, if that is possible now. */
    private void step() {
        if (!requests.isIdle() || resting) {
            return;
        }
        Session under = session;
        if (under != null && under.isRetired() && place == null && doubtful == null) {
            under = null; // The next entry is put under its successor.
            session = null;
        }
        if (under == null) {
            if (!wanted) {
                rest();
                return;
            }
            under = sessions.current();
            if (under == null) {
                return; // The sessions notify us when there is one.
            }
            session = under;
        }
        if (abandoned || !under.isAlive()) {
            return; // The sessions notify us soon.
        }
        Place own = place;
        if (doubtful != null) {
            settle(under, doubtful);
        } else if (own == null && !wanted) {
            rest();
        } else if (own == null) {
            if (removal != 0) {
                remove(removal);
            } else if (!taken) {
                list(under);
            } else if (look) {
                look = false;
                read(this::judge);
            }
        } else if (!wanted) {
            delete(own);
        } else if (look) {
            verify(own);
        } else if (shown != description) {
            describe(under, own);
        }
    }

    private void rest() {
        if (!resting) {
            resting = true;
            session = null;
            cancelTick.run();
            if (lookout != null) {
                lookout.close();
            }
            sessions.leave(membership);
            kernel.giveBack(ttl);
            owner.rested();
        }
    }

    // Step 1.
    private void list(Session under) {
        Attempt listed = new Attempt(under.nextName(), description);
        doubtful = listed;
        since = kernel.time().wall();
        attempt = listed.name;
        perhapsShown = description;
        Commit.Builder put = Commit.to(directory)
                .ifAbsent(name)
                .ifAbsent(listed.mark())
                .put(name, card(), under.leaseId())
                .returningOne(name);
        requests.commit(put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> listed(under, listed, outcome.revision(), outcome.revision());
                case CONFLICT -> {
                    doubtful = null;
                    judge(outcome);
                }
                case LEASE_DEAD -> leaseDead(under);
                case NOT_APPLIED -> {
                    doubtful = null;
                    perhapsShown = shown;
                    requests.pause(outcome.failure());
                }
                case UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    private void listed(Session under, Attempt by, long createRevision, long lastRevision) {
        doubtful = null;
        taken = false;
        place = new Place(under, createRevision);
        modRevision = lastRevision;
        if (wanted && under.isAlive()) {
            observe();
            owner.listed(createRevision);
            shown(by.description);
        }
    }

    private void shown(long number) {
        shown = number;
        perhapsShown = number;
        owner.shown(number);
    }

    private void judge(Outcome outcome) {
        if (outcome.snapshot() != null) {
            judge(outcome.snapshot());
        } else {
            taken = true;
            look = true;
        }
    }

    /** Checks whether the id is taken. */
    private void judge(Snapshot snapshot) {
        Entry other = first(snapshot);
        perhapsShown = shown;
        taken = other != null;
        if (other != null && wanted) {
            observe();
            MemberCard card = MemberCard.decode(other.value());
            owner.taken(card, other.createRevision(), card.attempt().equals(remnant));
        }
    }

    // Step 2.
    private void settle(Session under, Attempt open) {
        Commit.Builder callOff = Commit.to(directory)
                .ifAbsent(open.mark())
                .put(open.mark(), Card.WITHDRAWN, under.leaseId())
                .returningOne(name);
        requests.commit(callOff, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED, CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        settled(under, open, outcome.snapshot());
                    } else {
                        read(snapshot -> settled(under, open, snapshot));
                    }
                }
                case LEASE_DEAD -> leaseDead(under);
                case NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    private void settled(Session under, Attempt open, Snapshot snapshot) {
        doubtful = null;
        sessions.withdrawn(under);
        Entry found = first(snapshot);
        if (found != null && MemberCard.decode(found.value()).attempt().equals(open.name)) {
            listed(under, open, found.createRevision(), found.modRevision());
        } else {
            judge(snapshot);
        }
    }

    // Step 3.
    private void describe(Session under, Place own) {
        long number = description;
        long before = perhapsShown;
        perhapsShown = number;
        Bytes told = card();
        Commit.Builder put = Commit.to(directory)
                .ifModRevision(name, modRevision)
                .put(name, told, under.leaseId())
                .returningOne(name);
        requests.commit(put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    modRevision = outcome.revision();
                    shown(number);
                }
                case CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        described(own, number, told, outcome.snapshot());
                    } else {
                        read(snapshot -> described(own, number, told, snapshot));
                    }
                }
                case LEASE_DEAD -> leaseDead(under);
                case NOT_APPLIED -> {
                    perhapsShown = before;
                    requests.pause(outcome.failure());
                }
                case UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    /** The entry has changed: by an earlier copy, by a manual change, by a store that went back, or it is gone. */
    private void described(Place own, long number, Bytes told, Snapshot snapshot) {
        Entry found = first(snapshot);
        if (found == null || found.createRevision() != own.createRevision) {
            gone(own, snapshot);
        } else {
            modRevision = found.modRevision();
            if (found.value().equals(told)) {
                shown(number);
            }
        }
    }

    // Step 4.
    private void verify(Place own) {
        look = false;
        Commit.Builder check =
                Commit.to(directory).ifCreateRevision(name, own.createRevision).returningOne(name);
        requests.commit(check, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    if (outcome.snapshot() != null) {
                        compare(own, outcome.snapshot());
                    }
                }
                case CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        gone(own, outcome.snapshot());
                    } else {
                        read(snapshot -> gone(own, snapshot));
                    }
                }
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> {
                    look = true;
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    /** If the entry has another description, the store has lost ours, or the entry was edited by hand: it is described again. */
    private void compare(Place own, Snapshot snapshot) {
        Entry found = first(snapshot);
        if (found != null && found.modRevision() != modRevision) {
            shown = 0;
            described(own, description, card(), snapshot);
        }
    }

    /**
     * Pauses before the next attempt, since whoever removed the entry may do so again. If the session is over, the sessions notify us soon.
     */
    private void gone(Place own, Snapshot snapshot) {
        if (own.equals(place) && own.session.isAlive()) {
            place = null;
            owner.changed();
            requests.pause(null);
            judge(snapshot);
        }
    }

    // Step 5. Bound to the createRevision, so it may be sent any number of times; step 6 likewise.
    private void remove(long createRevision) {
        delete(createRevision, () -> {
            if (removal == createRevision) {
                removal = 0;
                taken = false;
            }
        });
    }

    // Step 6.
    private void delete(Place own) {
        delete(own.createRevision, () -> place = null);
    }

    private void delete(long createRevision, Runnable then) {
        Commit.Builder delete =
                Commit.to(directory).ifCreateRevision(name, createRevision).delete(name);
        requests.commit(delete, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED, CONFLICT -> then.run();
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    /** Watches from when the id is listed, by us or by another member, to the end. */
    private void observe() {
        if (lookout == null) {
            lookout = new Lookout(kernel, strand, new Target(directory, Optional.of(name)), this::lookAgain);
            lookout.open();
            tick();
        }
    }

    /** Looks even without a notice, so that a watch that died in silence costs one ttl and not an endless wait. */
    private void tick() {
        long nanos = ttl.toNanos();
        Duration delay = Duration.ofNanos(kernel.random().nextLong(nanos - nanos / 4, nanos + nanos / 4 + 1));
        cancelTick = kernel.time().schedule(delay, strand, () -> {
            if (!resting) {
                tick();
                lookAgain();
            }
        });
    }

    /** Reads the entry, whoever owns it. */
    private void read(Consumer<Snapshot> then) {
        requests.read(name, then, () -> look = true);
    }

    /** Nothing was put, nor ever will be. The sessions notify us soon, which also ends the pause. */
    private void leaseDead(Session under) {
        requests.pause(null);
        sessions.end(under);
    }

    private Bytes card() {
        return new MemberCard(new Card(kernel.nodeId(), since, owner.metadata()), attempt, ttl).encode();
    }

    private static @Nullable Entry first(Snapshot snapshot) {
        return snapshot.entries().isEmpty() ? null : snapshot.entries().get(0);
    }

    private final class SessionEvents implements Sessions.Member {
        @Override
        public void opened(Session opened) {
            strand.execute(Listing.this::step);
        }

        /** Whatever was put, or is still under way, was put under this session's lease: it is gone, or will be, and cannot appear later. */
        @Override
        public void ended(Session over) {
            strand.execute(() -> {
                if (session == over) {
                    if (place != null || doubtful != null) {
                        remnant = attempt;
                    }
                    session = null;
                    place = null;
                    doubtful = null;
                    taken = false;
                    requests.forget();
                    owner.changed();
                    step();
                }
            });
        }

        @Override
        public boolean uses(Session standing) {
            return session == standing;
        }

        @Override
        public void failed(BackendException why) {
            // failure() reports it to callers that wait too long, and the sessions to observers.
        }

        @Override
        public void renewed(Session standing) {
            strand.execute(() -> {
                requests.calm();
                owner.changed();
            });
        }

        @Override
        public void suspended(Session standing) {
            strand.execute(owner::changed);
        }
    }
}
