package io.sereno.recipes.waitgroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.properties.Places;
import io.sereno.properties.TakenBackBy;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of the wait group: every kind of call, times every {@link RequestFault}, times its occurrence, under every
 * policy. Two clients wait, and have workers that take the places, do them, give one up; one client is the victim.
 */
class WaitGroupRequestFaultsTest {
    private static final String DIRECTORY = "waitgroup/x";
    private static final int PLACES = 4;
    private static final Duration END = Duration.ofSeconds(200);

    /** The purpose of a call. */
    enum Purpose {
        LOOK,
        READ_OF_HEADER,
        JOIN,
        LEAVE,
        SETTLE,
        REMOVAL_OF_RECORD;

        static @Nullable Purpose of(Wire.Call<?> call) {
            if (call.commit.isEmpty()) {
                return call.kind == Wire.Kind.READ_DIRECTORY
                        ? LOOK
                        : call.kind == Wire.Kind.READ_ENTRY ? READ_OF_HEADER : null;
            }
            Commit commit = call.commit.get();
            if (!commit.directory().equals(DIRECTORY) || commit.writes().isEmpty()) {
                return null;
            }
            if (!commit.conditions().stream().anyMatch(Condition.ModRevision.class::isInstance)) {
                return commit.writes().get(0) instanceof Write.Delete ? REMOVAL_OF_RECORD : null;
            }
            boolean puts = commit.writes().stream()
                    .anyMatch(
                            write -> write instanceof Write.Put && write.name().startsWith(WaitGroupPlace.CLAIM));
            boolean ends = deletes(commit, WaitGroupPlace.LIFE);
            boolean buries = deletes(commit, WaitGroupPlace.CLAIM);
            return puts ? JOIN : ends ? LEAVE : buries ? SETTLE : null;
        }

        private static boolean deletes(Commit commit, String prefix) {
            return commit.writes().stream()
                    .anyMatch(write ->
                            write instanceof Write.Delete && write.name().startsWith(prefix));
        }
    }

