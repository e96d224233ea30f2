package io.sereno.recipes.barrier;

import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a barrier must keep, judged from the answers of its calls and from what the store has after each event: BAR-1 to BAR-3. For one store that loses
 * nothing.
 */
final class Crossings {
    private final int parties;
    private final Map<String, BarrierPlace> places = new HashMap<>();
    private final Map<String, Integer> firstSeen = new HashMap<>();
    private final Map<String, Integer> lastSeen = new HashMap<>();
    private final Set<String> crossed = new HashSet<>();
    private final Set<String> toldTrue = new HashSet<>();
    private final Set<String> toldFalse = new HashSet<>();
    private final Set<String> untold = new HashSet<>();
    private final List<String> wrong = new ArrayList<>();
    /** Parties with several places that waited before the last event. */
    private final Set<String> severalPlaces = new HashSet<>();

    private int looks;
    private long crossings;

    Crossings(int parties) {
        this.parties = parties;
    }

    long count() {
        return crossings;
    }

    /** The store after an event. */
    void look(List<Entry> entries) {
        looks++;
        BarrierLook look = BarrierLook.of(new Snapshot(entries, false));
        for (Entry entry : entries) {
            if (look.existing().contains(entry.name())) {
                places.putIfAbsent(entry.name(), BarrierPlace.of(entry));
                firstSeen.putIfAbsent(entry.name(), looks);
                lastSeen.put(entry.name(), looks);
            }
        }
        if (look.state().crossings() != crossings) {
            Set<String> now = new HashSet<>(look.state().crossed());
            now.removeAll(crossed);
            if (look.state().crossings() != crossings + 1) {
                wrong.add("after " + crossings + " crossings came " + look.state());
            }
            crossings = look.state().crossings();
            crossed.addAll(now);
            judge(now);
            judgeOrder(now, look);
        }
        severalPlaces.clear();
        Set<String> seen = new HashSet<>();
        look.waiting().stream()
                .map(BarrierPlace::party)
                .filter(party -> !seen.add(party))
                .forEach(severalPlaces::add);
    }

    /** Nobody who waits is passed by a party that came later. For parties that had one place when the crossing was prepared. */
    private void judgeOrder(Set<String> names, BarrierLook look) {
        for (BarrierPlace waiting : look.counting(parties)) {
            if (!severalPlaces.contains(waiting.party())
                    && names.stream()
                            .map(places::get)
                            .anyMatch(place -> BarrierPlace.ORDER.compare(waiting, place) < 0)) {
                wrong.add(waiting + " waits, and crossing " + crossings + " has passed it with " + names);
            }
        }
    }

    private void judge(Set<String> names) {
        Set<String> named = new HashSet<>();
        int last = 0;
        for (String name : names) {
            BarrierPlace place = places.get(name);
            named.add(place == null ? "nobody" : place.party());
            last = Math.max(last, firstSeen.getOrDefault(name, Integer.MAX_VALUE));
            if (toldFalse.contains(name)) {
                wrong.add(place + " was told that it has not crossed, and has in crossing " + crossings);
            }
        }
        if (names.size() != parties || named.size() != parties) {
            wrong.add("crossing " + crossings + " has " + named + ", places " + names);
        }
        for (String name : names) {
            if (lastSeen.getOrDefault(name, 0) < last) {
                wrong.add(places.get(name) + " was gone before the last party of crossing " + crossings + " arrived");
            }
        }
    }

    void told(String place, boolean hasCrossed) {
        if (hasCrossed && !toldTrue.add(place)) {
            wrong.add(place + " was told twice");
        }
        if (hasCrossed && !crossed.contains(place)) {
            wrong.add(places.get(place) + " was told that it has crossed, and has not");
        }
        if (!hasCrossed && crossed.contains(place)) {
            wrong.add(places.get(place) + " was told that it has not crossed, and has");
        }
        if (!hasCrossed) {
            toldFalse.add(place);
        }
    }

    /** The call of this place has an unknown outcome, or its process has crashed. */
    void untold(String place) {
        untold.add(place);
    }

    Optional<String> wrong() {
        return wrong.isEmpty() ? Optional.empty() : Optional.of(wrong.get(0));
    }

    /** Of each crossing, all were told; to be called when all calls have ended. */
    boolean areAllTold() {
        Set<String> missing = new HashSet<>(crossed);
        missing.removeAll(toldTrue);
        return untold.containsAll(missing) && Collections.disjoint(toldTrue, toldFalse);
    }
}
