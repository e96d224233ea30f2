package io.sereno.recipes.membership;

import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.RearmingWatch;
import io.sereno.recipes.kernel.Receipt;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
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
 *       1. Its owner does the same, after a pause: if it is listed first, its new entry is removed as well.
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

        /** The result of {@link #isListed}, or whether renewals are acknowledged, may have changed. */
        void changed();

        /** The first failure of a series; the request is retried. */
        void failed(BackendException why);

        /** Nothing is wanted, nothing is left in the store, nothing is under way. Called once. */
        void rested();
    }

    /** What is known of the entry. */
    private sealed interface State {
        /** No member is known to have the id: it is to be listed. */
        record Free() implements State {}

        /** Another member had the id at the last look. */
        record Taken() implements State {}

        /** Another member's entry is to be deleted, also if our session ends meanwhile. */
        record Removing(long createRevision) implements State {}

        /** The entry is our own. */
        record Listed(Session session, long createRevision, long modRevision) implements State {}
    }

    /** What the owner wants. */
    private enum Wish {
        LISTED,
        LEFT,
        /** Left, and the entry is left to the end of the session. */
        ABANDONED,
        /** Left, and nothing remains to be done. */
        RESTED
    }

    private final Client client;
    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final String name;
    private final Duration ttl;
    private final Owner owner;
    private final Requests requests;
    private final Sessions sessions;
    private final Receipt receipt;

    private Wish wish = Wish.LEFT;
    private long membership;

    /** Written on the strand alone. */
    private volatile State state = new State.Free();

    /** The session under which all of the following was put; null if there is nothing. Written on the strand alone. */
    private volatile @Nullable Session session;

    private Instant since = Instant.EPOCH;
    private String attempt = "";
    /** The attempt that put an entry which may still exist though its session is over. */
    private String remnant = "";

    /**
     * There is a reason to look at the entry, whoever owns it. Cleared when a look is sent, so that a notice during the look requests
     * another.
     */
    private boolean look;

    /** Descriptions are numbered from 1: the newest, and the newest that others see. */
    private long description = 1;

    private long shown;

    private @Nullable RearmingWatch watch;

    Listing(Scope scope, Strand strand, String id, Duration ttl, Owner owner) {
        this.client = scope.client();
        this.kernel = scope.kernel();
        this.strand = strand;
        this.directory = scope.directory();
        this.name = entryName(id);
        this.ttl = ttl;
        this.owner = owner;
        this.requests = new Requests(kernel, strand, directory, Requests.OnFailure.first(owner::failed), this::step);
        this.sessions = client.sessionsByTtl().enter(ttl);
        this.receipt = new Receipt(requests);
    }

    /** Ids are users' text: with this prefix, none equals the name of another entry. */
    static String entryName(String id) {
        return "m-" + id;
    }

    /** Keeps the id listed, through outages and session loss, until {@link #leave}. Called once. */
    void enter() {
        wish = Wish.LISTED;
        membership = sessions.join(new SessionEvents());
        step();
    }

    /** Takes the id off the list; does nothing else any more. */
    void leave() {
        if (wish == Wish.LISTED) {
            wish = Wish.LEFT;
        }
        requests.endPause();
        step();
    }

    /** Stops, and leaves the entry to the end of the session, which is near. */
    void abandon() {
        if (session == null) {
            rest();
        } else {
            wish = Wish.ABANDONED;
        }
    }

    /** The owner's metadata has changed: others will see it, retried for as long as it takes. */
    void describe() {
        description++;
        step();
    }

    /** Removes the entry with this createRevision, to take over the id. */
    void takeOver(long createRevision) {
        state = new State.Removing(createRevision);
    }

    void lookAgain() {
        look = true;
        step();
    }

    /** Whether the id is listed, as far as this client knows. Reads the clock. Callable from any thread. */
    boolean isListed() {
        return state instanceof State.Listed own && own.session.isAlive();
    }

    Sessions sessions() {
        return sessions;
    }

    /** An attempt was sent whose outcome is unknown. */
    boolean isUnknown() {
        return receipt.isOpen();
    }

    /** Why the last request, or the session, failed; null if neither did. */
    @Nullable
    BackendException failure() {
        return sessions.failure(requests.failure());
    }

    /** Starts the next action, if that is possible now. */
    private void step() {
        if (!requests.isIdle() || wish == Wish.RESTED) {
            return;
        }
        State now = state;
        if (session != null && session.isRetired() && !(now instanceof State.Listed) && !receipt.isOpen()) {
            session = null; // The next entry is put under its successor.
        }
        if (session == null && wish != Wish.LISTED) {
            rest();
            return;
        }
        if (session == null) {
            session = sessions.current();
        }
        Session under = session;
        if (under == null || wish == Wish.ABANDONED || !under.isAlive()) {
            return; // The sessions notify us soon, or when there is one.
        }
        if (receipt.isOpen()) {
            receipt.settle();
        } else if (now instanceof State.Listed own) {
            keep(own);
        } else if (wish != Wish.LISTED) {
            rest();
        } else if (now instanceof State.Removing other) {
            delete(other.createRevision);
        } else if (now instanceof State.Free) {
            list(under);
        } else if (look) {
            look = false;
            read(this::judge);
        }
    }

    private void keep(State.Listed own) {
        if (wish != Wish.LISTED) {
            delete(own.createRevision);
        } else if (look) {
            verify(own);
        } else if (shown != description) {
            describe(own);
        }
    }

    private void rest() {
        if (wish != Wish.RESTED) {
            wish = Wish.RESTED;
            session = null;
            if (watch != null) {
                watch.close();
            }
            sessions.leave(membership);
            client.sessionsByTtl().exit(sessions);
            owner.rested();
        }
    }

    // Steps 1 and 2.
    private void list(Session under) {
        String listing = under.nextName();
        long number = description;
        since = kernel.time().wall();
        attempt = listing;
        Commit.Builder put = Commit.to(directory)
                .ifAbsent(name)
                .put(name, card(), under.leaseId())
                .returningOne(name);
        Receipt.Evidence evidence = new Receipt.Evidence(
                name, found -> MemberCard.decode(found.value()).attempt().equals(listing) ? found.createRevision() : 0);
        receipt.send(under, "x-" + listing, evidence, put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> listed(under, number, outcome.revision());
                case CONFLICT -> judge(outcome);
                case NOT_APPLIED -> {
                    if (outcome.snapshot() != null) {
                        judge(outcome.snapshot());
                    }
                }
                case LEASE_DEAD, UNKNOWN -> {
                    // The sessions notify us; or the attempt is settled first.
                }
            }
        });
    }

    private void listed(Session under, long number, long createRevision) {
        state = new State.Listed(under, createRevision, createRevision);
        if (wish == Wish.LISTED && under.isAlive()) {
            observe();
            owner.listed(createRevision);
            shown = number;
        }
    }

    private void judge(Outcome outcome) {
        if (outcome.snapshot() != null) {
            judge(outcome.snapshot());
        } else {
            state = new State.Taken();
            look = true;
        }
    }

    /** Checks whether the id is taken. */
    private void judge(Snapshot snapshot) {
        Entry other = View.first(snapshot);
        state = other == null ? new State.Free() : new State.Taken();
        if (other != null && wish == Wish.LISTED) {
            observe();
            MemberCard card = MemberCard.decode(other.value());
            owner.taken(card, other.createRevision(), card.attempt().equals(remnant));
        }
    }

    // Step 3.
    private void describe(State.Listed own) {
        long number = description;
        Bytes card = card();
        Commit.Builder put = Commit.to(directory)
                .ifModRevision(name, own.modRevision)
                .put(name, card, own.session.leaseId())
                .returningOne(name);
        requests.commit(put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    state = new State.Listed(own.session, own.createRevision, outcome.revision());
                    shown = number;
                }
                case CONFLICT -> {
                    if (outcome.snapshot() != null) {
                        described(own, number, card, outcome.snapshot());
                    } else {
                        read(snapshot -> described(own, number, card, snapshot));
                    }
                }
                case LEASE_DEAD -> requests.leaseDead(own.session);
                case NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    /** The entry has changed: by an earlier copy, by a manual change, by a store that went back, or it is gone. */
    private void described(State.Listed own, long number, Bytes card, Snapshot snapshot) {
        Entry found = View.first(snapshot);
        if (found == null || found.createRevision() != own.createRevision) {
            gone(own, snapshot);
        } else {
            state = new State.Listed(own.session, own.createRevision, found.modRevision());
            if (found.value().equals(card)) {
                shown = number;
            }
        }
    }

    // Step 4.
    private void verify(State.Listed own) {
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
    private void compare(State.Listed own, Snapshot snapshot) {
        Entry found = View.first(snapshot);
        if (found != null && found.modRevision() != own.modRevision) {
            shown = 0;
            described(own, description, card(), snapshot);
        }
    }

    /**
     * Pauses before the next attempt, since whoever removed the entry may do so again. If the session is over, the sessions notify us soon.
     */
    private void gone(State.Listed own, Snapshot snapshot) {
        if (own.session.isAlive()) {
            state = new State.Free();
            owner.changed();
            requests.pause(null);
            judge(snapshot);
        }
    }

    // Steps 5 and 6. Bound to the createRevision, so it may be sent any number of times.
    private void delete(long createRevision) {
        Commit.Builder delete =
                Commit.to(directory).ifCreateRevision(name, createRevision).delete(name);
        requests.commitOrPause(delete, outcome -> state = new State.Free());
    }

    /** Watches from when the id is listed, by us or by another member, to the end. */
    private void observe() {
        if (watch == null) {
            watch = requests.watch(name, this::lookAgain);
            watch.lookEvery(ttl);
        }
    }

    /** Reads the entry, whoever owns it. */
    private void read(Consumer<Snapshot> then) {
        requests.read(name, then, why -> look = true);
    }

    private Bytes card() {
        return new MemberCard(new Card(kernel.nodeId(), since, owner.metadata()), attempt, ttl).encode();
    }

    /** No {@code failed}: {@link #failure} reports it to callers that wait too long, and the sessions report it to observers. */
    private final class SessionEvents implements Sessions.Member {
        @Override
        public void opened(Session opened) {
            strand.execute(Listing.this::step);
        }

        /** All puts, also those under way, are under this session's lease: their entries are gone or will be, and no late put takes effect. */
        @Override
        public void ended(Session over) {
            strand.execute(() -> {
                if (session == over) {
                    if (state instanceof State.Listed || receipt.isOpen()) {
                        remnant = attempt;
                    }
                    if (!(state instanceof State.Removing)) {
                        state = new State.Free();
                    }
                    session = null;
                    receipt.forget();
                    requests.forget();
                    owner.changed();
                    step();
                }
            });
        }

        @Override
        public boolean uses(Session other) {
            return session == other;
        }

        @Override
        public void renewed(Session other) {
            strand.execute(() -> {
                requests.calm();
                owner.changed();
            });
        }

        @Override
        public void suspended(Session other) {
            strand.execute(owner::changed);
        }
    }
}
