package io.sereno.recipes.slots;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.slots.SlotsBench.Wish;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call: every kind of call that session and place send for a slot pool, times every {@link RequestFault}, times the sender
 * and the occurrence; each under notices that are exact, repeated, and lost. {@link SlotsBench} checks after every event what must hold in each cell.
 */
class SlotsRequestFaultsTest {
    private static final Duration LIMIT = Duration.ofMinutes(8);

    /** The calls of a pool. A {@code REWRITE} stores the number, before or after the grant. */
    private static final List<Kind> CALLS = List.of(
            Kind.GRANT,
            Kind.RENEW,
            Kind.REVOKE,
            Kind.WATCH,
            Kind.READ_DIRECTORY,
            Kind.READ_ENTRY,
            Kind.MARKER_PUT,
            Kind.MARKER_CHECK,
            Kind.ENQUEUE,
            Kind.CHECK_OF_OWN,
            Kind.DELETE,
            Kind.SETTLE,
            Kind.REWRITE);

    static Stream<Arguments> cells() {
        return RequestFault.table(CALLS, List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void aNumberHasOneHolderAndNothingIsLeftUnderAnyFault(Kind call, RequestFault fault) {
        int struck = 0;
        for (Notices notices : Notices.values()) {
            for (String victim : List.of("a", "b", "c")) {
                for (int occurrence = 1; occurrence <= 3; occurrence++) {
                    struck += run(new Cell(call, fault, victim, occurrence, notices)) ? 1 : 0;
                }
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    record Cell(Kind call, RequestFault fault, String victim, int occurrence, Notices notices) {}

    /** Whether the call of the cell was made. */
    private static boolean run(Cell cell) {
        SlotsBench bench = new SlotsBench(cell.notices);
        return bench.isStruckIn(cell, () -> {
            List.of("a", "b", "c").forEach(bench::connect);
            Bench.Node victim = bench.nodes.get(cell.victim.charAt(0) - 'a');
            bench.provoke(cell.call, victim);
            bench.strike(victim, call -> call.kind == cell.call, cell.occurrence, cell.fault);
            bench.nodes.forEach(node -> node.client().open());
            aDay(bench);
            bench.run(LIMIT);
            assertThat(bench.mostHeld()).as("slots held together").isGreaterThan(1);
            bench.expectRest(RequestFault.OUTAGE.plus(Bench.TTL));
            assertThat(bench.longestIdle())
                    .as("the longest time that nobody held while a caller waited")
                    .isLessThan(Bench.TTL.multipliedBy(cell.notices == Notices.NONE ? 4 : 2));
            bench.closeAndExpectNothing();
        });
    }

    /** Every kind of call, again and again: short and long uses, more callers than slots, preferred numbers, giving up in several ways. */
    private static void aDay(SlotsBench bench) {
        Bench.Node a = bench.nodes.get(0);
        Bench.Node b = bench.nodes.get(1);
        Bench.Node c = bench.nodes.get(2);
        bench.caller(a, Wish.of(0, 5_000), Wish.of(0, 30), Wish.of(0, 12_000).preferring(2), Wish.of(0, 30));
        bench.caller(a, Wish.of(10, 30), Wish.of(0, 30).preferring(1), Wish.of(3_000, 12_000));
        bench.caller(b, Wish.of(20, 12_000), Wish.of(0, 30), Wish.of(0, 3_000));
        bench.caller(b, Wish.of(30, 10).atMost(Duration.ofSeconds(3)), Wish.of(0, 5), Wish.of(100, 5_000));
        bench.caller(c, Wish.of(40, 50), Wish.of(0, 4_000).preferring(0), Wish.of(0, 30));
        bench.caller(c, Wish.of(50, 5).withdrawnAfter(Duration.ofSeconds(2)), Wish.of(0, 30));
        bench.caller(c, Wish.of(1_000, 5).ifFree(), Wish.of(40_000, 5).ifFree());
    }
}
