package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Versioned;
import io.sereno.properties.Versions;
import io.sereno.recipes.Bench;
import io.sereno.recipes.CellCall;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of the shared value: every kind of call, times every {@link RequestFault}, times its occurrence; for a client that
 * only changes the value, and for one that follows it, too. Every change sets a number of its own, so the versions show which were made twice.
 */
class ValueRequestFaultsTest {
    private static final String DIRECTORY = "value/x";
    /** Before this moment all clients have come to rest once. */
    private static final Duration REST = Duration.ofSeconds(35);

    private static final Duration LIMIT = Bench.OPERATION_TIMEOUT.plusMillis(250);

    record Cell(CellCall purpose, RequestFault fault, int occurrence, boolean follows) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(CellCall.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void everyChangeIsMadeOnceAndTheCacheGoesOnUnderAnyFault(CellCall purpose, RequestFault fault) {
        int struck = 0;
        for (boolean follows : new boolean[] {false, true}) {
            for (int occurrence = 1; occurrence <= 5; occurrence++) {
                struck += new Run(new Cell(purpose, fault, occurrence, follows)).struck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT);
        private final Bench.Node victim = bench.connect("victim");
        private final Bench.Node other = bench.connect("other");
        private final Versions versions = new Versions();
        private final Versions.Observer cache = versions.observer("the cache");
        private final List<ValueFeed> feeds = new ArrayList<>();
        private int lost;

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
            if (cell.follows) {
                follow();
            }
            for (int seconds : new int[] {0, 1, 2, 8, 9, 40, 41, 80}) {
                at(Duration.ofSeconds(seconds), victim);
                at(Duration.ofSeconds(seconds), victim);
                at(Duration.ofSeconds(seconds).plusMillis(3), other);
                at(Duration.ofSeconds(seconds).plusMillis(20), victim);
            }
            while (bench.step(Duration.ofSeconds(150))) {}
            Optional<Versioned<Long>> stored = value(other).get();
            assertThat(versions.wrong(stored.map(Versioned::change).orElse(0L))).isEmpty();
            for (ValueFeed feed : feeds) {
                assertThat(feed.isCurrent()).isTrue();
                assertThat(shown(feed)).isEqualTo(stored);
                feed.leave();
            }
            // A claim that arrives when all its callers have gone leaves its record until the session ends.
            assertThat(bench.live()).filteredOn(entry -> entry.leaseId() != 0).hasSizeLessThan(2);
            assertThat(bench.live())
                    .filteredOn(entry -> cell.fault != RequestFault.REQUEST_FAR_TOO_LATE || entry.leaseId() == 0)
                    .extracting(Entry::name)
                    .containsExactly("v");
            bench.nodes.forEach(node -> {
                assertThat(node.client().shared(SharedValueRecipe.CELLS).size())
                        .as("cells in use")
                        .isZero();
                assertThat(node.client().shared(ValueFeed.FEEDS).size())
                        .as("feeds in use")
                        .isZero();
                node.wire().clear();
            });
            value(other).delete();
            bench.closeAndExpectNothing();
        }

        private void follow() {
            Scope scope = new Scope(victim.client(), "value", "x", DIRECTORY);
            ValueFeed feed = ValueFeed.of(scope, scope.one(SharedValueRecipe.VALUE));
            feeds.add(feed);
            feed.strand()
                    .execute(() -> feed.follow(() -> {
                        if (feed.seen() != null) {
                            cache.sees(shown(feed));
                        }
                    }));
        }

        private static Optional<Versioned<Long>> shown(ValueFeed feed) {
            return ValueVersion.in(Objects.requireNonNull(feed.seen())).decode(ExploredValueTest.NUMBERS);
        }

        /** The replies to the victim's creation and to its first change after a rest are lost in any case. So there is something to settle. */
        private boolean loseOutcome(Wire.Call<?> call) {
            CellCall purpose = CellCall.of(call, DIRECTORY);
            boolean chosen = (purpose == CellCall.CREATION && lost == 0)
                    || (purpose == CellCall.CHANGE && bench.time.elapsed().compareTo(REST) > 0 && lost == 1);
            if (!chosen) {
                return false;
            }
            lost++;
            bench.log("<outcome unknown: " + call + ">");
            if (cell.occurrence % 2 == 0) {
                var unused = call.carryOut();
            }
            call.lose();
            set(other); // Overtakes it.
            return true;
        }

        private void at(Duration when, Bench.Node node) {
            bench.later(when, () -> set(node));
        }

        private SharedValueRecipe<Long> value(Bench.Node node) {
            return new SharedValueRecipe<>(node.client(), "x", DIRECTORY, ExploredValueTest.NUMBERS);
        }

        private void set(Bench.Node node) {
            long number = versions.next();
            bench.log(node + " sets " + number);
            CompletableFuture<Void> result = value(node).setAsync(number).toCompletableFuture();
            var unused = result.whenComplete((set, failure) -> {
                bench.log(number + ": " + (failure == null ? "set" : failure));
                versions.ended(number, failure);
            });
            bench.later(
                    LIMIT.plusMillis(1),
                    () -> bench.guard(() -> assertThat(result).as("%s", number).isDone()));
        }
    }
}
