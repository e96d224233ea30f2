package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.Event.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BagTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final ManualTime time = new ManualTime();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void eventsOfAPausedOwnerDoNotHappen(long seed) {
        Bag bag = new Bag(new SplittableRandom(seed), time);
        Owner paused = bag.owner("paused");
        Owner other = bag.owner("other");
        soon(bag, paused, "a");
        bag.later(paused, SECOND, () -> "b", () -> {}, null);
        paused.paused = true;
        assertThat(bag.next()).isNull();
        assertThat(bag.nextInOrder()).isNull();
        bag.later(other, 2 * SECOND, () -> "c", () -> {}, null);
        soon(bag, other, "d");
        assertThat(drain(bag)).containsExactlyInAnyOrder("c", "d");
        paused.paused = false;
        assertThat(drain(bag)).containsExactlyInAnyOrder("a", "b");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void timePassesWhenNothingElseCanHappen(long seed) {
        Bag bag = new Bag(new SplittableRandom(seed), time);
        Owner owner = bag.owner("owner");
        bag.later(owner, 2 * SECOND, () -> "second", () -> {}, null);
        bag.later(owner, SECOND, () -> "first", () -> {}, null);
        assertThat(happen(bag.next())).isEqualTo("first");
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(1));
        assertThat(happen(bag.next())).isEqualTo("second");
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(2));
        assertThat(bag.next()).isNull();
    }

    @Test
    void theFirstTimerOfAllIsMostlyTheNextAndNotAlways() {
        int inOrder = 0;
        for (int seed = 0; seed < 300; seed++) {
            Bag bag = new Bag(new SplittableRandom(seed), new ManualTime());
            bag.later(bag.owner("a"), 3 * SECOND, () -> "third", () -> {}, null);
            bag.later(bag.owner("b"), SECOND, () -> "first", () -> {}, null);
            bag.later(bag.owner("c"), 2 * SECOND, () -> "second", () -> {}, null);
            inOrder += happen(bag.next()).equals("first") ? 1 : 0;
        }
        assertThat(inOrder).isBetween(200, 299);
    }

    @Test
    void calmIsFirstComeFirstServedAndTimePassesLast() {
        Bag bag = new Bag(new SplittableRandom(1), time);
        Owner slow = bag.owner("slow");
        Owner fast = bag.owner("fast");
        bag.later(fast, SECOND, () -> "timer", () -> {}, null);
        soon(bag, slow, "a");
        soon(bag, fast, "b");
        soon(bag, slow, "c");
        List<String> order = new ArrayList<>();
        for (Event event = bag.nextInOrder(); event != null; event = bag.nextInOrder()) {
            order.add(event.what.get());
        }
        assertThat(order).containsExactly("a", "b", "c", "timer");
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void cancelledOrClearedEventsDoNotHappen() {
        Bag bag = new Bag(new SplittableRandom(1), time);
        Owner owner = bag.owner("owner");
        Owner gone = bag.owner("gone");
        bag.cancel(bag.later(owner, SECOND, () -> "cancelled", () -> {}, null));
        bag.later(gone, SECOND, () -> "cleared", () -> {}, null);
        soon(bag, gone, "cleared too");
        bag.clear(gone);
        assertThat(bag.next()).isNull();
    }

    @Test
    void takesOutOnlyWhatFits() {
        Bag bag = new Bag(new SplittableRandom(1), time);
        Owner owner = bag.owner("owner");
        soon(bag, owner, "a");
        soon(bag, owner, "b");
        assertThat(bag.take(event -> event.what.get().equals("c"))).isNull();
        assertThat(happen(bag.take(event -> event.what.get().equals("b")))).isEqualTo("b");
        assertThat(drain(bag)).containsExactly("a");
    }

    private static void soon(Bag bag, Owner owner, String what) {
        bag.soon(owner, () -> what, () -> {}, null);
    }

    private static List<String> drain(Bag bag) {
        List<String> happened = new ArrayList<>();
        for (Event event = bag.next(); event != null; event = bag.next()) {
            happened.add(happen(event));
        }
        return happened;
    }

    private static String happen(@Nullable Event event) {
        return event == null ? "nothing" : event.what.get();
    }
}
