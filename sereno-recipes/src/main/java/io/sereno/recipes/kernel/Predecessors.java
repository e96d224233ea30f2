package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The places in front of one place that block it, from the moment they are known until none is left or the place is given back.
 *
 * <p>Invariant: nobody gets in front of a taken place, so the number of places only falls. A place that was seen gone, created again, or not blocking
 * never blocks again.
 *
 * <p>The last of them is looked at when the watch on it has become live, after each of its notices, and once a ttl. So a watch that died in
 * silence costs a ttl, and does not block the place for ever. Confined to the strand, on which it calls {@code onTick}.
 */
final class Predecessors implements Waiting {
    /** Every store takes 32 conditions in a commit (COM-10a); one of them is for the own entry. */
    private static final int FEW = 31;

    private final Requests requests;
    private final OwnEntry own;
    private final Duration period;
    private final Predicate<Entry> blocks;
    private final Runnable onGranted;
    private final Runnable onTick;
    private final Deque<Place> places;

    /** Set to false when a look is sent, so that a notice during the look causes another look. */
    private boolean due;

    private @Nullable RearmingWatch watch;
    private @Nullable Place watched;
    private final Timer tick = new Timer();

    /** {@code places} is sorted by createRevision and not empty. */
    Predecessors(
            Requests requests,
            OwnEntry own,
            List<Place> places,
            Duration period,
            Predicate<Entry> blocks,
            Runnable onGranted,
            Runnable onTick) {
        this.requests = requests;
        this.own = own;
        this.places = new ArrayDeque<>(places);
        this.period = period;
        this.blocks = blocks;
        this.onGranted = onGranted;
        this.onTick = onTick;
        tick();
    }

    @Override
    public boolean isBehindOthers() {
        return true;
    }

    @Override
    public void step() {
        if (!due && !places.isEmpty()) {
            watch();
            return;
        }
        due = false;
        Place last = places.peekLast();
        if (areFew()) {
            verify(last);
        } else if (last != null) {
            lookAt(last);
        }
    }

    /** Whether one commit can prove all of them gone. */
    private boolean areFew() {
        return places.size() <= FEW;
    }

    /**
     * Reads the last of many places. If it is gone, all may be gone; then one request reads all, since a request for each would take too long.
     */
    private void lookAt(Place last) {
        requests.read(
                last.name(),
                snapshot -> {
                    if (isGone(last, snapshot) && !areFew()) {
                        requests.read(new Query.All(requests.directory()), this::retain, why -> due = true);
                    }
                },
                why -> due = true);
    }

    private void verify(@Nullable Place last) {
        Commit.Builder check = Commit.to(requests.directory())
                .ifCreateRevision(own.place().name(), own.place().createRevision());
        places.forEach(other -> check.ifAbsent(other.name()));
        if (last != null) {
            check.returningOne(last.name());
        }
        requests.commit(check, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                onGranted.run();
            } else if (outcome.kind() != Outcome.Kind.CONFLICT) {
                due = true;
                requests.pause(outcome.failure());
            } else if (last == null) {
                own.gone();
            } else if (outcome.snapshot() != null) {
                var unused = isGone(last, outcome.snapshot());
            } else {
                lookAt(last);
            }
        });
    }

    /**
     * Takes in what a look at one place showed: whether the place is gone, or does not block any more. Then the next may be gone too. A place that
     * blocks needs a watch.
     */
    private boolean isGone(Place looked, Snapshot snapshot) {
        Entry found = Place.entryOf(looked.name(), snapshot);
        boolean gone = found == null || !Place.of(found).equals(looked) || !blocks.test(found);
        if (gone) {
            places.remove(looked);
            due = true;
        }
        return gone;
    }

    /** Takes in what a look at all places showed. */
    private void retain(Snapshot queue) {
        Set<Place> blocking =
                View.queue(queue).stream().filter(blocks).map(Place::of).collect(Collectors.toSet());
        places.retainAll(blocking);
        due = true;
    }

    /** Watches the last place. */
    private void watch() {
        Place last = places.peekLast();
        if (last == null || last.equals(watched)) {
            return;
        }
        closeWatch();
        watched = last;
        watch = requests.watch(last.name(), () -> {
            due = true;
            requests.step();
        });
    }

    private void tick() {
        Kernel kernel = requests.kernel();
        tick.set(kernel.time(), kernel.jittered(period), requests.strand(), () -> {
            due = true;
            tick();
            onTick.run();
        });
    }

    @Override
    public void close() {
        tick.cancel();
        closeWatch();
    }

    private void closeWatch() {
        if (watch != null) {
            watch.close();
        }
    }
}
