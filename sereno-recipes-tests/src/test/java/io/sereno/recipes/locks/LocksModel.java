package io.sereno.recipes.locks;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the locks promise, as a list of places in plain sets and lists: who holds, who shares a place, and who moves to which. No store, no faults, and
 * nothing takes time.
 *
 * @param <C> a caller
 */
final class LocksModel<C> {
    private static final Duration SERIES = Duration.ofMillis(20);

    /** The names that a place claims. */
    record Claim(Set<String> write, Set<String> read) {
        private static Claim weakened(Claim claim) {
            Set<String> all = new TreeSet<>(claim.read);
            all.addAll(claim.write);
            return new Claim(Set.of(), all);
        }

        private boolean conflictsWith(Claim other) {
            return !Collections.disjoint(write, weakened(other).read)
                    || !Collections.disjoint(weakened(this).read, other.write);
        }
    }

    private final class Place {
        private final int client;
        private Claim claim;
        private final Deque<C> waiting = new ArrayDeque<>();
        private final List<C> holding = new ArrayList<>();
        private @Nullable Duration grantedAt;
        private boolean downgraded;

        Place(int client, Claim claim) {
            this.client = client;
            this.claim = claim;
        }

        private boolean isSeriesOpen() {
            return grantedAt != null && !downgraded && now.minus(grantedAt).compareTo(SERIES) < 0;
        }

        private void serve() {
            boolean together = claim.write.isEmpty();
            while (!waiting.isEmpty() && (together || holding.isEmpty())) {
                holding.add(waiting.remove());
            }
        }
    }

    private final List<Place> places = new ArrayList<>();
    private Duration now = Duration.ZERO;

    void timeIs(Duration elapsed) {
        now = elapsed;
    }

    boolean holds(C caller) {
        return places.stream().anyMatch(place -> place.holding.contains(caller));
    }

    boolean waits(C caller) {
        return places.stream().anyMatch(place -> place.waiting.contains(caller));
    }

    /** Whether a caller holds names that no other may read. */
    boolean writes(C caller) {
        return places.stream().anyMatch(place -> place.holding.contains(caller) && !place.claim.write.isEmpty());
    }

    /** What the places claim, in the order of the queue. */
    List<Claim> claims() {
        return places.stream().map(place -> place.claim).toList();
    }

    void ask(C caller, int client, Claim claim) {
        Place joined = lastBehindConflicts(client, claim, place -> place.grantedAt == null || place.isSeriesOpen())
                .orElseGet(() -> atTheTail(new Place(client, claim)));
        joined.waiting.add(caller);
        grant();
    }

    /** Takes the names if they are free; does not wait. */
    void tryNow(C caller, int client, Claim claim) {
        if (places.stream().anyMatch(place -> place.client == client && place.claim.conflictsWith(claim))) {
            return;
        }
        Optional<Place> joined = lastBehindConflicts(client, claim, Place::isSeriesOpen);
        if (joined.isPresent() || places.stream().noneMatch(place -> place.claim.conflictsWith(claim))) {
            joined.orElseGet(() -> atTheTail(new Place(client, claim))).waiting.add(caller);
            grant();
        }
    }

    void withdraw(C caller) {
        Place place = of(caller);
        place.waiting.remove(caller);
        if (place.waiting.isEmpty() && place.holding.isEmpty()) {
            places.remove(place);
        }
        grant();
    }

    void release(C caller) {
        Place place = of(caller);
        place.holding.remove(caller);
        if (place.holding.isEmpty() && !(place.isSeriesOpen() && !place.waiting.isEmpty())) {
            places.remove(place);
            moveOn(place, place.claim);
        }
        grant();
    }

    void downgrade(C caller) {
        Place place = of(caller);
        Claim stronger = place.claim;
        place.claim = Claim.weakened(stronger);
        place.downgraded = true;
        moveOn(place, stronger);
        grant();
    }

    /** The callers that are left go to the first place of their client that waits for these names, in front of the callers there. */
    private void moveOn(Place from, Claim claim) {
        if (from.waiting.isEmpty()) {
            return;
        }
        Place to = places.stream()
                .filter(place -> place.client == from.client && place.claim.equals(claim) && place.grantedAt == null)
                .findFirst()
                .orElseGet(() -> atTheTail(new Place(from.client, claim)));
        while (!from.waiting.isEmpty()) {
            to.waiting.addFirst(from.waiting.removeLast());
        }
    }

    /** The last such place of the client with this claim, unless one of the client that conflicts is behind it. */
    private Optional<Place> lastBehindConflicts(int client, Claim claim, Predicate<Place> isOpen) {
        List<Place> own = new ArrayList<>(places);
        own.removeIf(place -> place.client != client);
        Collections.reverse(own);
        for (Place place : own) {
            if (place.claim.equals(claim) && isOpen.test(place)) {
                return Optional.of(place);
            }
            if (place.claim.conflictsWith(claim)) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Place atTheTail(Place place) {
        places.add(place);
        return place;
    }

    private void grant() {
        for (Place place : places) {
            boolean isFree = places.subList(0, places.indexOf(place)).stream()
                    .noneMatch(ahead -> ahead.claim.conflictsWith(place.claim));
            if (isFree) {
                if (place.grantedAt == null) {
                    place.grantedAt = now;
                }
                place.serve();
            }
        }
    }

    private Place of(C caller) {
        return places.stream()
                .filter(place -> place.waiting.contains(caller) || place.holding.contains(caller))
                .findFirst()
                .orElseThrow();
    }
}
