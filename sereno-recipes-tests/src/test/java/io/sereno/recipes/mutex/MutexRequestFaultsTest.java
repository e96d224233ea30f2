package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.mutex.MutexBench.Wish;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call: every kind of call that session and turn send, times every {@link RequestFault}, times the sender and the
 * occurrence; each under notices that are exact, repeated, and lost. {@link MutexBench} checks after every event what must hold in each
 * cell.
 */
class MutexRequestFaultsTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    static Stream<Arguments> cells() {
        return RequestFault.table(EnumSet.complementOf(EnumSet.of(Kind.REWRITE)), List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void theMutexExcludesAndLeavesNothingUnderAnyFault(Kind kind, RequestFault fault) {
        int struck = 0;
        for (Notices notices : Notices.values()) {
            for (String victim : List.of("a", "b", "c")) {
                for (int occurrence = 1; occurrence <= 3; occurrence++) {
                    struck += run(new Cell(kind, fault, victim, occurrence, notices)) ? 1 : 0;
                }
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    record Cell(Kind kind, RequestFault fault, String victim, int occurrence, Notices notices) {}

    /** Whether the call of the cell was made. */
    private static boolean run(Cell cell) {
        MutexBench bench = new MutexBench(cell.notices);
        return bench.isStruckIn(cell, () -> {
            List.of("a", "b", "c").forEach(bench::connect);
            Bench.Node victim = bench.nodes.get(cell.victim.charAt(0) - 'a');
            bench.provoke(cell.kind, victim);
            if (cell.kind == Kind.READ_ENTRY) {
                // Sent only when a conflict does not show the predecessors.
                victim.wire().add(call -> {
                    boolean check = call.kind == Kind.CHECK_OF_PREDECESSOR;
                    if (check) {
                        call.throughWithoutSnapshot();
                    }
                    return check;
                });
            }
            bench.strike(victim, call -> call.kind == cell.kind, cell.occurrence, cell.fault);
            bench.nodes.forEach(node -> node.client().open());
            aDay(bench);
            bench.run(LIMIT);
            bench.expectRest(RequestFault.OUTAGE.plus(Bench.TTL));
            assertThat(bench.longestIdle())
                    .as("the longest time that the mutex was free while a caller waited")
                    .isLessThan(Bench.TTL.multipliedBy(cell.notices == Notices.NONE ? 4 : 2));
            bench.closeAndExpectNothing();
        });
    }

    /** Every kind of call, again and again: short and long uses, series with local waiters, roll-overs, giving up in several ways. */
    private static void aDay(MutexBench bench) {
        Bench.Node a = bench.nodes.get(0);
        Bench.Node b = bench.nodes.get(1);
        Bench.Node c = bench.nodes.get(2);
        bench.caller(a, Wish.of(0, 5_000), Wish.of(0, 30), Wish.of(0, 5), Wish.of(0, 12_000));
        bench.caller(a, Wish.of(10, 30), Wish.of(0, 5), Wish.of(0, 5), Wish.of(3_000, 5));
        bench.caller(b, Wish.of(20, 12_000), Wish.of(0, 30), Wish.of(0, 30), Wish.of(0, 30));
        bench.caller(b, Wish.of(30, 10).atMost(Duration.ofSeconds(3)), Wish.of(0, 5), Wish.of(0, 30), Wish.of(100, 5));
        bench.caller(c, Wish.of(40, 50), Wish.of(0, 4_000), Wish.of(0, 30), Wish.of(20, 5));
        bench.caller(c, Wish.of(50, 5).withdrawnAfter(Duration.ofSeconds(2)), Wish.of(0, 30), Wish.of(0, 5));
        bench.caller(
                c,
                Wish.of(1_000, 5).ifFree(),
                Wish.of(40_000, 5).ifFree(),
                Wish.of(40_000, 5).ifFree());
    }
}
