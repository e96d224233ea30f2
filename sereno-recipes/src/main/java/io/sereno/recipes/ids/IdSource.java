package io.sereno.recipes.ids;

import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.Timer;
import io.sereno.spi.BackendException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.function.LongSupplier;

/**
 * The generator that all users of a name share within a client: its {@link IdSequence} makes ids of the ticks that its
 * {@link IdReservations} gets from the store. A caller that finds no id waits here, first come, first served, for the clock or for the
 * store, whichever is needed.
 *
 * <p>{@link #take}, {@link #request}, {@link #forget} and {@link #close} are for every thread; all else is confined to the strand.
 */
final class IdSource implements IdReservations.Owner {
    static final String RECIPE = "ids";
    static final Shared<InUse<String, IdSource>> SOURCES =
            new Shared<>(client -> new InUse<>(IdSource::close), InUse::close);

    /**
     * Long enough that the store is rarely asked, and shorter than the operation timeout, so that a sole slot is usable again soon after a
     * crash.
     */
    private static final Duration WINDOW = Duration.ofSeconds(4);
    /** After this time the clock is read again, in case it was set. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    /** A waiting request for ids. */
    static final class Request extends TimedWait<Optional<long[]>> {
        private final String operation;
        private final boolean emptyIfLate;
        private final long[] ids;
        private int filled;

        private Request(Kernel kernel, Strand strand, String operation, int count, boolean emptyIfLate) {
            super(kernel, strand);
            this.operation = operation;
            this.emptyIfLate = emptyIfLate;
            this.ids = new long[count];
        }

        private boolean isFilledFrom(LongSupplier source) {
            while (filled < ids.length) {
                long id = source.getAsLong();
                if (id == IdSequence.NONE) {
                    return false;
                }
                ids[filled++] = id;
            }
            return true;
        }
    }

    private final Kernel kernel;
    private final Scope scope;
    private final IdLayout layout;
    private final Ticks ticks;
    private final Strand strand = new Strand();
    private final IdSequence sequence;
    private final IdReservations reservations;

    // Confined to the strand.
    private final Queue<Request> waiting = new ArrayDeque<>();
    private boolean closed;
    private final Timer wake = new Timer();

    IdSource(Scope scope, IdLayout layout) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.layout = layout;
        this.ticks = new Ticks(kernel.time(), layout);
        long reach = ticks.in(WINDOW);
        this.sequence = new IdSequence(layout, ticks, reach, this::ask);
        this.reservations = new IdReservations(scope, strand, layout, ticks, sequence, reach, this);
        reservations.open();
    }

    IdLayout layout() {
        return layout;
    }

    /** The next id; negative if there is none yet: then {@link #request} waits for one. */
    long take() {
        return sequence.take();
    }

    private void ask() {
        reservations.ask();
    }

    Request request(String operation, int count, boolean emptyIfLate, Duration limit) {
        Request request = new Request(kernel, strand, operation, count, emptyIfLate);
        strand.execute(() -> {
            if (closed) {
                request.fail(scope.closed(operation));
                return;
            }
            waiting.add(request);
            serve();
            if (limit.isZero()) {
                runOut(request);
            }
        });
        request.limit(limit, () -> runOut(request));
        return request;
    }

    void forget(Request request) {
        request.end();
        strand.execute(() -> waiting.remove(request));
    }

    void close() {
        strand.execute(() -> {
            closed = true;
            reservations.close();
            wake.cancel();
            waiting.forEach(request -> request.fail(scope.closed(request.operation)));
            waiting.clear();
        });
    }

    @Override
    public boolean isWaitedFor() {
        return !waiting.isEmpty();
    }

    /** Serves the waiting requests in order; then waits for the clock or the store. */
    @Override
    public void serve() {
        wake.cancel();
        while (!waiting.isEmpty()) {
            Request first = waiting.element();
            String refusal = reservations.refusal();
            if (refusal != null) {
                waiting.remove();
                first.fail(new IllegalStateException(scope.about(first.operation) + ": " + refusal));
            } else if (first.isFilledFrom(sequence::take)) {
                waiting.remove();
                first.complete(Optional.of(first.ids));
            } else {
                long tick = sequence.nextTick();
                Duration wait = LONGEST_WAIT;
                if (sequence.reaches(tick)) {
                    wait = sequence.until(tick);
                } else {
                    reservations.ask();
                }
                if (wait.compareTo(Duration.ZERO) > 0) {
                    Duration shorter = wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
                    wake.set(kernel.time(), shorter, strand, this::serve);
                    return;
                }
            }
        }
    }

    private void runOut(Request request) {
        if (!waiting.contains(request)) {
            return;
        }
        serve(); // A last try: a timer may be late, and the clock may have reached the next tick.
        if (!waiting.remove(request)) {
            return;
        }
        long tick = sequence.nextTick();
        boolean waitsForTheStore = tick < ticks.limit() && !sequence.reaches(tick);
        if (waitsForTheStore && reservations.isOutOfReach(request)) {
            BackendException why = reservations.failure();
            request.fail(scope.notApplied(request.operation, why));
        } else if (request.emptyIfLate && ticks.now() >= 0 && tick < ticks.limit()) {
            request.complete(Optional.empty());
        } else {
            request.fail(new NotAppliedException(
                    scope.about(request.operation) + ": " + missing() + "; the call may be repeated"));
        }
    }

    private String missing() {
        long next = sequence.nextTick();
        if (ticks.now() < 0) {
            return "the clock says " + kernel.time().wall() + ", which is before the epoch of " + layout;
        }
        if (next >= ticks.limit()) {
            return "the clock says " + kernel.time().wall() + ", for which " + layout
                    + " has no time bits; take a layout with more of them";
        }
        if (sequence.reaches(next)) {
            return "the clock is " + sequence.until(next)
                    + " behind the next tick, and no more ids fit before that tick";
        }
        return reservations.obstacle();
    }
}
