package io.sereno.recipes.permits;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Call;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.permits.PermitsBench.Wish;
import io.sereno.spi.Condition;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call: every kind of call that session and place send for a permit pool, times every {@link RequestFault}, times the sender
 * and the occurrence; each under notices that are exact, repeated, and lost. {@link PermitsBench} checks after every event what must hold in each cell.
 */
class PermitsRequestFaultsTest {
    private static final Duration LIMIT = Duration.ofMinutes(8);

    /** The calls of a pool. */
    enum PermitCall {
        GRANT(Kind.GRANT),
        RENEW(Kind.RENEW),
        REVOKE(Kind.REVOKE),
        WATCH(Kind.WATCH),
        READ_DIRECTORY(Kind.READ_DIRECTORY),
        READ_ENTRY(Kind.READ_ENTRY),
        MARKER_PUT(Kind.MARKER_PUT),
        MARKER_CHECK(Kind.MARKER_CHECK),
        ENQUEUE(Kind.ENQUEUE),
        CHECK_OF_OWN(Kind.CHECK_OF_OWN),
        DELETE(Kind.DELETE),
        SETTLE(Kind.SETTLE),
        CREATE_LIMIT(Kind.ENQUEUE),
        MARK(Kind.REWRITE),
        TAKE(Kind.REWRITE);

        private final Kind kind;

        PermitCall(Kind kind) {
            this.kind = kind;
        }

        private boolean is(Call<?> call) {
            boolean ofLimit = call.commit
                    .filter(commit ->
                            commit.conditions().stream().map(Condition::name).anyMatch(Room.LIMIT::equals))
                    .isPresent();
            boolean expected = this == CREATE_LIMIT || this == TAKE;
            return call.kind == kind && (ofLimit == expected || call.commit.isEmpty());
        }
    }

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(PermitCall.values()), List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void theLimitIsKeptAndNothingIsLeftUnderAnyFault(PermitCall call, RequestFault fault) {
        int struck = 0;
        for (Notices notices : Notices.values()) {
            for (String victim : List.of("a", "b", "c")) {
                for (int occurrence = 1; occurrence <= 2; occurrence++) {
                    struck += run(new Cell(call, fault, victim, occurrence, notices)) ? 1 : 0;
                }
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    record Cell(PermitCall call, RequestFault fault, String victim, int occurrence, Notices notices) {}

    /** Whether the call of the cell was made. */
    private static boolean run(Cell cell) {
        PermitsBench bench = new PermitsBench(cell.notices);
        return bench.isStruckIn(cell, () -> {
            List.of("a", "b", "c").forEach(bench::connect);
            Bench.Node victim = bench.nodes.get(cell.victim.charAt(0) - 'a');
            bench.provoke(cell.call.kind, victim);
            bench.strike(victim, cell.call::is, cell.occurrence, cell.fault);
            bench.nodes.forEach(node -> node.client().open());
            aDay(bench);
            bench.run(LIMIT);
            assertThat(bench.mostHeld()).as("permits held together").isGreaterThan(1);
            bench.expectRest(RequestFault.OUTAGE.plus(Bench.TTL));
            assertThat(bench.longestIdle())
                    .as("the longest time that nobody held while a caller waited")
                    .isLessThan(Bench.TTL.multipliedBy(cell.notices == Notices.NONE ? 4 : 2));
            bench.closeAndExpectOnlyTheLimit();
        });
    }

    /** Every kind of call, again and again: short and long uses, light and heavy requests, a limit that changes, giving up in several ways. */
    private static void aDay(PermitsBench bench) {
        Bench.Node a = bench.nodes.get(0);
        Bench.Node b = bench.nodes.get(1);
        Bench.Node c = bench.nodes.get(2);
        bench.caller(a, Wish.of(1, 0, 5_000), Wish.of(2, 0, 30), Wish.of(1, 0, 12_000), Wish.of(3, 0, 30));
        bench.caller(a, Wish.of(1, 10, 30), Wish.of(3, 0, 30), Wish.of(1, 3_000, 12_000));
        bench.caller(b, Wish.of(2, 20, 12_000), Wish.of(1, 0, 30), Wish.of(1, 0, 30));
        bench.caller(b, Wish.of(2, 30, 10).atMost(Duration.ofSeconds(3)), Wish.of(1, 0, 5), Wish.of(3, 100, 5));
        bench.caller(c, Wish.of(1, 40, 50), Wish.of(3, 0, 4_000), Wish.of(1, 0, 30));
        bench.caller(c, Wish.of(3, 50, 5).withdrawnAfter(Duration.ofSeconds(2)), Wish.of(2, 0, 30));
        bench.caller(c, Wish.of(1, 1_000, 5).ifFree(), Wish.of(2, 40_000, 5).ifFree());
        bench.changesLimit(b, 6_000, 5);
        bench.changesLimit(b, 30_000, 3);
    }
}
