package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Versioned;
import io.sereno.properties.Versions;
import io.sereno.recipes.Bench;
import io.sereno.recipes.CellCall;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.EntryRemoval;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of the shared map: every kind of call, times every {@link RequestFault}, times its occurrence. A client that
 * follows the whole map changes two keys, and deletes one of them and all; another client does, too. Every change sets a number of its own, so the
 * versions show which were made twice.
 */
class MapRequestFaultsTest {
    private static final String DIRECTORY = "map/x";
    private static final List<String> KEYS = List.of("a", "b");
    private static final Duration LIMIT = Bench.OPERATION_TIMEOUT.plusMillis(250);

    /** The purpose of a call. */
    enum Purpose {
        READ_OF_ALL,
        READ_OF_ONE,
        CREATION,
        CHANGE,
        DELETION;

        static @Nullable Purpose of(Wire.Call<?> call) {
            if (call.kind == Wire.Kind.READ_DIRECTORY) {
                return READ_OF_ALL;
            }
            CellCall kind = CellCall.of(call, DIRECTORY);
            if (kind == null) {
                return null;
            }
            return switch (kind) {
                case READ -> READ_OF_ONE;
                case CREATION -> CREATION;
                case CHANGE -> CHANGE;
                case REMOVAL -> deletesValues(call) ? DELETION : null;
                case WITHDRAWAL, CLAIM -> null;
            };
        }

        private static boolean deletesValues(Wire.Call<?> call) {
            return call.commit.orElseThrow().writes().stream()
                    .anyMatch(write ->
                            write instanceof Write.Delete && write.name().startsWith(MapForm.PREFIX));
        }
    }

    record Cell(Purpose purpose, RequestFault fault, int occurrence) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Purpose.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void everyChangeIsMadeOnceAndTheCacheGoesOnUnderAnyFault(Purpose purpose, RequestFault fault) {
        int struck = 0;
        for (int occurrence = 1; occurrence <= 5; occurrence++) {
            struck += new Run(new Cell(purpose, fault, occurrence)).struck() ? 1 : 0;
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT);
        private final Bench.Node victim = bench.connect("victim");
        private final Bench.Node other = bench.connect("other");
        private final Map<String, Versions> versions = new HashMap<>();

        Run(Cell cell) {
            this.cell = cell;
        }

        boolean struck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            KEYS.forEach(key -> versions.put(key, new Versions()));
            bench.strike(victim, call -> Purpose.of(call) == cell.purpose, cell.occurrence, cell.fault);
            bench.nodes.forEach(node -> node.client().open());
            ValueFeed feed = follow();
            for (int seconds : new int[] {0, 1, 2, 8, 9, 40, 41, 80}) {
                KEYS.forEach(key -> at(seconds * 1_000, () -> set(victim, key)));
                at(seconds * 1_000 + 3, () -> set(other, "a"));
                at(seconds * 1_000 + 20, () -> set(victim, "a"));
            }
            for (int seconds : new int[] {3, 10, 42}) {
                at(seconds * 1_000, () -> delete(victim, true));
                at(seconds * 1_000 + 1, () -> set(other, "a"));
                at(seconds * 1_000 + 200, () -> delete(victim, false));
                at(seconds * 1_000 + 201, () -> set(other, "b"));
            }
            at(12_000, () -> delete(other, false));
            KEYS.forEach(key -> at(110_000, () -> set(other, key)));
            while (bench.step(Duration.ofSeconds(160))) {}
            Map<String, Versioned<Long>> stored = map(other).getAll();
            // Nothing that was made after all deletions had ended is gone.
            assertThat(stored).containsOnlyKeys(KEYS);
            versions.values().forEach(ofKey -> assertThat(ofKey.wrong()).isEmpty());
            assertThat(feed.isCurrent()).isTrue();
            assertThat(shown(feed)).isEqualTo(stored);
            feed.leave();
            // A claim that arrives when all its callers have gone leaves its record until the session ends.
            assertThat(bench.live())
                    .filteredOn(entry -> cell.fault != RequestFault.REQUEST_FAR_TOO_LATE || entry.leaseId() == 0)
                    .extracting(Entry::name)
                    .containsExactlyInAnyOrder("k-a", "k-b");
            bench.nodes.forEach(node -> {
                assertThat(node.client().shared(SharedValueRecipe.CELLS).size())
                        .as("cells in use")
                        .isZero();
                assertThat(node.client().shared(ValueFeed.FEEDS).size())
                        .as("feeds in use")
                        .isZero();
                node.wire().clear();
            });
            map(other).delete();
            bench.closeAndExpectNothing();
        }

        private ValueFeed follow() {
            ValueFeed feed = ValueFeed.of(scope(victim), map(victim).all());
            Map<String, Versions.Observer> observers = new HashMap<>();
            versions.forEach((key, ofKey) -> observers.put(key, ofKey.observer("the cache at " + key)));
            feed.strand()
                    .execute(() -> feed.follow(() -> {
                        if (feed.seen() != null) {
                            Map<String, Versioned<Long>> now = shown(feed);
                            observers.forEach((key, observer) -> observer.sees(Optional.ofNullable(now.get(key))));
                        }
                    }));
            return feed;
        }

        private static Map<String, Versioned<Long>> shown(ValueFeed feed) {
            MapForm<Long> form = new MapForm<>(ExploredValueTest.NUMBERS);
            return form.decode(form.in(Objects.requireNonNull(feed.seen())));
        }

        private void at(int millis, Runnable call) {
            bench.later(Duration.ofMillis(millis), call);
        }

        private static Scope scope(Bench.Node node) {
            return new Scope(node.client(), "map", "x", DIRECTORY);
        }

        private static SharedMapRecipe<Long> map(Bench.Node node) {
            return new SharedMapRecipe<>(node.client(), "x", DIRECTORY, ExploredValueTest.NUMBERS);
        }

        private void set(Bench.Node node, String key) {
            Versions ofKey = Objects.requireNonNull(versions.get(key));
            long number = ofKey.next();
            bench.log(node + " sets " + key + " to " + number);
            CompletableFuture<Void> result = map(node).at(key).setAsync(number).toCompletableFuture();
            var unused = result.whenComplete((set, failure) -> {
                bench.log(key + " to " + number + ": " + (failure == null ? "set" : failure));
                ofKey.ended(number, failure);
            });
            ends(result, key + " to " + number);
        }

        private void delete(Bench.Node node, boolean one) {
            Scope scope = scope(node);
            bench.log(node + " deletes " + (one ? "a" : "all"));
            CompletableFuture<Void> result = (one
                            ? EntryRemoval.of(scope.kernel(), scope, "delete", scope.one("k-a"))
                            : EntryRemoval.ofAll(scope.kernel(), scope, "delete", DIRECTORY, MapForm.PREFIX))
                    .start();
            ends(result, "deletion");
        }

        private void ends(CompletableFuture<Void> call, String what) {
            bench.later(
                    LIMIT.plusMillis(1),
                    () -> bench.guard(() -> assertThat(call).as("%s", what).isDone()));
        }
    }
}
