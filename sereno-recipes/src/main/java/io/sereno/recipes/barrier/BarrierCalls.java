package io.sereno.recipes.barrier;

import io.sereno.OutcomeUnknownException;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.barrier.Arrival.Stage;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Quote;
import io.sereno.recipes.kernel.Receipt;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one client that wait at one barrier: the protocol of the package. There is one such object for each directory, and only while somebody
 * uses it ({@link InUse}).
 *
 * <p>Invariant: each call is one user until the store has nothing of it. One request is under way at a time.
 *
 * <p>All but {@link #enter}, {@link #interrupt} and {@link #close} is confined to the strand.
 */
final class BarrierCalls {
    static final Shared<InUse<String, BarrierCalls>> CALLS =
            new Shared<>(client -> new InUse<>(BarrierCalls::close), InUse::close);

    private static final String OPERATION = "await";
    /** Every store takes 32 writes in a commit, and one may be for another entry. */
    private static final int MOST = 31;

    private final InUse<String, BarrierCalls> users;
    private final Scope scope;
    private final Kernel kernel;
    private final Sessions sessions;
    private final String directory;
    private final Strand strand = new Strand();
    private final Requests requests;
    private final Receipt receipt;
    private final List<Arrival> arrivals = new ArrayList<>(1);

    private final BarrierLooks looks;
    private final NextCrossing crossing = new NextCrossing();
    private @Nullable Runnable leaveSessions;
    private @Nullable BarrierLook last;
    /** Places of the session that no call knows: put late, by a request that was taken for lost, or left by a call that failed. */
    private final Set<String> strays = new LinkedHashSet<>();

    private boolean closed;

    private BarrierCalls(InUse<String, BarrierCalls> users, Scope scope) {
        this.users = users;
        this.scope = scope;
        this.kernel = scope.kernel();
        this.sessions = scope.client().sessions();
        this.directory = scope.directory();
        this.requests = new Requests(
                kernel,
                strand,
                directory,
                Requests.OnFailure.first(why -> scope.retrying(OPERATION, why), this::failAll),
                this::step);
        this.receipt = new Receipt(requests);
        this.looks = new BarrierLooks(kernel, strand, directory, requests, this::step);
    }

    /** The calls of this directory, with one user added. */
    static BarrierCalls of(Scope scope) {
        scope.requireOpen(OPERATION);
        InUse<String, BarrierCalls> users = scope.client().shared(CALLS);
        return users.enter(scope.directory(), () -> new BarrierCalls(users, scope));
    }

    /** Begins a call; with a limit it ends by itself. The caller has added a user. */
    Arrival enter(String party, int parties, @Nullable Duration timeout) {
        boolean once = timeout != null && timeout.isZero();
        Arrival arrival = new Arrival(kernel, strand, party, parties, once);
        long since = kernel.time().nanoTime();
        strand.execute(() -> {
            if (closed) {
                arrival.fail(scope.closed(OPERATION));
                return;
            }
            List.copyOf(arrivals).stream()
                    .filter(former -> former.party.equals(party) && !former.isEnded())
                    .forEach(former -> leave(former, () -> former.fail(replaced(party))));
            arrivals.add(arrival);
            if (timeout != null) {
                arrival.deadline(since, once ? kernel.operationTimeout() : timeout);
                arrival.limit(arrival.left(), () -> giveUp(arrival));
            }
            if (leaveSessions == null) {
                long member = sessions.join(strand, this::step, session -> false);
                leaveSessions = () -> sessions.leave(member);
            }
            step();
        });
        return arrival;
    }

    /** Withdraws a call, which then ends with whether it has crossed, within the operation timeout and soon after its own limit. */
    void interrupt(Arrival arrival) {
        strand.execute(() -> {
            if (arrival.isEnded()) {
                return;
            }
            if (arrival.stage == Stage.NEW) {
                arrival.complete(false);
                rests(arrival);
                step();
            } else {
                withdraw(arrival);
            }
        });
    }

    private void giveUp(Arrival arrival) {
        if (arrival.stage == Stage.NEW) {
            BackendException why = sessions.failure(requests.failure());
            if (why == null && arrival.hasStoreAnswered() && !arrival.once) {
                arrival.complete(false);
            } else {
                arrival.fail(scope.notApplied(OPERATION, why));
            }
            rests(arrival);
            step();
        } else {
            withdraw(arrival);
        }
    }

    private void withdraw(Arrival arrival) {
        leave(arrival, () -> arrival.complete(false));
        Duration patience = Collections.min(
                List.of(kernel.operationTimeout(), arrival.left().plus(Kernel.GRACE)));
        arrival.limit(
                patience, () -> arrival.fail(scope.outcomeUnknown(OPERATION, sessions.failure(requests.failure()))));
        step();
    }

    /** The place is removed unless it has crossed; then runs the task, unless it is removed for another reason already. */
    private void leave(Arrival arrival, Runnable onWithdrawn) {
        if (arrival.stage == Stage.NEW) {
            onWithdrawn.run();
            rests(arrival);
            return;
        }
        if (arrival.onWithdrawn == null) {
            arrival.onWithdrawn = onWithdrawn;
        }
        move(arrival);
    }

    /** The store has nothing of the call, and it has its answer. */
    private void rests(Arrival arrival) {
        if (arrivals.remove(arrival)) {
            arrival.rests();
            users.exit(directory);
        }
    }

    private void step() {
        if (closed || !requests.isIdle()) {
            return;
        }
        if (receipt.isOpen() && !receipt.canSettle()) {
            receipt.forget();
            all(Stage.ENTERING)
                    .forEach(arrival -> lostTrack(arrival, "the session ended while the arrival was under way"));
        }
        List<Arrival> over = arrivals.stream().filter(Arrival::isOver).toList();
        over.stream().filter(arrival -> arrival.stage == Stage.DECIDED).forEach(this::rests);
        over.stream().filter(arrival -> arrival.stage == Stage.WAITING).forEach(BarrierCalls::move);
        Session session = sessions.current();
        BarrierLook look = last;
        if (arrivals.isEmpty()) {
            rest();
        } else if (receipt.isOpen()) {
            receipt.settle();
        } else if (session != null && !all(Stage.NEW).isEmpty()) {
            put(session, first(all(Stage.NEW)));
        } else if (looks.isDue()) {
            looks.take(this::seen, this::seenHead);
        } else if (look != null && !all(Stage.LEAVING).isEmpty()) {
            withdraw(look, first(all(Stage.LEAVING)));
        } else if (session != null && look != null && !strays.isEmpty()) {
            withdrawStrays(look, session);
        } else if (look != null && !crossing.places().isEmpty()) {
            cross(look, crossing.places());
        } else if (!all(Stage.DECIDED).isEmpty()) {
            clear(first(all(Stage.DECIDED)));
        }
    }

    private List<Arrival> all(Stage stage) {
        return arrivals.stream().filter(arrival -> arrival.stage == stage).toList();
    }

    private static <T> List<T> first(List<T> all) {
        return all.subList(0, Math.min(MOST, all.size()));
    }

    // Step 1.
    private void put(Session session, List<Arrival> entering) {
        long known = last == null ? 0 : last.state().crossings();
        Commit.Builder commit = Commit.to(directory).returningAll();
        for (Arrival arrival : entering) {
            arrival.enters(session.nextName(), session, known, sessions.use(session));
            commit.put(
                    arrival.place,
                    BarrierPlace.encode(card(), arrival.party, arrival.parties, arrival.arrived),
                    session.leaseId());
        }
        String mark = entering.get(0).place;
        looks.wantNone(); // The commit reads all.
        receipt.send(session, mark, Receipt.Evidence.mark(mark), commit, outcome -> {
            if (outcome.kind() != Outcome.Kind.COMMITTED || outcome.snapshot() == null) {
                looks.want();
            }
            switch (outcome.kind()) {
                case COMMITTED -> {
                    entering.forEach(arrival -> arrival.entered(outcome.revision()));
                    if (outcome.snapshot() != null) {
                        seen(outcome.snapshot());
                    }
                }
                case CONFLICT, LEASE_DEAD, NOT_APPLIED -> entering.forEach(this::withdrawn);
                case UNKNOWN -> {
                    // Settled by the next step.
                }
            }
        });
    }

    private Card card() {
        return new Card(kernel.nodeId(), kernel.time().wall(), Map.of());
    }

    // Step 2.
    private void seen(Snapshot snapshot) {
        BarrierLook look;
        try {
            look = BarrierLook.of(snapshot);
        } catch (UnreadableEntryException unreadable) {
            refuseAll(unreadable);
            return;
        }
        boolean isSameHead = last != null && last.head() == look.head();
        last = look;
        all(Stage.DECIDED).stream()
                .filter(arrival -> !look.existing().contains(arrival.place))
                .forEach(this::rests);
        List.copyOf(arrivals).forEach(arrival -> judge(arrival, look, isSameHead));
        findStrays(look);
        crossing.consider(look, all(Stage.WAITING));
        if (crossing.isInDoubt()) {
            looks.want();
        } else if (crossing.places().isEmpty()) {
            watch(look);
        }
        looks.again(scope.client().settings().sessionTtl(), crossing::overdue);
    }

    /**
     * Where a read mixes several moments, the place may be from an earlier one than the head. So it counts as waiting at that head only if
     * the head was there before this look, or before the place.
     */
    private void judge(Arrival arrival, BarrierLook look, boolean isSameHead) {
        if (!arrival.isStored() || judgeHead(arrival, look.state())) {
            return;
        }
        boolean exists = look.existing().contains(arrival.place);
        long crossings = look.state().crossings();
        if (arrival.incarnation != 0 && arrival.incarnation != look.incarnation()) {
            leave(arrival, () -> arrival.fail(illegal("the barrier was deleted meanwhile")));
        } else if (exists && (isSameHead || look.head() < arrival.createRevision)) {
            arrival.crossings = crossings;
            arrival.incarnation = look.incarnation();
        } else if (crossings > arrival.crossings + 1) {
            // Its name may have come and gone.
            if (exists) {
                looks.want();
            } else {
                lostTrack(
                        arrival,
                        "its entry is gone, and the barrier was crossed more than once since it was seen last");
            }
            return;
        } else if (!exists) {
            move(arrival);
        }
        if (arrival.onWithdrawn == null) {
            look.waiting().forEach(other -> refuse(arrival, other));
        }
    }

    /** Whether the place is decided. */
    private boolean judgeHead(Arrival arrival, BarrierState state) {
        if (!arrival.isStored() || !state.isDecided(arrival.place)) {
            return false;
        }
        arrival.stage = Stage.DECIDED;
        if (state.crossed().contains(arrival.place)) {
            arrival.complete(true);
        } else {
            arrival.fail(replaced(arrival.party));
        }
        return true;
    }

    /** The place is to be removed. Without another reason, the entry is gone or ends with its session, and the call arrives again. */
    private static void move(Arrival arrival) {
        if (arrival.stage == Stage.WAITING) {
            arrival.stage = Stage.LEAVING;
        }
    }

    private void lostTrack(Arrival arrival, String why) {
        arrival.fail(new OutcomeUnknownException(
                scope.about(OPERATION) + ": " + why + "; the party may have crossed", null));
        rests(arrival);
    }

    private void refuse(Arrival arrival, BarrierPlace other) {
        BarrierPlace own = arrival.stored();
        if (other.parties() != own.parties()) {
            if (other.parties() > 0 && BarrierPlace.ORDER.compare(other, own) < 0) {
                String why = "party '" + Names.printable(other.party()) + "' waits for " + other.parties()
                        + " parties, and this call was given " + own.parties()
                        + "; all have to give the same number";
                leave(arrival, () -> arrival.fail(illegal(why)));
            }
        } else if (other.party().equals(own.party()) && BarrierPlace.CALLS.compare(other, own) > 0) {
            leave(arrival, () -> arrival.fail(replaced(arrival.party)));
        }
    }

    private IllegalStateException replaced(String party) {
        return illegal("party '" + Names.printable(party) + "' has arrived again by another call");
    }

    private IllegalStateException illegal(String why) {
        return new IllegalStateException(scope.about(OPERATION) + ": " + why);
    }

    private void findStrays(BarrierLook look) {
        Session session = sessions.current();
        strays.clear();
        for (String place : look.existing()) {
            if (session != null
                    && place.startsWith(session.id() + "-")
                    && arrivals.stream().noneMatch(own -> own.place.equals(place))) {
                strays.add(place);
            }
        }
    }

    // Step 3.
    private void cross(BarrierLook look, List<BarrierPlace> places) {
        crossing.forget();
        looks.want();
        BarrierState next = look.state().next(places, look.replacedBy(places), look.existing());
        if (!next.fits()) {
            requests.pause(null); // Until enough of the places that are decided are removed.
            return;
        }
        Commit.Builder commit = look.ifAllWait(directory, places).put(BarrierLook.HEAD, next.encode());
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                crossing.done();
                List.copyOf(arrivals).forEach(arrival -> judgeHead(arrival, next));
                lookIfAnyIsStored();
            }
        });
    }

    // Step 4.
    private void watch(BarrierLook look) {
        boolean isBehind = false;
        List<Arrival> waiting = all(Stage.WAITING);
        Map<Integer, List<BarrierPlace>> all = new HashMap<>();
        for (Arrival arrival : waiting) {
            List<BarrierPlace> next = all.computeIfAbsent(arrival.parties, look::next);
            boolean isNext = next.contains(arrival.stored());
            isBehind |= !next.isEmpty() && !isNext;
            if (!isNext && arrival.once) {
                leave(arrival, () -> arrival.complete(false));
            }
        }
        if (!waiting.isEmpty()) {
            looks.watch(isBehind);
        }
    }

    private void seenHead(Snapshot snapshot) {
        Entry head = View.first(snapshot);
        BarrierLook before = last;
        if (before != null && before.head() == (head == null ? 0 : head.modRevision())) {
            return;
        }
        if (head != null) {
            BarrierState state;
            try {
                state = BarrierState.decode(head.value());
            } catch (UnreadableEntryException unreadable) {
                refuseAll(unreadable);
                return;
            }
            List.copyOf(arrivals).forEach(arrival -> judgeHead(arrival, state));
        }
        lookIfAnyIsStored();
    }

    private void lookIfAnyIsStored() {
        if (arrivals.stream().anyMatch(Arrival::isStored)) {
            looks.want();
        } else {
            looks.wantNone();
        }
    }

    // Step 5.
    private void withdraw(BarrierLook look, List<Arrival> leaving) {
        Commit.Builder commit = look.ifNoCrossing(directory).put(BarrierLook.WITHDRAWALS, card().encode());
        leaving.stream()
                .filter(arrival -> look.existing().contains(arrival.place))
                .forEach(arrival -> remove(commit, arrival));
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                leaving.forEach(this::withdrawn);
            }
            // Until all that leave are withdrawn, the look before serves.
            if (outcome.kind() != Outcome.Kind.COMMITTED || all(Stage.LEAVING).isEmpty()) {
                looks.want();
            }
        });
    }

    /** The names stay taken, so that nothing is put there late once more. */
    private void withdrawStrays(BarrierLook look, Session session) {
        Commit.Builder commit = look.ifNoCrossing(directory).put(BarrierLook.WITHDRAWALS, card().encode());
        List<String> names = strays.stream().limit(MOST).toList();
        names.forEach(name -> commit.put(name, Card.WITHDRAWN, session.leaseId()));
        looks.want();
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                names.forEach(name -> session.withdrawn());
            }
        });
    }

    /** It is certain that the place was not put, or that it has not crossed and is gone. */
    private void withdrawn(Arrival arrival) {
        Runnable onWithdrawn = arrival.onWithdrawn;
        arrival.rests();
        if (onWithdrawn != null) {
            onWithdrawn.run();
        }
        if (arrival.isEnded()) {
            rests(arrival);
        }
    }

    // Step 6.
    private void clear(List<Arrival> decided) {
        Commit.Builder commit = Commit.to(directory);
        decided.forEach(arrival -> remove(commit, arrival));
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                decided.forEach(this::rests);
            } else {
                looks.want(); // It shows which of them are gone.
            }
        });
    }

    /** By its createRevision, so that a store that has gone back is noticed when the place exists again. */
    private static void remove(Commit.Builder commit, Arrival arrival) {
        commit.ifCreateRevision(arrival.place, arrival.createRevision).delete(arrival.place);
    }

    /** Nobody can read the head, so nobody crosses. */
    private void refuseAll(UnreadableEntryException unreadable) {
        for (Arrival arrival : List.copyOf(arrivals)) {
            arrival.fail(Quote.again(unreadable));
            if (arrival.stage == Stage.NEW) {
                rests(arrival);
            } else if (arrival.isStored()) {
                arrival.stage = Stage.DECIDED;
            }
        }
    }

    /** The store refuses permanently. The entries of the calls end with the session. */
    private void failAll(BackendException why) {
        receipt.forget();
        for (Arrival arrival : List.copyOf(arrivals)) {
            arrival.fail(
                    arrival.stage == Stage.NEW
                            ? scope.notApplied(OPERATION, why)
                            : scope.outcomeUnknown(OPERATION, why));
            rests(arrival);
        }
    }

    void close() {
        strand.execute(() -> {
            closed = true;
            requests.forget();
            List.copyOf(arrivals).forEach(arrival -> {
                arrival.fail(scope.closed(OPERATION));
                rests(arrival);
            });
            rest();
        });
    }

    private void rest() {
        last = null;
        crossing.done();
        strays.clear();
        requests.endPause();
        looks.end();
        if (leaveSessions != null) {
            leaveSessions.run();
            leaveSessions = null;
        }
    }
}
