package io.sereno.recipes.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.TaskGrant;
import io.sereno.properties.BegunRuns;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire.Call;
import io.sereno.recipes.Wire.Kind;
import io.sereno.recipes.Wire.Notices;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call: every kind of call that session, place and runs of a task send, times every {@link RequestFault}, times the sender and
 * the occurrence.
 */
class TaskRequestFaultsTest {
    private static final String DIRECTORY = "task/x";
    private static final Duration PERIOD = Duration.ofSeconds(3);
    private static final Duration END = Duration.ofSeconds(110);

    enum TaskCall {
        GRANT(Kind.GRANT),
        RENEW(Kind.RENEW),
        WATCH(Kind.WATCH),
        READ_LAST(Kind.READ_ENTRY),
        MARKER_PUT(Kind.MARKER_PUT),
        MARKER_CHECK(Kind.MARKER_CHECK),
        ENQUEUE(Kind.ENQUEUE),
        ROLL_OVER(Kind.ROLL_OVER),
        CHECK_OF_PREDECESSOR(Kind.CHECK_OF_PREDECESSOR),
        CHECK_OF_OWN(Kind.CHECK_OF_OWN),
        SETTLE(Kind.SETTLE),
        BEGIN(Kind.REWRITE),
        END(Kind.REWRITE);

        private final Kind kind;

        TaskCall(Kind kind) {
            this.kind = kind;
        }

        private boolean is(Call<?> call) {
            List<Write.Put> ofLast = call.commit.stream()
                    .flatMap(commit -> commit.writes().stream())
                    .filter(write -> write.name().equals(LastRun.NAME))
                    .map(Write.Put.class::cast)
                    .toList();
            if (this != BEGIN && this != END) {
                return call.kind == kind && ofLast.isEmpty();
            }
            return ofLast.stream().anyMatch(put -> put.value().toUtf8().contains("\nend ") == (this == END));
        }
    }

    record Cell(TaskCall call, RequestFault fault, String victim, int occurrence, Notices notices, boolean runAgain) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(TaskCall.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void eachDueTimeIsBegunOnceAndRunsGoOnUnderAnyFault(TaskCall call, RequestFault fault) {
        int struck = 0;
        for (Notices notices : List.of(Notices.EXACT, Notices.NONE)) {
            for (int occurrence = 1; occurrence <= 2; occurrence++) {
                String victim = occurrence == 2 ? "b" : "a";
                struck += new Run(new Cell(call, fault, victim, occurrence, notices, occurrence == 1)).struck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench;
        private final BegunRuns runs;
        private final List<TaskRunner> runners = new ArrayList<>();
        private int begun;

        Run(Cell cell) {
            this.cell = cell;
            this.bench = new Bench(DIRECTORY, cell.notices);
            this.runs = new BegunRuns(cell.runAgain);
        }

        boolean struck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            List.of("a", "b", "c").forEach(bench::connect);
            Bench.Node victim = bench.nodes.get(cell.victim.charAt(0) - 'a');
            bench.provoke(cell.call.kind, victim);
            bench.strike(victim, cell.call::is, cell.occurrence, cell.fault);
            bench.nodes.forEach(node -> {
                node.client().open();
                TaskRunner runner = runner(node, node.equals(victim));
                runners.add(runner);
                runner.stand();
            });
            while (bench.step(END)) {
                assertThat(runs.wrong()).isEmpty();
            }
            // All is well for some time; a run takes less than a period, and a node that gets no notices looks once a
            // ttl.
            LastRun last = LastRun.decode(bench.entries(DIRECTORY).stream()
                    .filter(entry -> entry.name().equals(LastRun.NAME))
                    .findFirst()
                    .orElseThrow());
            assertThat(last.begun())
                    .as("when the last run began, of %s", runs.count())
                    .isAfter(bench.time.wall().minus(PERIOD.plus(Bench.TTL.multipliedBy(2))));
            assertThat(runs.count()).isGreaterThan(5);
            runners.forEach(runner -> {
                var unused = runner.end();
            });
            while (bench.step(END.plusSeconds(40))) {}
            bench.closeAndExpectOnly(LastRun.NAME::equals);
        }

        private TaskRunner runner(Bench.Node node, boolean victim) {
            Scope scope = new Scope(node.client(), TaskRunner.RECIPE, "x", DIRECTORY);
            boolean excused = victim && cell.fault.breaksTheLease();
            return new TaskRunner(scope, Schedule.every(PERIOD), cell.runAgain, grant -> {}) {
                @Override
                Interruptible call(TaskGrant grant, Consumer<Boolean> returned) {
                    bench.log(node + " runs " + grant);
                    bench.guard(() -> runs.begun(grant, () -> !excused));
                    Duration takes = Duration.ofMillis(++begun % 4 == 0 ? 4_000 : 200);
                    bench.later(takes, () -> {
                        bench.log(node + " returns");
                        returned.accept(begun % 5 != 0);
                    });
                    return new Interruptible();
                }
            };
        }
    }
}
