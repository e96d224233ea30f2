package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.locks.LocksBench.Wish;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call: every kind of call that session and turn send for a lock with readers, the downgrade included, times every
 * {@link RequestFault}, times the sender and the occurrence; each under notices that are exact, repeated, and lost. {@link LocksBench} checks after every
 * event what must hold in each cell.
 */
class LocksRequestFaultsTest {
    private static final Duration LIMIT = Duration.ofMinutes(8);

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Kind.values()), List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void conflictsAreExcludedAndNothingIsLeftUnderAnyFault(Kind kind, RequestFault fault) {
        int struck = 0;
        for (Notices notices : Notices.values()) {
            for (String victim : List.of("a", "b", "c")) {
                for (int occurrence = 1; occurrence <= 2; occurrence++) {
                    struck += run(new Cell(kind, fault, victim, occurrence, notices)) ? 1 : 0;
                }
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    record Cell(Kind kind, RequestFault fault, String victim, int occurrence, Notices notices) {}

    /** Whether the call of the cell was made. */
    private static boolean run(Cell cell) {
        LocksBench bench = new LocksBench("rwlock/x", cell.notices);
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
            if (cell.kind == Kind.ROLL_OVER) {
                rollOver(bench, Claims.WRITE_LOCK);
            }
            aDay(bench);
            bench.run(LIMIT);
            assertThat(bench.mostHeld()).as("rights held together").isGreaterThan(1);
            bench.expectRest(RequestFault.OUTAGE.plus(Bench.TTL));
            assertThat(bench.longestIdle())
                    .as("the longest time that nobody held while a caller waited")
                    .isLessThan(Bench.TTL.multipliedBy(cell.notices == Notices.NONE ? 4 : 2));
            bench.closeAndExpectNothing();
        });
    }

    /** The third caller begins later than 20 ms after the grant, and its client has no other place for these claims. */
    private static void rollOver(LocksBench bench, Claims claims) {
        for (int i = 0; i < 3; i++) {
            bench.caller(bench.nodes.get(0), Wish.of(claims, 0, 15));
        }
    }

    /** Every kind of call, again and again: short and long uses, shared places, downgrades, giving up in several ways. */
    private static void aDay(LocksBench bench) {
        Bench.Node a = bench.nodes.get(0);
        Bench.Node b = bench.nodes.get(1);
        Bench.Node c = bench.nodes.get(2);
        bench.caller(
                a,
                Wish.write(0, 5_000).downgradedAfter(4_000),
                Wish.read(0, 30),
                Wish.write(0, 5).downgradedAfter(2),
                Wish.read(0, 12_000));
        bench.caller(
                a,
                Wish.read(10, 30),
                Wish.read(0, 5),
                Wish.write(0, 5),
                Wish.write(3_000, 12_000).downgradedAfter(50));
        bench.caller(
                b,
                Wish.write(20, 12_000).downgradedAfter(6_000),
                Wish.read(0, 30),
                Wish.write(0, 30).downgradedAfter(20),
                Wish.read(0, 30));
        bench.caller(
                b,
                Wish.read(30, 10).atMost(Duration.ofSeconds(3)),
                Wish.write(0, 5),
                Wish.read(0, 30),
                Wish.write(100, 5));
        bench.caller(
                c,
                Wish.read(40, 50),
                Wish.write(0, 4_000).downgradedAfter(100),
                Wish.write(0, 30),
                Wish.write(20, 50).downgradedAfter(5));
        bench.caller(c, Wish.write(50, 5).withdrawnAfter(Duration.ofSeconds(2)), Wish.read(0, 30), Wish.write(0, 5));
        bench.caller(
                c,
                Wish.read(1_000, 5).ifFree(),
                Wish.write(40_000, 5).ifFree(),
                Wish.read(40_000, 5).ifFree());
    }

    /** Several names in one queue: the faults of what is sent to enter and to pass others. */
    @ParameterizedTest
    @MethodSource("cellsOfSets")
    void setsAreGrantedWholeUnderAnyFault(Kind kind, RequestFault fault) {
        int struck = 0;
        for (Notices notices : Notices.values()) {
            for (String victim : List.of("a", "b", "c")) {
                struck += runSets(new Cell(kind, fault, victim, 1, notices)) ? 1 : 0;
                struck += runSets(new Cell(kind, fault, victim, 2, notices)) ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    static Stream<Arguments> cellsOfSets() {
        return RequestFault.table(
                List.of(Kind.ENQUEUE, Kind.ROLL_OVER, Kind.CHECK_OF_PREDECESSOR, Kind.SETTLE, Kind.DELETE, Kind.WATCH),
                List.of(RequestFault.values()));
    }

    private static boolean runSets(Cell cell) {
        LocksBench bench = new LocksBench("lockset/x", cell.notices);
        Claims ab = Claims.ofWriter(Set.of("a", "b"), Set.of());
        Claims bc = Claims.ofWriter(Set.of("b", "c"), Set.of());
        Claims ca = Claims.ofWriter(Set.of("c", "a"), Set.of());
        Claims ofD = Claims.ofWriter(Set.of("d"), Set.of("a"));
        Claims all = Claims.ofReader(Set.of("a", "b", "c", "d"));
        return bench.isStruckIn(cell, () -> {
            List.of("a", "b", "c").forEach(bench::connect);
            bench.provoke(cell.kind, bench.nodes.get(cell.victim.charAt(0) - 'a'));
            bench.strike(
                    bench.nodes.get(cell.victim.charAt(0) - 'a'),
                    call -> call.kind == cell.kind,
                    cell.occurrence,
                    cell.fault);
            bench.nodes.forEach(node -> node.client().open());
            if (cell.kind == Kind.ROLL_OVER) {
                rollOver(bench, ab);
            }
            bench.caller(bench.nodes.get(0), Wish.of(ab, 0, 3_000), Wish.of(all, 0, 30), Wish.of(bc, 0, 20));
            bench.caller(bench.nodes.get(0), Wish.of(ofD, 10, 30), Wish.of(ca, 0, 5_000), Wish.of(ofD, 5, 30));
            bench.caller(bench.nodes.get(1), Wish.of(bc, 20, 2_000), Wish.of(ab, 0, 30), Wish.of(all, 0, 2_000));
            bench.caller(bench.nodes.get(1), Wish.of(all, 20, 40), Wish.of(ofD, 0, 10), Wish.of(ab, 0, 10));
            bench.caller(bench.nodes.get(2), Wish.of(ca, 30, 1_000), Wish.of(all, 0, 30), Wish.of(ab, 0, 30));
            bench.caller(bench.nodes.get(2), Wish.of(ofD, 30, 1_000), Wish.of(bc, 0, 30), Wish.of(ca, 0, 30));
            bench.run(LIMIT);
            bench.expectRest(RequestFault.OUTAGE.plus(Bench.TTL));
            bench.closeAndExpectNothing();
        });
    }
}
