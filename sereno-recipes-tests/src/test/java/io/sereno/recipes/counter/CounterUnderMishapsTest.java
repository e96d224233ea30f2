package io.sereno.recipes.counter;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.recipes.Bench;
import io.sereno.recipes.Mishap;
import io.sereno.recipes.Wire;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of the counter: every kind of call, times every {@link Mishap}, times its occurrence; with a change of
 * unknown outcome before or not. Every addition has a bit of the value for itself, so the value shows which additions were made, and which
 * were made twice.
 */
class CounterUnderMishapsTest {
    private static final String DIRECTORY = "counter/x";
    /** Before this moment all clients have come to rest once. */
    private static final Duration REST = Duration.ofSeconds(35);

    private static final Duration LIMIT = Bench.OPERATION_TIMEOUT.plusMillis(250);

    /** The purpose of a call. */
    enum Purpose {
        READ,
        FOUNDING,
        WITHDRAWAL,
        CHANGE,
        CLAIM,
        REMOVAL;

        static @Nullable Purpose of(Wire.Call<?> call) {
            if (call.commit.isEmpty()) {
                return call.kind == Wire.Kind.READ_ENTRY ? READ : null;
            }
            Commit commit = call.commit.get();
            if (!commit.directory().equals(DIRECTORY)) {
                return null;
            }
            if (commit.writes().stream().anyMatch(Write.Delete.class::isInstance)) {
                return REMOVAL;
            }
            if (has(commit, Condition.ModRevision.class)) {
                return CHANGE;
            }
            if (has(commit, Condition.CreateRevision.class)) {
                return CLAIM;
            }
            return commit.writes().size() > 1 ? FOUNDING : WITHDRAWAL;
        }

        private static boolean has(Commit commit, Class<? extends Condition> kind) {
            return commit.conditions().stream().anyMatch(kind::isInstance);
        }
    }

    /** The fate of one commit of the victim, whose reply is lost in any case: of its creation, or of its first change after a rest. */
    enum Doubt {
        NONE,
        FOUNDING_LOST,
        FOUNDING_MADE,
        CHANGE_LOST,
        CHANGE_MADE
    }

    record Cell(Purpose purpose, Mishap mishap, int occurrence, Doubt doubt) {}

    static Stream<Arguments> cells() {
        List<Arguments> cells = new ArrayList<>();
        for (Purpose purpose : Purpose.values()) {
            // The entries of a counter are not removed by hand.
            for (Mishap mishap :
                    EnumSet.complementOf(EnumSet.range(Mishap.ENTRY_REMOVED_BEFORE, Mishap.ENTRY_REMOVED_AFTER))) {
                cells.add(Arguments.of(purpose, mishap));
            }
        }
        return cells.stream();
    }

