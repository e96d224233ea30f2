package io.sereno.recipes.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Place;
import io.sereno.spi.Commit;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of the barrier: every kind of call that an arrival, a crossing or a withdrawal makes, times every {@link RequestFault}, times the sender
 * and the occurrence; under notices that are exact, and lost. Five parties in three clients come again and again, of which three cross together; they give up and are
 * interrupted. {@link Crossings} judges the store and the answers before each request.
 */
class BarrierRequestFaultsTest {
    private static final String DIRECTORY = "barrier/x";
    private static final int PARTIES = 3;
    private static final Duration END = Duration.ofMinutes(8);

    /** The purpose of a call. */
    enum Purpose {
        GRANT,
        RENEW,
        MARKER_PUT,
        MARKER_CHECK,
        WATCH,
        LOOK,
        READ_OF_HEAD,
        ARRIVAL,
        SETTLE,
        CROSSING,
        WITHDRAWAL,
        REMOVAL;

        static @Nullable Purpose of(Wire.Call<?> call) {
            return switch (call.kind) {
                case GRANT -> GRANT;
                case RENEW -> RENEW;
                case MARKER_PUT -> MARKER_PUT;
                case MARKER_CHECK -> MARKER_CHECK;
                case WATCH -> WATCH;
                case READ_DIRECTORY -> LOOK;
                case READ_ENTRY -> READ_OF_HEAD;
                default -> call.commit.map(Purpose::of).orElse(null);
            };
        }

        private static @Nullable Purpose of(Commit commit) {
            if (!commit.directory().equals(DIRECTORY)) {
                return null;
            }
            if (writes(commit, write -> write.name().equals(BarrierLook.HEAD))) {
                return CROSSING;
            }
            if (writes(commit, write -> write.name().equals(BarrierLook.WITHDRAWALS))) {
                return WITHDRAWAL;
            }
            boolean arrives = writes(
                    commit,
                    write -> write instanceof Write.Put put
                            && Place.isPlace(put.name())
                            && put.value().toUtf8().contains("\nparty "));
            boolean settles = writes(commit, write -> write instanceof Write.Put);
            return arrives ? ARRIVAL : settles ? SETTLE : REMOVAL;
        }

        private static boolean writes(Commit commit, Predicate<Write> which) {
            return commit.writes().stream().anyMatch(which);
        }
    }

