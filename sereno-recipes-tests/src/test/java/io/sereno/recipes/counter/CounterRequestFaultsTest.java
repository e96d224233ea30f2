package io.sereno.recipes.counter;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Counter;
import io.sereno.properties.Additions;
import io.sereno.properties.TakenBackBy;
import io.sereno.recipes.Bench;
import io.sereno.recipes.CellCall;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of the counter: every kind of call, times every {@link RequestFault}, times its occurrence; with a change of
 * unknown outcome before or not. Every addition has a bit of the value for itself, so the value shows which additions were made, and which
 * were made twice.
 */
class CounterRequestFaultsTest {
    private static final String DIRECTORY = "counter/x";
    /** Before this moment all clients have come to rest once. */
    private static final Duration REST = Duration.ofSeconds(35);

    private static final Duration LIMIT = Bench.OPERATION_TIMEOUT.plusMillis(250);

    /** The fate of one commit of the victim, whose reply is lost in any case: of its creation, or of its first change after a rest. */
    enum UnknownOutcome {
        NONE,
        CREATION_LOST,
        CREATION_MADE,
        CHANGE_LOST,
        CHANGE_MADE
    }

    record Cell(CellCall purpose, RequestFault fault, int occurrence, UnknownOutcome unknown) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(CellCall.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void everyAdditionIsMadeOnceOrReportedOtherwiseUnderAnyFault(CellCall purpose, RequestFault fault) {
        int struck = 0;
        for (UnknownOutcome unknown : UnknownOutcome.values()) {
            for (int occurrence = 1; occurrence <= 5; occurrence++) {
                struck += new Run(new Cell(purpose, fault, occurrence, unknown)).struck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT);
        private final Bench.Node victim = bench.connect("victim");
        private final Bench.Node other = bench.connect("other");
        private final Additions additions = new Additions(TakenBackBy.NOTHING);
        private boolean lost;

        Run(Cell cell) {
            this.cell = cell;
        }

        boolean struck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            victim.wire().add(this::loseOutcome);
            bench.strike(victim, call -> CellCall.of(call, DIRECTORY) == cell.purpose, cell.occurrence, cell.fault);
            bench.nodes.forEach(node -> node.client().open());
            for (int seconds : new int[] {0, 1, 2, 8, 9, 40, 41, 80}) {
                at(Duration.ofSeconds(seconds), victim);
                at(Duration.ofSeconds(seconds), victim);
                at(Duration.ofSeconds(seconds).plusMillis(3), other);
                at(Duration.ofSeconds(seconds).plusMillis(20), victim);
            }
            while (bench.step(Duration.ofSeconds(150))) {}
            assertThat(additions.wrong(counter(other).get())).isEmpty();
            // A claim that arrives when all its callers have gone leaves its record until the session ends.
            assertThat(bench.live()).filteredOn(entry -> entry.leaseId() != 0).hasSizeLessThan(2);
            assertThat(bench.live())
                    .filteredOn(entry -> cell.fault != RequestFault.REQUEST_FAR_TOO_LATE || entry.leaseId() == 0)
                    .extracting(Entry::name)
                    .containsExactly("v");
            bench.nodes.forEach(node -> {
                assertThat(node.client().shared(CounterRecipe.CELLS).size())
                        .as("cells in use")
                        .isZero();
                node.wire().clear();
            });
            counter(other).delete();
            bench.closeAndExpectNothing();
        }

        private boolean loseOutcome(Wire.Call<?> call) {
            boolean chosen = switch (cell.unknown) {
                case NONE -> false;
                case CREATION_LOST, CREATION_MADE -> CellCall.of(call, DIRECTORY) == CellCall.CREATION;
                case CHANGE_LOST, CHANGE_MADE ->
                    CellCall.of(call, DIRECTORY) == CellCall.CHANGE
                            && bench.time.elapsed().compareTo(REST) > 0;
            };
            if (!chosen || lost) {
                return false;
            }
            lost = true;
            bench.log("<outcome unknown, " + cell.unknown + ": " + call + ">");
            if (cell.unknown == UnknownOutcome.CREATION_MADE || cell.unknown == UnknownOutcome.CHANGE_MADE) {
                var unused = call.carryOut();
            }
            call.lose();
            add(other); // Overtakes it.
            return true;
        }

        private void at(Duration when, Bench.Node node) {
            bench.later(when, () -> add(node));
        }

        private Counter counter(Bench.Node node) {
            return new CounterRecipe(node.client(), "x", DIRECTORY);
        }

        private void add(Bench.Node node) {
            Additions.Addition addition = additions.next();
            bench.log(node + " requests " + addition);
            CompletableFuture<Long> result =
                    counter(node).addAsync(addition.bit()).toCompletableFuture();
            var unused = result.whenComplete((sum, failure) -> {
                bench.log(addition + ": " + (failure == null ? sum : failure));
                addition.ended(sum, failure);
            });
            bench.later(
                    LIMIT.plusMillis(1),
                    () -> bench.guard(
                            () -> assertThat(result).as("%s", addition).isDone()));
        }
    }
}