    @ParameterizedTest
    @MethodSource("cells")
    void everyAdditionIsMadeOnceOrReportedOtherwiseUnderAnyFault(Purpose purpose, Mishap mishap) {
        int struck = 0;
        for (Doubt doubt : Doubt.values()) {
            for (int occurrence = 1; occurrence <= 5; occurrence++) {
                struck += new Run(new Cell(purpose, mishap, occurrence, doubt)).struck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    /** One addition: a bit, and what came of it. */
    private record Addition(long bit, Duration askedAt, long madeBefore, CompletableFuture<Long> result) {
        boolean failedWith(Class<? extends Exception> error) {
            return result.isCompletedExceptionally()
                    && result.handle((sum, failure) -> error.isInstance(failure))
                            .join();
        }

        boolean isMade() {
            return !result.isCompletedExceptionally();
        }
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT);
        private final Bench.Node victim = bench.connect("victim");
        private final Bench.Node other = bench.connect("other");
        private final List<Addition> additions = new ArrayList<>();
        /** The bits of all additions that were reported to their callers as made. */
        private long heard;

        private int bits;
        private int seen;
        private boolean doubted;
        private boolean struck;

        Run(Cell cell) {
            this.cell = cell;
        }

        boolean struck() {
            try (bench) {
                run();
                return struck;
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError(
                        cell + ": " + broken.getMessage() + "\n" + String.join("\n", bench.log), broken);
            }
        }

        private void run() {
            victim.wire().add(this::bringIntoDoubt);
            victim.wire().add(this::strike);
            bench.nodes.forEach(node -> node.client().open());
            for (int seconds : new int[] {0, 1, 2, 8, 9, 40, 41, 80}) {
                at(Duration.ofSeconds(seconds), victim);
                at(Duration.ofSeconds(seconds), victim);
                at(Duration.ofSeconds(seconds).plusMillis(3), other);
                at(Duration.ofSeconds(seconds).plusMillis(20), victim);
            }
            while (bench.step(Duration.ofSeconds(150))) {}
            check();
            assertThat(bench.live()).extracting(Entry::name).containsExactly("v");
            bench.nodes.forEach(node -> {
                assertThat(node.client().shared(CounterRecipe.CELLS).size())
                        .as("cells in use")
                        .isZero();
                node.wire().clear();
            });
            counter(other).delete();
            bench.closeAndExpectNothing();
        }

        private boolean bringIntoDoubt(Wire.Call<?> call) {
            boolean chosen = switch (cell.doubt) {
                case NONE -> false;
                case FOUNDING_LOST, FOUNDING_MADE -> Purpose.of(call) == Purpose.FOUNDING;
                case CHANGE_LOST, CHANGE_MADE ->
                    Purpose.of(call) == Purpose.CHANGE && bench.time.elapsed().compareTo(REST) > 0;
            };
            if (!chosen || doubted) {
                return false;
            }
            doubted = true;
            bench.log("<in doubt, " + cell.doubt + ": " + call + ">");
            if (cell.doubt == Doubt.FOUNDING_MADE || cell.doubt == Doubt.CHANGE_MADE) {
                var unused = call.carryOut();
            }
            call.lose();
            add(other); // Overtakes it.
            return true;
        }

        private boolean strike(Wire.Call<?> call) {
            if (Purpose.of(call) != cell.purpose || ++seen != cell.occurrence) {
                return false;
            }
            struck = true;
            bench.log("<" + cell.mishap + " befalls " + call + ">");
            cell.mishap.strike(victim, call);
            return true;
        }

        private void at(Duration when, Bench.Node node) {
            bench.later(when, () -> add(node));
        }

        private Counter counter(Bench.Node node) {
            return new CounterRecipe(node.client(), "x", DIRECTORY);
        }

        private void add(Bench.Node node) {
            long bit = 1L << bits++;
            long before = heard;
            CompletableFuture<Long> result = counter(node).addAsync(bit).toCompletableFuture();
            Addition addition = new Addition(bit, bench.time.elapsed(), before, result);
            additions.add(addition);
            bench.log(node + " adds " + bit);
            var unused = result.whenComplete((sum, failure) -> {
                bench.log(bit + ": " + (failure == null ? sum : failure));
                if (failure == null) {
                    heard |= bit;
                    bench.guard(() -> assertThat(sum & (addition.madeBefore | bit))
                            .as("the additions before %s was requested, and itself", bit)
                            .isEqualTo(addition.madeBefore | bit));
                }
            });
            bench.later(
                    LIMIT.plusMillis(1),
                    () -> bench.guard(() ->
                            assertThat(result).as("the addition of " + bit).isDone()));
        }

        private void check() {
            long value = counter(other).get();
            for (Addition addition : additions) {
                if (addition.isMade()) {
                    assertThat(value & addition.bit)
                            .as("acknowledged: %s", addition)
                            .isNotZero();
                } else if (addition.failedWith(NotAppliedException.class)) {
                    assertThat(value & addition.bit)
                            .as("not applied: %s", addition)
                            .isZero();
                } else {
                    assertThat(addition.failedWith(OutcomeUnknownException.class))
                            .isTrue();
                }
            }
            // A bit that was added twice has carried into one that was not asked for, or that was not made.
            assertThat(value).isBetween(0L, (1L << bits) - 1);
        }
    }
}
