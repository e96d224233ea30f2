package io.sereno.recipes;

import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.recipes.kernel.Backoff;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The generator that all users of a name share within a client.
 *
 * <p>Stored: {@code layout}, what all agree on; {@code slot-<n>}, leased, while a client has slot n; {@code hw-<n>}, for good, up to where the ticks
 * of slot n are reserved and by which attempt ({@link IdWindow}); {@code x-<attempt>}, leased, an attempt that was called off.
 *
 * <p>Invariant: a tick of a slot is used only by the one who saw the commit that reserved it, and every such commit moves {@code hw-<n>} on from the
 * modRevision that it was read at. So ids are unique whatever clocks and leases do; a lease only gives a slot back.
 *
 * <ol>
 *   <li><b>Take.</b> The next pair of tick and sequence, by one compare-and-set: the tick of the clock, never an earlier one than before, within the
 *       window. No I/O. When half of a window is left, the next ticks are asked for.
 *   <li><b>Agree.</b> Read {@code layout}. Another one: refused. None: it is put with the first claim.
 *   <li><b>Claim.</b> From a random slot on, read {@code hw-<n>}: {@code absent(slot-n), modRevision(hw-n) == r, absent(x-attempt) -> put(slot-n, lease),
 *       put(hw-n)}. A conflict, or a mark far ahead of the clock: the next slot.
 *   <li><b>Extend.</b> {@code createRevision(slot-n) == c, modRevision(hw-n) == r, absent(x-attempt) -> put(hw-n)}. A conflict: the slot is lost, claim
 *       another.
 *   <li><b>Settle.</b> An attempt in doubt is called off by putting {@code x-<attempt>}; then {@code hw-<n>}, read, says whether it had come to pass.
 * </ol>
 *
 * <p>{@link #take}, {@link #request} and {@link #forget} are for every thread; all else is confined to the strand. One request to the store is under way at
 * most; {@link #step} does the next.
 */
final class IdSource {
    static final String RECIPE = "ids";

    /** Long enough that the store is rarely asked, and shorter than the operation timeout: a sole slot is of use again soon after a crash. */
    private static final Duration WINDOW = Duration.ofSeconds(4);
    /** A clock that is set is looked at again after this, whatever it said before. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private static final String LAYOUT = "layout";
    private static final long NONE = -1;

    /** Somebody waits for ids. */
    static final class Request {
        private final String operation;
        private final boolean emptyIfLate;
        private final long[] ids;
        private final CompletableFuture<Optional<long[]>> result = new CompletableFuture<>();
        private volatile Runnable cancelLimit = () -> {};
        private int filled;

        private Request(String operation, int count, boolean emptyIfLate) {
            this.operation = operation;
            this.emptyIfLate = emptyIfLate;
            this.ids = new long[count];
        }

        CompletableFuture<Optional<long[]>> result() {
            return result;
        }

        private boolean isFilledFrom(LongSupplier source) {
            while (filled < ids.length) {
                long id = source.getAsLong();
                if (id == NONE) {
                    return false;
                }
                ids[filled++] = id;
            }
            return true;
        }
    }

    /** Ticks that are ours alone. */
    private record Window(int slot, long from, long to) {}

    /** A slot that is ours while its session lives. */
    private record Place(Session session, int slot, long createRevision, long modRevision, long to) {}

    /** A commit that reserves ticks; it extends when it has a place, else it claims. */
    private record Attempt(
            Session session,
            String name,
            int slot,
            @Nullable Place place,
            long from,
            long to) {
        String mark() {
            return "x-" + name;
        }
    }

    private final Kernel kernel;
    private final Scope scope;
    private final String directory;
    private final IdLayout layout;
    private final Bytes encodedLayout;
    private final Ticks ticks;
    private final long reach;
    private final long slots;
    private final Strand strand = new Strand();

    /** Tick and sequence of the id made last, packed. */
    private final AtomicLong position = new AtomicLong(-1);
    /** More ticks are wanted, and being worked on. */
    private final AtomicBoolean asked = new AtomicBoolean();

    private volatile @Nullable Window window;

    // Confined to the strand.
    private final Queue<Request> waiting = new ArrayDeque<>();
    private @Nullable Place place;
    private @Nullable Attempt doubtful;
    /** The createRevision of the layout's entry; 0 when there is none, negative when not known. */
    private long layoutRevision = -1;

    private @Nullable String refusal;
    private int slot;
    private long tried;
    private boolean busy;
    private boolean closed;
    private @Nullable BackendException failure;
    private @Nullable Backoff backoff;
    private Runnable cancelPause = () -> {};
    private Runnable cancelWake = () -> {};

    IdSource(Scope scope, String directory, IdLayout layout) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.directory = directory;
        this.layout = layout;
        this.encodedLayout = IdWindow.encode(layout);
        this.ticks = new Ticks(kernel.time(), layout);
        this.reach = ticks.in(WINDOW);
        this.slots = 1L << layout.slotBits();
        this.slot = (int) kernel.random().nextLong(slots);
        kernel.sessions().join(new SessionEvents());
    }

    IdLayout layout() {
        return layout;
    }

    // Step 1.
    /** The next id; negative if there is none yet, and then {@link #request} waits for it. */
    long take() {
        Window ours = window;
        if (ours == null) {
            return NONE;
        }
        while (true) {
            long last = position.get();
            long lastTick = last >> layout.sequenceBits();
            long now = ticks.now();
            if (now >= ticks.limit()) {
                return NONE;
            }
            long next = now > lastTick ? now << layout.sequenceBits() : last + 1;
            long tick = next >> layout.sequenceBits();
            if (tick > Math.max(now, lastTick) || tick < ours.from || tick >= ours.to) {
                return NONE;
            }
            if (position.compareAndSet(last, next)) {
                if (!isEnough(ours, tick)) {
                    ask();
                }
                long sequence = next & ((1L << layout.sequenceBits()) - 1);
                return (tick << layout.sequenceBits() | sequence) << layout.slotBits() | ours.slot;
            }
        }
    }

    Request request(String operation, int count, boolean emptyIfLate, Duration limit) {
        Request request = new Request(operation, count, emptyIfLate);
        strand.execute(() -> {
            if (closed) {
                request.result.completeExceptionally(scope.closed(operation));
                return;
            }
            waiting.add(request);
            serve();
            if (limit.isZero()) {
                runOut(request);
            }
        });
        if (!request.result.isDone()) {
            request.cancelLimit = kernel.time().schedule(limit, strand, () -> runOut(request));
            if (request.result.isDone()) {
                request.cancelLimit.run();
            }
        }
        return request;
    }

    void forget(Request request) {
        request.cancelLimit.run();
        strand.execute(() -> waiting.remove(request));
    }

    void close() {
        strand.execute(() -> {
            closed = true;
            cancelPause.run();
            cancelWake.run();
            waiting.forEach(request -> request.result.completeExceptionally(scope.closed(request.operation)));
            waiting.clear();
        });
    }

    /** Those who wait, in their order; then the clock or the store is waited for, whichever has what they need. */
    private void serve() {
        cancelWake.run();
        while (!waiting.isEmpty()) {
            Request first = waiting.element();
            if (refusal != null) {
                waiting.remove();
                first.cancelLimit.run();
                first.result.completeExceptionally(
                        new IllegalStateException(scope.about(first.operation) + ": " + refusal));
            } else if (first.isFilledFrom(this::take)) {
                waiting.remove();
                first.cancelLimit.run();
                first.result.complete(Optional.of(first.ids));
            } else {
                long tick = nextTick();
                Window ours = window;
                Duration wait = LONGEST_WAIT;
                if (ours != null && tick < ours.to) {
                    wait = ticks.until(Math.max(tick, ours.from));
                } else {
                    ask();
                }
                if (wait.compareTo(Duration.ZERO) > 0) {
                    Duration shorter = wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
                    cancelWake = kernel.time().schedule(shorter, strand, this::serve);
                    return;
                }
            }
        }
    }

    /** The earliest tick that the next id can have. */
    private long nextTick() {
        return Math.max(ticks.now(), (position.get() + 1) >> layout.sequenceBits());
    }

    private void runOut(Request request) {
        if (!waiting.contains(request)) {
            return;
        }
        serve(); // A last look: a timer may be late, and the clock have come to the next tick.
        if (!waiting.remove(request)) {
            return;
        }
        request.cancelLimit.run();
        Window ours = window;
        long tick = nextTick();
        boolean waitsForTheStore = tick < ticks.limit() && (ours == null || tick >= ours.to);
        BackendException why = failure != null ? failure : kernel.sessions().failure();
        boolean outOfReach = why != null || kernel.sessions().current() == null;
        if (waitsForTheStore && outOfReach) {
            request.result.completeExceptionally(scope.notApplied(request.operation, why));
        } else if (request.emptyIfLate && ticks.now() >= 0 && tick < ticks.limit()) {
            request.result.complete(Optional.empty());
        } else {
            request.result.completeExceptionally(new NotAppliedException(
                    scope.about(request.operation) + ": " + missing() + "; the call may be repeated"));
        }
    }

    private String missing() {
        long now = ticks.now();
        long next = nextTick();
        Window ours = window;
        if (now < 0) {
            return "the clock says " + kernel.time().wall() + ", which is before the epoch of " + layout;
        }
        if (next >= ticks.limit()) {
            return "the clock says " + kernel.time().wall() + ", for which " + layout
                    + " has no time bits; take a layout with more of them";
        }
        if (ours != null && next < ours.to) {
            return "the clock is " + ticks.until(Math.max(next, ours.from))
                    + " behind the next tick, and not more ids fit before it";
        }
        return tried == 0
                ? "the store has not answered yet"
                : "no slot is free; " + tried + " tries among the " + slots
                        + " of the layout found one taken, or used ahead of this clock";
    }

    /** Where ticks that are reserved now end. When some are asked for, it is beyond where those that we have end: a mark never goes back. */
    private long end(long tick) {
        return ticks.limit() - tick <= reach ? ticks.limit() : tick + reach;
    }

    private boolean isEnough(Window ours, long tick) {
        return tick < ours.to && (ours.to - tick > reach / 2 || ours.to == ticks.limit());
    }

    private void ask() {
        if (!asked.get() && asked.compareAndSet(false, true)) {
            strand.execute(this::step);
        }
    }

    /** Does the next thing that is to be done for the ticks that were asked for, if it can be done now. */
    private void step() {
        if (busy || closed || !asked.get() || refusal != null) {
            return;
        }
        Attempt open = doubtful;
        if (open != null && open.session.isAlive()) {
            settle(open);
            return;
        }
        doubtful = null; // It can at most reserve ticks that nobody uses, until its lease ends.
        long tick = nextTick();
        Window ours = window;
        Session under = kernel.sessions().current();
        if (ours != null && isEnough(ours, tick)) {
            asked.set(false);
            serve();
        } else if (ticks.now() < 0 || tick >= ticks.limit()) {
            pause(null);
        } else if (under == null) {
            return; // The sessions tell us when there is one.
        } else if (place != null && place.session.equals(under)) {
            extend(under, place, tick);
        } else if (layoutRevision < 0) {
            agree();
        } else {
            read("hw-" + slot, mark -> claim(under, mark));
        }
    }

    // Step 2.
    private void agree() {
        read(LAYOUT, found -> {
            layoutRevision = found == null ? 0 : found.createRevision();
            if (found != null && !found.value().equals(encodedLayout)) {
                refusal = "ids of this name are made with another layout; one for a name is accepted. Stored is '"
                        + oneLine(found.value()) + "', asked for '" + oneLine(encodedLayout) + "'";
                serve();
            }
        });
    }

    private static String oneLine(Bytes value) {
        return value.toUtf8().strip().replace('\n', ' ');
    }

    // Step 3.
    private void claim(Session under, @Nullable Entry mark) {
        long tick = nextTick();
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
            commit.ifAbsent(LAYOUT).put(LAYOUT, encodedLayout);
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
            pause(null);
        }
    }

    // Step 4.
    private void extend(Session under, Place held, long tick) {
        Attempt attempt = new Attempt(under, under.nextName(), held.slot, held, Math.max(held.to, tick), end(tick));
        Commit.Builder commit = Commit.to(directory)
                .ifCreateRevision("slot-" + held.slot, held.createRevision)
                .ifModRevision("hw-" + held.slot, held.modRevision);
        send(attempt, commit, () -> place = null);
    }

    private void send(Attempt attempt, Commit.Builder commit, Runnable onConflict) {
        commit.ifAbsent(attempt.mark())
                .put("hw-" + attempt.slot, new IdWindow(attempt.name, attempt.from, attempt.to).encode());
        commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> won(attempt, outcome.revision());
                case CONFLICT -> onConflict.run();
                case LEASE_DEAD -> leaseDead(attempt.session);
                case NOT_APPLIED -> pause(outcome.failure());
                case UNKNOWN -> {
                    doubtful = attempt;
                    pause(outcome.failure());
                }
            }
        });
    }

    private void won(Attempt attempt, long revision) {
        long createRevision = attempt.place != null ? attempt.place.createRevision : revision;
        place = new Place(attempt.session, attempt.slot, createRevision, revision, attempt.to);
        Window ours = window;
        long from = attempt.from;
        if (ours != null && ours.slot == attempt.slot && ours.to == from) {
            from = ours.from;
        }
        window = new Window(attempt.slot, from, attempt.to);
        tried = 0;
        asked.set(false);
        serve();
    }

    // Step 5.
    private void settle(Attempt open) {
        Commit.Builder callOff =
                Commit.to(directory).ifAbsent(open.mark()).put(open.mark(), Card.WITHDRAWN, open.session.leaseId());
        commit(callOff, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED, CONFLICT -> read("hw-" + open.slot, mark -> settled(open, mark));
                case LEASE_DEAD -> leaseDead(open.session);
                case NOT_APPLIED, UNKNOWN -> pause(outcome.failure());
            }
        });
    }

    private void settled(Attempt open, @Nullable Entry mark) {
        doubtful = null;
        kernel.sessions().withdrawn(open.session);
        IdWindow last = mark == null ? null : IdWindow.decode(mark.value());
        if (mark != null && last != null && last.owner().equals(open.name)) {
            won(open, mark.modRevision());
        }
    }

    private void leaseDead(Session dead) {
        doubtful = null;
        place = null;
        pause(null);
        kernel.sessions().end(dead);
    }

    private void commit(Commit.Builder commit, Consumer<Outcome> then) {
        busy = true;
        kernel.store().commit(commit.build(), strand, outcome -> {
            busy = false;
            if (outcome.failure() == null) {
                answered();
            }
            then.accept(outcome);
            step();
        });
    }

    private void read(String name, Consumer<@Nullable Entry> then) {
        busy = true;
        kernel.store().read(new Query.One(directory, name), strand, (snapshot, why) -> {
            busy = false;
            if (snapshot == null) {
                pause(why);
            } else {
                answered();
                then.accept(snapshot.entries().stream().findFirst().orElse(null));
            }
            step();
        });
    }

    private void answered() {
        failure = null;
        if (tried == 0) {
            backoff = null;
        }
    }

    /** What failed is tried again after a while, if somebody still wants it then. */
    private void pause(@Nullable BackendException why) {
        if (why != null) {
            if (failure == null) {
                scope.troubled("reserving", why);
            }
            failure = why;
        }
        if (backoff == null) {
            backoff = kernel.backoff();
        }
        busy = true;
        cancelPause = kernel.time().schedule(backoff.next(), strand, () -> {
            busy = false;
            if (waiting.isEmpty()) {
                asked.set(false);
            } else {
                step();
            }
        });
    }

    private final class SessionEvents implements Sessions.Member {
        @Override
        public void opened(Session session) {
            strand.execute(IdSource.this::step);
        }

        @Override
        public void ended(Session session) {
            // What was reserved stays ours. The next ticks are claimed under the next session.
        }

        @Override
        public void failed(BackendException why) {
            // kernel.sessions().failure() says so to whoever waits too long.
        }

        @Override
        public void renewed(Session session) {
            // A renewal adds no ticks.
        }
    }
}
