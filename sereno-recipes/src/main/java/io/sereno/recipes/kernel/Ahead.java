package io.sereno.recipes.kernel;

import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Those in front of one place, from the moment that they are known until nobody is, or the place is given back.
 *
 * <p>Invariant: nobody gets in front of a place that is taken, so they only become fewer. One that was seen gone, or created anew, is gone for good.
 *
 * <p>There is a reason to look at the last of them when the watch on it has become live, after each of its notices, and once a ttl: a watch that
 * died in silence then costs a ttl, and is not the end. Confined to the strand, on which it calls {@code onNews} and {@code onTick}.
 */
final class Ahead {
    /** Of the 32 conditions that every store takes in a commit (COM-10a), one is for the own entry. */
    private static final int FEW = 31;

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Duration period;
    private final Runnable onNews;
    private final Runnable onTick;
    private final Deque<Place> places;

    /** Lowered when a look is sent, so that a notice during it asks for another. */
    private boolean due;

    private @Nullable Lookout lookout;
    private @Nullable Place watched;
    private Runnable cancelTick = () -> {};

    /** {@code places} by createRevision; not empty. */
    Ahead(
            Kernel kernel,
            Strand strand,
            String directory,
            List<Place> places,
            Duration period,
            Runnable onNews,
            Runnable onTick) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.places = new ArrayDeque<>(places);
        this.period = period;
        this.onNews = onNews;
        this.onTick = onTick;
        tick();
    }

    /** So few that one commit can prove them gone. */
    boolean areFew() {
        return places.size() <= FEW;
    }

    /** Those of whom it is not known that they are gone. */
    Collection<Place> left() {
        return places;
    }

    /** Whether there is a reason to look at the last. */
    boolean isDue() {
        return due || places.isEmpty();
    }

    /** The one directly in front, at which a look is sent now; null when all are gone. */
    @Nullable
    Place look() {
        due = false;
        return places.peekLast();
    }

    void lookAgain() {
        due = true;
    }

    /** What a look at one showed. That it is gone is final, and the next may be gone too; that it is there asks for a watch. */
    boolean isGone(Place looked, Snapshot snapshot) {
        boolean gone = !looked.isIn(snapshot);
        if (gone) {
            places.remove(looked);
            due = true;
        }
        return gone;
    }

    /** What a look at all showed. */
    void retain(Snapshot queue) {
        Set<Place> standing = queue.entries().stream().map(Place::of).collect(Collectors.toSet());
        places.retainAll(standing);
        due = true;
    }

    /** Watches the last. */
    void watch() {
        Place last = places.peekLast();
        if (last == null || last.equals(watched)) {
            return;
        }
        closeLookout();
        watched = last;
        lookout = new Lookout(kernel, strand, new Target(directory, Optional.of(last.name())), () -> {
            due = true;
            onNews.run();
        });
        lookout.open();
    }

    private void tick() {
        cancelTick = kernel.time().schedule(kernel.jittered(period), strand, () -> {
            due = true;
            tick();
            onTick.run();
        });
    }

    void close() {
        cancelTick.run();
        closeLookout();
    }

    private void closeLookout() {
        if (lookout != null) {
            lookout.close();
        }
    }
}
