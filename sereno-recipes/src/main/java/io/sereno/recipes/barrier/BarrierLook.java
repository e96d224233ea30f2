package io.sereno.recipes.barrier;

import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Place;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;

/**
 * What a read of the directory has shown. It may mix several moments, where the store does not promise {@code SNAPSHOT_READS}.
 *
 * @param head the modRevision of the head; 0 if there is none
 * @param incarnation the createRevision of the head; 0 if there is none
 * @param withdrawals the modRevision of the entry that each withdrawal puts; 0 if there is none
 * @param existing the names of all places
 * @param waiting the places that are not decided, in the order in which they cross
 */
record BarrierLook(
        BarrierState state,
        long head,
        long incarnation,
        long withdrawals,
        Set<String> existing,
        List<BarrierPlace> waiting) {
    static final String HEAD = "h";
    static final String WITHDRAWALS = "w";
    /** Every store takes 32 conditions in a commit, and one is for the head. */
    private static final int FEW = 31;

    static BarrierLook of(Snapshot snapshot) {
        BarrierState state = BarrierState.NONE;
        long head = 0;
        long incarnation = 0;
        long withdrawals = 0;
        Set<String> existing = new HashSet<>();
        List<BarrierPlace> places = new ArrayList<>();
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(HEAD)) {
                state = BarrierState.decode(entry.value());
                head = entry.modRevision();
                incarnation = entry.createRevision();
            } else if (entry.name().equals(WITHDRAWALS)) {
                withdrawals = entry.modRevision();
            } else if (Place.isPlace(entry.name()) && Card.isLive(entry)) {
                existing.add(entry.name());
                places.add(BarrierPlace.of(entry));
            }
        }
        BarrierState decided = state;
        places.removeIf(place -> decided.isDecided(place.name()));
        places.sort(BarrierPlace.ORDER);
        return new BarrierLook(state, head, incarnation, withdrawals, existing, places);
    }

    /** The places of a barrier of so many parties; of the calls of one party, that of the last one. */
    List<BarrierPlace> counting(int parties) {
        Map<String, BarrierPlace> last = waiting.stream()
                .filter(place -> place.parties() == parties)
                .collect(Collectors.toMap(
                        BarrierPlace::party, place -> place, BinaryOperator.maxBy(BarrierPlace.CALLS)));
        return waiting.stream()
                .filter(place -> place.equals(last.get(place.party())))
                .toList();
    }

    /** The places that can cross together; empty if parties are missing. */
    List<BarrierPlace> next(int parties) {
        List<BarrierPlace> counting = counting(parties);
        return counting.size() < parties ? List.of() : counting.subList(0, parties);
    }

    /** The places of former calls of these parties. */
    List<BarrierPlace> replacedBy(List<BarrierPlace> crossing) {
        Set<String> parties = crossing.stream().map(BarrierPlace::party).collect(Collectors.toSet());
        return waiting.stream()
                .filter(place -> parties.contains(place.party()) && !crossing.contains(place))
                .toList();
    }

    /** Whether the commit of their crossing can have a condition for each of them. */
    static boolean areFew(List<BarrierPlace> crossing) {
        return crossing.size() <= FEW;
    }

    /** A commit that goes through only while these places exist and have not crossed. Of many, two looks have to have shown them. */
    Commit.Builder ifAllWait(String directory, List<BarrierPlace> crossing) {
        Commit.Builder commit = ifNoCrossing(directory);
        crossing.stream()
                .limit(areFew(crossing) ? FEW : FEW - 1)
                .forEach(place -> commit.ifCreateRevision(place.name(), place.createRevision()));
        return areFew(crossing) ? commit : unchanged(commit, WITHDRAWALS, withdrawals);
    }

    /** A commit that goes through only while no party has crossed since this look. */
    Commit.Builder ifNoCrossing(String directory) {
        return unchanged(Commit.to(directory), HEAD, head);
    }

    private static Commit.Builder unchanged(Commit.Builder commit, String entry, long modRevision) {
        return modRevision == 0 ? commit.ifAbsent(entry) : commit.ifModRevision(entry, modRevision);
    }
}