    record Cell(Purpose purpose, RequestFault fault, int occurrence, OnLostWorker policy, Wire.Notices notices) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Purpose.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void everyPlaceCountsOnceAndAllWaitersReturnUnderAnyFault(Purpose purpose, RequestFault fault) {
        int struck = 0;
        for (OnLostWorker policy : OnLostWorker.values()) {
            struck += struck(purpose, fault, 1, policy, Wire.Notices.EXACT);
            struck += struck(purpose, fault, 2, policy, Wire.Notices.EXACT);
            struck += struck(purpose, fault, 1, policy, Wire.Notices.NONE);
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static int struck(
            Purpose purpose, RequestFault fault, int occurrence, OnLostWorker policy, Wire.Notices notices) {
        return new Run(new Cell(purpose, fault, occurrence, policy, notices)).struck() ? 1 : 0;
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench;
        private final Party victim;
        private final Party other;
        private final Places places;

        Run(Cell cell) {
            this.cell = cell;
            this.places = new Places(PLACES, cell.policy(), TakenBackBy.NOTHING);
            this.bench = new Bench(DIRECTORY, cell.notices());
            this.victim = new Party(bench.connect("victim"));
            this.other = new Party(bench.connect("other"));
        }

        boolean struck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            bench.strike(victim.node, call -> Purpose.of(call) == cell.purpose(), cell.occurrence(), cell.fault());
            bench.nodes.forEach(node -> node.client().open());
            other.add();
            victim.await();
            other.await();
            at(Duration.ofSeconds(1), () -> victim.join(true));
            at(Duration.ofSeconds(1), () -> victim.join(cell.policy() == OnLostWorker.FAIL));
            // A worker that dies, so that there is a loss to settle in any case.
            Party dying = new Party(bench.connect("dying"));
            dying.node.client().open();
            at(Duration.ofSeconds(1), () -> {
                dying.join(null);
                dying.heard = true; // It does not wait.
            });
            if (cell.policy() != OnLostWorker.FAIL) {
                at(Duration.ofSeconds(2), () -> dying.node.wire().cut(Wire.Passage.CUT));
            }
            at(Duration.ofSeconds(3), () -> other.join(true));
            at(Duration.ofSeconds(30), dying::leaveAll);
            while (bench.step(END)) {}
            assertThat(wrong()).isEmpty();
            assertThat(List.of(victim.heard, other.heard))
                    .as("waits that ended")
                    .containsOnly(true);
            bench.nodes.forEach(node -> {
                node.wire().clear();
                assertThat(node.client().shared(WaitGroupRecipe.CELLS).size())
                        .as("cells in use")
                        .isZero();
                assertThat(node.client().shared(WaitGroupAwaiter.AWAITERS).size())
                        .as("waits in use")
                        .isZero();
            });
            assertThat(bench.live()).extracting(Entry::name).containsExactly("h");
            new WaitGroupRecipe(other.node.client(), "x", DIRECTORY).delete();
            bench.closeAndExpectNothing();
        }

        private void at(Duration when, Runnable event) {
            bench.later(when, event);
        }

        private WaitGroupSnapshot look() {
            return WaitGroupSnapshot.of(bench.store
                    .connect(Runnable::run)
                    .read(new Query.All(DIRECTORY))
                    .toCompletableFuture()
                    .join());
        }

        private Optional<String> wrong() {
            WaitGroupSnapshot now = look();
            return places.wrong(now.view(List.of()), now.state().joined());
        }

        /** The work of one client. */
        private final class Party {
            private final Bench.Node node;
            private final Scope scope;
            private final WaitGroupRecipe group;
            private final List<WaitGroupWorker> workers = new ArrayList<>();
            private boolean heard;

            Party(Bench.Node node) {
                this.node = node;
                this.scope = new Scope(node.client(), "wait group", "x", DIRECTORY);
                this.group = new WaitGroupRecipe(node.client(), "x", DIRECTORY);
            }

            private void log(String what, @Nullable Throwable failure) {
                bench.log(node + " " + what
                        + Optional.ofNullable(failure).map(f -> ": " + f).orElse(""));
                bench.guard(() -> assertThat(wrong()).isEmpty());
            }

            void add() {
                node.client()
                        .shared(WaitGroupRecipe.CELLS)
                        .submit(
                                scope,
                                scope.one(WaitGroupRecipe.HEADER),
                                WaitGroupRecipe.adding(scope, PLACES, cell.policy()));
            }

            void await() {
                WaitGroupAwaiter awaiter = node.client()
                        .shared(WaitGroupAwaiter.AWAITERS)
                        .enter(DIRECTORY, () -> new WaitGroupAwaiter(scope));
                WaitGroupAwaiter.Waiter waiter = awaiter.enter(null);
                var unused = waiter.result().whenComplete((finished, failure) -> {
                    heard = true;
                    places.waited(finished, failure);
                    log("has waited, " + finished, failure);
                    awaiter.leave(waiter);
                    node.client().shared(WaitGroupAwaiter.AWAITERS).exit(DIRECTORY);
                });
            }

            /** And is done a second later, or gives its place back; or neither. */
            void join(@Nullable Boolean done) {
                if (heard) {
                    return;
                }
                WaitGroupPlace.Joining joining = group.joining();
                places.joins();
                node.client().shared(WaitGroupRecipe.CELLS).submit(scope, scope.one(WaitGroupRecipe.HEADER), joining);
                var unused = joining.whenComplete((place, failure) -> {
                    places.joined(place == null ? null : place.id(), failure);
                    log("joins", failure);
                    if (failure != null) {
                        bench.later(Duration.ofSeconds(2), () -> join(done));
                        return;
                    }
                    WaitGroupWorker worker = group.handOver(place);
                    workers.add(worker);
                    if (done != null) {
                        bench.later(Duration.ofSeconds(1), () -> leave(worker, done));
                    }
                });
            }

            void leaveAll() {
                workers.forEach(worker -> leave(worker, true));
            }

            private void leave(WaitGroupWorker worker, boolean done) {
                if (!done) {
                    var unused =
                            worker.giveUp().whenComplete((gone, failure) -> log("has given up " + worker.id(), null));
                } else {
                    finish(worker);
                }
                bench.later(Duration.ofSeconds(1), () -> join(true));
            }

            private void finish(WaitGroupWorker worker) {
                places.finishes();
                var unused = worker.finish().whenComplete((counted, failure) -> {
                    places.finished(failure);
                    log("is done with " + worker.id(), failure);
                    if (failure instanceof OutcomeUnknownException || failure instanceof NotAppliedException) {
                        var unusedEnd =
                                worker.giveUp().whenComplete((end, why) -> log("has given up " + worker.id(), null));
                    }
                });
            }
        }
    }
}