    record Cell(Purpose purpose, RequestFault fault, int victim, int occurrence, Wire.Notices notices) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Purpose.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void allPartiesOfACrossingGetTheSameAnswerUnderAnyFault(Purpose purpose, RequestFault fault) {
        int struck = 0;
        for (Wire.Notices notices : List.of(Wire.Notices.EXACT, Wire.Notices.NONE)) {
            for (int victim = 0; victim < 2; victim++) {
                for (int occurrence = 1; occurrence <= 2; occurrence++) {
                    struck += new Run(new Cell(purpose, fault, victim, occurrence, notices)).struck() ? 1 : 0;
                }
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    /** One call of a party. Its times are in milliseconds. */
    private record Wish(long after, long limit, long interruptedAfter) {
        static Wish of(long after, long limit) {
            return new Wish(after, limit, 0);
        }
    }

    private static final class Run {
        private final Cell cell;
        private final Bench bench;
        private final Crossings crossings = new Crossings(PARTIES);
        private final List<Caller> callers = new ArrayList<>();
        /** Since when as many have waited as can cross; -1 if they do not. */
        private long complete = -1;

        private long longest;

        Run(Cell cell) {
            this.cell = cell;
            this.bench = new Bench(DIRECTORY, cell.notices());
        }

        boolean struck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            List.of("a", "b", "c").forEach(bench::connect);
            Bench.Node victim = bench.nodes.get(cell.victim());
            if (cell.purpose() == Purpose.SETTLE) {
                bench.provoke(Wire.Kind.SETTLE, victim);
            } else if (cell.purpose() == Purpose.GRANT || cell.purpose() == Purpose.MARKER_PUT) {
                bench.provoke(Wire.Kind.GRANT, victim);
            }
            bench.strike(victim, call -> Purpose.of(call) == cell.purpose(), cell.occurrence(), cell.fault());
            bench.nodes.forEach(node -> node.wire().add(call -> {
                look();
                return false;
            }));
            bench.nodes.forEach(node -> node.client().open());
            aDay();
            while (bench.step(END)) {
                look();
            }
            assertThat(crossings.wrong()).isEmpty();
            assertThat(crossings.count()).as("crossings").isGreaterThan(3);
            assertThat(crossings.areAllTold()).as("all of a crossing were told").isTrue();
            assertThat(callers).as("callers that have not ended").allMatch(caller -> caller.ended);
            assertThat(Duration.ofMillis(longest))
                    .as("the longest time that enough parties waited")
                    .isLessThan(Bench.TTL.multipliedBy(3).plus(cell.fault().duration()));
            bench.nodes.forEach(node -> {
                node.wire().clear();
                assertThat(node.client().shared(BarrierCalls.CALLS).size())
                        .as("calls in use")
                        .isZero();
            });
            bench.closeAndExpectOnly(name -> name.equals(BarrierLook.HEAD) || name.equals(BarrierLook.WITHDRAWALS));
        }

        private void look() {
            crossings.look(bench.entries(DIRECTORY));
            bench.guard(() -> assertThat(crossings.wrong()).isEmpty());
            long now = bench.time.elapsed().toMillis();
            boolean is = BarrierLook.of(new Snapshot(bench.entries(DIRECTORY), false))
                            .counting(PARTIES)
                            .size()
                    >= PARTIES;
            complete = !is ? -1 : complete < 0 ? now : complete;
            longest = is ? Math.max(longest, now - complete) : longest;
        }

        /** Some wait for long, and some give up or are interrupted. */
        private void aDay() {
            caller(0, Wish.of(0, 40_000), Wish.of(30, 60_000), Wish.of(20_000, 60_000), Wish.of(0, 60_000));
            caller(0, Wish.of(10, 500), Wish.of(0, 60_000), new Wish(100, 60_000, 2_000), Wish.of(3_000, 60_000));
            caller(1, Wish.of(2_000, 60_000), Wish.of(0, 60_000), Wish.of(5_000, 0), Wish.of(0, 60_000));
            caller(1, new Wish(1_000, 60_000, 3_000), Wish.of(0, 60_000), Wish.of(10, 3_000), Wish.of(0, 60_000));
            caller(2, Wish.of(4_000, 60_000), Wish.of(10, 60_000), Wish.of(30, 60_000), Wish.of(0, 60_000));
        }

        private void caller(int node, Wish... wishes) {
            Caller caller = new Caller(bench.nodes.get(node), "party-" + callers.size(), List.of(wishes));
            callers.add(caller);
            caller.next();
        }

        private final class Caller {
            private final Bench.Node node;
            private final String party;
            private final List<Wish> left;
            private boolean ended;

            Caller(Bench.Node node, String party, List<Wish> wishes) {
                this.node = node;
                this.party = party;
                this.left = new ArrayList<>(wishes);
            }

            void next() {
                if (left.isEmpty()) {
                    ended = true;
                    return;
                }
                Wish wish = left.remove(0);
                bench.later(Duration.ofMillis(wish.after()), () -> arrive(wish));
            }

            private void arrive(Wish wish) {
                BarrierCalls calls = BarrierCalls.of(new Scope(node.client(), "barrier", "x", DIRECTORY));
                Arrival mine = calls.enter(party, PARTIES, Duration.ofMillis(wish.limit()));
                bench.log(party + " of " + node + " arrives");
                if (wish.interruptedAfter() > 0) {
                    bench.later(Duration.ofMillis(wish.interruptedAfter()), () -> calls.interrupt(mine));
                }
                var unused = mine.result().whenComplete((crossed, failure) -> {
                    bench.log(party + " at " + mine.place + ": " + (failure == null ? crossed : failure));
                    // What the store has shows it only now, if no request came in between.
                    crossings.look(bench.entries(DIRECTORY));
                    if (failure == null) {
                        crossings.told(mine.place, crossed);
                    } else {
                        crossings.untold(mine.place);
                        bench.guard(() -> assertThat(failure)
                                .isInstanceOfAny(OutcomeUnknownException.class, NotAppliedException.class));
                    }
                    next();
                });
            }
        }
    }
}
