package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Retention;
import io.sereno.Topic;
import io.sereno.properties.Messages;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Condition;
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
 * The table of all faults of a call of a publisher or a reader: its purpose, times every {@link RequestFault}, times its occurrence, with and without
 * messages that retention takes. Two clients publish, and read from the beginning.
 */
class TopicRequestFaultsTest {
    private static final String DIRECTORY = "topic/t";
    /** After this, every fault is over, and so are its remains. */
    private static final Duration TROUBLE = RequestFault.OUTAGE.plus(Bench.TTL.multipliedBy(3));

    /** The purpose of a call. */
    enum Purpose {
        READ,
        PAGE,
        WATCH,
        CREATION,
        BATCH;

        static @Nullable Purpose of(Wire.Call<?> call) {
            if (call.commit.isEmpty()) {
                return switch (call.kind) {
                    case READ_ENTRY -> READ;
                    case READ_DIRECTORY -> PAGE;
                    case WATCH -> WATCH;
                    default -> null;
                };
            }
            if (!call.commit.get().directory().equals(DIRECTORY)) {
                return null;
            }
            return call.commit.get().conditions().stream().anyMatch(Condition.ModRevision.class::isInstance)
                    ? BATCH
                    : CREATION;
        }
    }

    record Cell(Purpose purpose, RequestFault fault, int occurrence, int kept) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Purpose.values()), RequestFault.withoutRemovals());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void everyMessageIsThereOnceOrReportedOtherwiseUnderAnyFault(Purpose purpose, RequestFault fault) {
        int struck = 0;
        for (int kept : new int[] {1_000, 2}) {
            for (int occurrence = 1; occurrence <= 10; occurrence++) {
                struck += new Run(new Cell(purpose, fault, occurrence, kept)).isStruck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Bench bench = new Bench(DIRECTORY, Wire.Notices.EXACT);
        private final Bench.Node victim = bench.connect("victim");
        private final Bench.Node other = bench.connect("other");
        private final Cell cell;
        private final Messages messages = new Messages(false);
        private final List<Messages.Reader> readers = new ArrayList<>();
        private long last;

        Run(Cell cell) {
            this.cell = cell;
        }

        boolean isStruck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            bench.strike(victim, call -> Purpose.of(call) == cell.purpose, cell.occurrence, cell.fault);
            for (Bench.Node node : bench.nodes) {
                node.client().open();
                readers.add(messages.reader());
                topic(node).subscribe(new From.Offset(1), readers.get(readers.size() - 1));
            }
            for (int i = 0; i < 8; i++) {
                Duration when = Duration.ofMillis(20L * i);
                bench.later(when, () -> publish(victim));
                bench.later(when, () -> publish(victim));
                if (i % 2 == 0) {
                    bench.later(when, () -> publish(other));
                }
            }
            pass(TROUBLE);
            assertThat(messages.open()).as("publications that have not ended").isZero();
            long before = last;
            publish(other);
            pass(TROUBLE.plusSeconds(20));
            assertThat(messages.open()).isZero();
            assertThat(last).as("the last message").isGreaterThan(before);
            assertThat(readers).extracting(Messages.Reader::next).containsOnly(last + 1);
            bench.nodes.forEach(node -> node.wire().clear());
            assertThat(TopicRemoval.of(new Scope(other.client(), "topic", "t", DIRECTORY)))
                    .isCompleted();
            // A header that is put late equals no header.
            bench.closeAndExpectOnly(TopicHeader.NAME::equals);
        }

        private void pass(Duration end) {
            while (bench.step(end)) {}
            assertThat(messages.wrong()).isEmpty();
        }

        private void publish(Bench.Node node) {
            Messages.Publication publication = messages.next(node.id());
            bench.log(node + " publishes " + publication.payload());
            var unused = topic(node).publishAsync(publication.payload()).whenComplete((offset, failure) -> {
                bench.log(publication.payload() + ": " + (failure == null ? offset : failure));
                publication.ended(offset, failure);
                last = failure == null ? offset : last;
            });
        }

        private Topic<String> topic(Bench.Node node) {
            return new TopicRecipe<>(node.client(), Directories.below(""), "t", Codec.utf8())
                    .withRetention(new Retention(cell.kept, Optional.empty()));
        }
    }
}
