package io.sereno.recipes.ids;

import io.sereno.IdLayout;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Quote;
import io.sereno.recipes.kernel.Receipt;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reserves ticks for the generator of a name, in the store.
 *
 * <p>Stored: {@code layout}, on which all clients agree; {@code slot-<n>}, leased, while a client has slot n; {@code hw-<n>}, permanent, up
 * to where the ticks of slot n are reserved and by which attempt ({@link IdWindow}); {@code x-<attempt>}, leased, an attempt that was
 * withdrawn.
 *
 * <p>Invariant: ticks are used only by the client that saw the commit that reserved them, and every such commit advances {@code hw-<n>}
 * from the modRevision at which it was read. So ids are unique whatever clocks and leases do; a lease only releases a slot.
 *
 * <ol>
 *   <li><b>Agree.</b> Read {@code layout}. If it is another one, refuse. If there is none, put it with the first claim.
 *   <li><b>Claim.</b> Starting with a random slot, read {@code hw-<n>}:
 *       {@code absent(slot-n), modRevision(hw-n) == r, absent(x-attempt) -> put(slot-n, lease), put(hw-n)}. On a conflict, or if the mark
 *       is far ahead of the clock, try the next slot.
 *   <li><b>Extend.</b> {@code createRevision(slot-n) == c, modRevision(hw-n) == r, absent(x-attempt) -> put(hw-n)}. On a conflict, the slot
 *       is lost: delete {@code slot-n} if it is still the same, and claim a slot.
 *   <li><b>Settle.</b> An attempt with unknown outcome is withdrawn by putting {@code x-<attempt>}; then a read of {@code hw-<n>} shows
 *       whether it had been applied.
 * </ol>
 *
 * <p>{@link #ask} is for every thread; all else is confined to the strand. At most one request to the store is under way; {@link #step}
 * starts the next.
 */
final class IdReservations {
    /** Makes ids of the ticks. Called on the strand. */
    interface Owner {
        /** There are more ticks for waiting requests; or there never will be, and {@link #refusal} says why. */
        void serve();

        /** Whether a request for ids waits now. */
        boolean isWaitedFor();
    }

    private static final String LAYOUT = "layout";

    /** A slot that is ours while its session lives. */
    private record Place(Session session, int slot, long createRevision, long modRevision, long to) {}

    /** A commit that reserves ticks: extends if {@code place} is set, else claims. */
    private record Attempt(
            Session session,
            String name,
            int slot,
            @Nullable Place place,
            long from,
            long to) {}

    private final Kernel kernel;
    private final Sessions sessions;
    private final Strand strand;
    private final String directory;
    private final Bytes layout;
    private final Ticks ticks;
    private final IdSequence sequence;
    private final long reach;
    private final long slots;
    private final Owner owner;
    private final Requests requests;
    private final Receipt receipt;

    /** More ticks are wanted, and requested. */
    private final AtomicBoolean asked = new AtomicBoolean();

    private @Nullable Place place;
    /** A slot that is to be deleted: it could not be extended, and may still be taken by its session. */
    private @Nullable Place outgoing;
    /** The createRevision of the layout's entry; 0 if there is none, negative if not known. */
    private long layoutRevision = -1;

    private @Nullable String refusal;
    private int slot;
    private long tried;
    private boolean paused;
    private boolean closed;

    IdReservations(
            Scope scope, Strand strand, IdLayout layout, Ticks ticks, IdSequence sequence, long reach, Owner owner) {
        this.kernel = scope.kernel();
        this.strand = strand;
        this.sessions = scope.client().sessions();
        this.directory = scope.directory();
        this.layout = IdWindow.encode(layout);
        this.ticks = ticks;
        this.sequence = sequence;
        this.reach = reach;
        this.slots = 1L << layout.slotBits();
        this.slot = (int) kernel.random().nextLong(slots);
        this.owner = owner;
        Requests.OnFailure onFailure = (why, first) -> {
            paused = true;
            if (first) {
                scope.retrying("reserving", why);
            }
        };
        this.requests = new Requests(kernel, strand, directory, onFailure, this::step);
        this.receipt = new Receipt(requests);
    }

    void open() {
        // At the end of a session, reserved ticks stay ours; the next ticks are claimed under the next session.
        sessions.join(strand, this::step, session -> false);
    }

    void close() {
        closed = true;
        requests.endPause();
    }

    /** Requests more ticks than there are. */
    void ask() {
        if (!asked.get() && asked.compareAndSet(false, true)) {
            strand.execute(this::step);
        }
    }

    /** Why there will never be any ticks; null if there may be. */
    @Nullable
    String refusal() {
        return refusal;
    }

    /** Why the store is unreachable; null if it is not. */
    @Nullable
    BackendException failure() {
        return sessions.failure(requests.failure());
    }

    /** Whether the store could not be reached during this wait. */
    boolean isOutOfReach(TimedWait<?> wait) {
        return failure() != null || (!wait.hasStoreAnswered() && sessions.current() == null);
    }

    /** For messages: the reason for waiting. */
    String obstacle() {
        return tried == 0
                ? "the store has not answered yet"
                : "no slot is free; " + tried + " tries among the " + slots
                        + " of the layout found each slot taken, or used ahead of this clock";
    }

    /**
     * The first tick after those of a reservation that is made now. When more ticks are requested, it is beyond the end of the present
     * reservation, since a mark never goes back.
     */
    private long end(long tick) {
        return ticks.limit() - tick <= reach ? ticks.limit() : tick + reach;
    }

    /** Starts the next action for the ticks that were requested, if that is possible now. */
    private void step() {
        if (!requests.isIdle() || closed) {
            return;
        }
        if (paused && !owner.isWaitedFor()) {
            asked.set(false); // The next caller that takes an id asks again.
        }
        paused = false;
        if (!asked.get() || refusal != null) {
            return;
        }
        if (receipt.canSettle()) {
            receipt.settle();
            return;
        }
        receipt.forget(); // It can at most reserve ticks that nobody uses, until its lease ends.
        long tick = sequence.nextTick();
        Session under = sessions.current();
        if (sequence.isEnough(tick)) {
            asked.set(false);
            owner.serve();
        } else if (ticks.now() < 0 || tick >= ticks.limit()) {
            pause();
        } else if (under == null) {
            return; // The sessions notify us when there is one.
        } else if (place != null && place.session.equals(under)) {
            extend(under, place, tick);
        } else if (outgoing != null && outgoing.session.equals(under)) {
            delete(outgoing);
        } else if (layoutRevision < 0) {
            agree();
        } else {
            requests.readEntry("hw-" + slot, mark -> claim(under, mark));
        }
    }

    // Step 1.
    private void agree() {
        requests.readEntry(LAYOUT, found -> {
            layoutRevision = found == null ? 0 : found.createRevision();
            if (found != null && !IdWindow.isLayout(found.value(), layout)) {
                refusal = "ids of this name have another layout; one layout for a name is accepted. Stored is "
                        + oneLine(found.value()) + ", requested is " + oneLine(layout);
                owner.serve();
            }
        });
    }

    private static String oneLine(Bytes value) {
        return Quote.of(value.toUtf8().strip().replace('\n', ' '));
    }

    // Step 2.
    private void claim(Session under, @Nullable Entry mark) {
        long tick = sequence.nextTick();
        IdWindow before = mark == null ? new IdWindow("", 0, 0) : IdWindow.decode(mark.value());
        long to = end(tick);
        if (before == null || before.to() >= to) {
            tryNextSlot();
            return;
        }
        Attempt attempt = new Attempt(under, under.nextName(), slot, null, Math.max(before.to(), tick), to);
        Card card = new Card(kernel.nodeId(), kernel.time().wall(), Map.of());
        Commit.Builder commit =
                Commit.to(directory).ifAbsent("slot-" + slot).put("slot-" + slot, card.encode(), under.leaseId());
        if (layoutRevision == 0) {
            commit.ifAbsent(LAYOUT).put(LAYOUT, layout);
        } else {
            commit.ifCreateRevision(LAYOUT, layoutRevision);
        }
        if (mark == null) {
            commit.ifAbsent("hw-" + slot);
        } else {
            commit.ifModRevision("hw-" + slot, mark.modRevision());
        }
        send(attempt, commit, this::tryNextSlot);
    }

    private void tryNextSlot() {
        slot = (int) ((slot + 1L) % slots);
        layoutRevision = -1;
        tried++;
        if (tried % slots == 0) {
            pause();
        }
    }

    // Step 3.
    private void extend(Session under, Place held, long tick) {
        Attempt attempt = new Attempt(under, under.nextName(), held.slot, held, Math.max(held.to, tick), end(tick));
        Commit.Builder commit = Commit.to(directory)
                .ifCreateRevision("slot-" + held.slot, held.createRevision)
                .ifModRevision("hw-" + held.slot, held.modRevision);
        send(attempt, commit, () -> {
            place = null;
            outgoing = held;
        });
    }

    private void delete(Place given) {
        String name = "slot-" + given.slot;
        Commit.Builder deletion = Commit.to(directory)
                .ifCreateRevision(name, given.createRevision)
                .delete(name);
        requests.commitOrPause(deletion, outcome -> outgoing = null);
    }

    // Step 4 is the receipt's.
    private void send(Attempt attempt, Commit.Builder commit, Runnable onConflict) {
        String highWater = "hw-" + attempt.slot;
        commit.put(highWater, new IdWindow(attempt.name, attempt.from, attempt.to).encode());
        Receipt.Evidence evidence = new Receipt.Evidence(highWater, mark -> {
            IdWindow last = IdWindow.decode(mark.value());
            return last != null && last.owner().equals(attempt.name) ? mark.modRevision() : 0;
        });
        receipt.send(attempt.session, "x-" + attempt.name, evidence, commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> won(attempt, outcome.revision());
                case CONFLICT -> onConflict.run();
                case LEASE_DEAD -> {
                    place = null;
                    paused = true;
                }
                case NOT_APPLIED, UNKNOWN -> {
                    // The next step retries.
                }
            }
        });
    }

    private void won(Attempt attempt, long revision) {
        long createRevision = attempt.place != null ? attempt.place.createRevision : revision;
        place = new Place(attempt.session, attempt.slot, createRevision, revision, attempt.to);
        sequence.open(attempt.slot, attempt.from, attempt.to);
        tried = 0;
        requests.calm();
        asked.set(false);
        owner.serve();
    }

    private void pause() {
        paused = true;
        requests.pause(null);
    }
}
