package io.sereno.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.properties.Ids;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call that reserves ticks: its purpose, times every {@link RequestFault}, times its occurrence, with and without an
 * unknown outcome before it. Two clients make ids of one name, for which there are two slots.
 */
class IdsRequestFaultsTest {
    private static final String DIRECTORY = "ids/x";
    private static final IdLayout LAYOUT =
            new IdLayout(40, Duration.ofMillis(100), 2, 1, Instant.parse("2014-09-01T00:00:00Z"));

    /** After this, every fault is over, and so are its remains. */
    private static final Duration TROUBLE = RequestFault.OUTAGE.plus(Bench.TTL.multipliedBy(2));

    /** The purpose of a call. */
    enum Purpose {
        READ,
        CLAIM,
        EXTENSION,
        WITHDRAWAL;

        static @Nullable Purpose of(Wire.Call<?> call) {
            if (call.commit.isEmpty()) {
                return call.kind == Wire.Kind.READ_ENTRY ? READ : null;
            }
            Commit commit = call.commit.get();
            if (!commit.directory().equals(DIRECTORY)) {
                return null;
            }
            if (puts(commit, "slot-")) {
                return CLAIM;
            }
            return puts(commit, "hw-") ? EXTENSION : WITHDRAWAL;
        }

        private static boolean puts(Commit commit, String prefix) {
            return commit.writes().stream()
                    .anyMatch(write ->
                            write instanceof Write.Put put && put.name().startsWith(prefix));
        }
    }

    /** The fate of the first claim, or the first extension, of the victim. Its reply is lost in any case. */
    enum UnknownOutcome {
        NONE,
        CLAIM_LOST,
        CLAIM_MADE,
        EXTENSION_LOST,
        EXTENSION_MADE;

        boolean isOf(@Nullable Purpose purpose) {
            return switch (this) {
                case NONE -> false;
                case CLAIM_LOST, CLAIM_MADE -> purpose == Purpose.CLAIM;
                case EXTENSION_LOST, EXTENSION_MADE -> purpose == Purpose.EXTENSION;
            };
        }

        RequestFault fault() {
            return this == CLAIM_MADE || this == EXTENSION_MADE ? RequestFault.REPLY_LOST : RequestFault.REQUEST_LOST;
        }
    }

    record Cell(Purpose purpose, RequestFault fault, int occurrence, UnknownOutcome unknown) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Purpose.values()), List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void idsAreUniqueAndRiseUnderAnyFault(Purpose purpose, RequestFault fault) {
        int struck = 0;
        for (UnknownOutcome unknown : UnknownOutcome.values()) {
            for (int occurrence = 1; occurrence <= 3; occurrence++) {
                struck += new Run(new Cell(purpose, fault, occurrence, unknown)).isStruck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT);
        private final Bench.Node victim = bench.connect("victim");
        private final Cell cell;
        private final Ids made = new Ids(LAYOUT);
        private boolean lost;

        Run(Cell cell) {
            this.cell = cell;
        }

        boolean isStruck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            victim.wire().add(this::loseOutcome);
            bench.strike(victim, call -> Purpose.of(call) == cell.purpose, cell.occurrence, cell.fault);
            List<Maker> makers = List.of(new Maker(victim), new Maker(bench.connect("other")));
            bench.nodes.forEach(node -> node.client().open());
            makers.forEach(Maker::make);
            pass(TROUBLE);
            List<Integer> before = makers.stream().map(maker -> maker.count).toList();
            pass(TROUBLE.plusSeconds(10));
            for (int i = 0; i < makers.size(); i++) {
                assertThat(makers.get(i).count - before.get(i))
                        .as("ids that " + makers.get(i).node + " makes in 10 s when all is well")
                        .isGreaterThan(100);
            }
            makers.forEach(Maker::stop);
            bench.closeAndExpectOnly(name -> name.equals("layout") || name.startsWith("hw-"));
        }

        private void pass(Duration end) {
            while (bench.step(end)) {
                requireRight();
            }
        }

        private void requireRight() {
            assertThat(made.wrong(() -> bench.entries(DIRECTORY))).isEmpty();
        }

        private boolean loseOutcome(Wire.Call<?> call) {
            if (lost || !cell.unknown.isOf(Purpose.of(call))) {
                return false;
            }
            lost = true;
            bench.log("<outcome unknown, " + cell.unknown + ": " + call + ">");
            cell.unknown.fault().strike(victim, call);
            return true;
        }

        /** Takes what there is, and waits for one more, again and again. */
        private final class Maker {
            private final Bench.Node node;
            private final IdSource source;
            private int count;
            private boolean stopped;

            Maker(Bench.Node node) {
                this.node = node;
                this.source = new IdSource(new Scope(node.client(), IdSource.RECIPE, "x", DIRECTORY), LAYOUT);
            }

            void make() {
                for (long id = source.take(); id != IdSequence.NONE; id = source.take()) {
                    made(id);
                }
                var unused = source.request("nextIds", 1, false, Bench.OPERATION_TIMEOUT)
                        .result()
                        .whenComplete((ids, failure) -> bench.guard(() -> {
                            if (failure == null) {
                                made(ids.orElseThrow()[0]);
                            } else if (!stopped) {
                                assertThat(failure).isInstanceOf(NotAppliedException.class);
                            }
                            if (!stopped) {
                                bench.later(Duration.ofMillis(150), this::make);
                            }
                        }));
            }

            void stop() {
                stopped = true;
                source.close();
            }

            private void made(long id) {
                count++;
                var unused = made.made(node.id(), id);
                requireRight();
            }
        }
    }
}
