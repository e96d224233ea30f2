package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.properties.Handled;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of all faults of a call of a durable reader: its purpose, times every {@link RequestFault}, times its occurrence. One client reads,
 * another waits for its turn under the same name, a third publishes; then the first closes in order.
 */
class TopicPositionRequestFaultsTest {
    private static final String TOPIC = "topic/t";
    private static final String QUEUE = "reader/d/t";
    private static final int MESSAGES = 30;

    /** After this, every fault is over, and so are its remains. */
    private static final Duration TROUBLE = RequestFault.OUTAGE.plus(Bench.TTL.multipliedBy(3));

    /** The purpose of a call. */
    enum Purpose {
        READ,
        PAGE,
        FIRST_POSITION,
        POSITION,
        ENQUEUE,
        REMOVAL;

        static @Nullable Purpose of(Wire.Call<?> call) {
            if (call.commit.isEmpty()) {
                return switch (call.kind) {
                    case READ_ENTRY -> READ;
                    case READ_DIRECTORY -> PAGE;
                    default -> null;
                };
            }
            boolean deletes = call.commit.get().writes().stream().anyMatch(Write.Delete.class::isInstance);
            return switch (call.commit.get().directory()) {
                case QUEUE -> deletes ? REMOVAL : call.commit.get().writes().isEmpty() ? null : ENQUEUE;
                case TOPIC ->
                    call.commit.get().conditions().stream().anyMatch(Condition.ModRevision.class::isInstance)
                            ? POSITION
                            : FIRST_POSITION;
                default -> null;
            };
        }
    }

    record Cell(Purpose purpose, RequestFault fault, int occurrence, Wire.Notices notices) {}

    static Stream<Arguments> cells() {
        return RequestFault.table(List.of(Purpose.values()), List.of(RequestFault.values()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void underAnyFaultEachMessageIsHandledAndThePositionIsNeverAhead(Purpose purpose, RequestFault fault) {
        int struck = 0;
        for (Wire.Notices notices : Wire.Notices.values()) {
            for (int occurrence = 1; occurrence <= 4; occurrence++) {
                struck += new Run(new Cell(purpose, fault, occurrence, notices)).isStruck() ? 1 : 0;
            }
        }
        assertThat(struck).as("runs in which there was such a call").isPositive();
    }

    private static final class Run {
        private final Bench bench;
        private final Bench.Node victim;
        private final Cell cell;
        private final List<TopicSubscription<String>> readers = new ArrayList<>();
        private final Handled handled;

        Run(Cell cell) {
            this.cell = cell;
            this.bench = new Bench(QUEUE, cell.notices);
            this.victim = bench.connect("victim");
            this.handled = new Handled(() -> bench.entries(TOPIC));
        }

        boolean isStruck() {
            return bench.isStruckIn(cell, this::run);
        }

        private void run() {
            bench.strike(victim, call -> Purpose.of(call) == cell.purpose, cell.occurrence, cell.fault);
            Bench.Node other = bench.connect("other");
            Topic<String> topic = topic(bench.connect("publisher"));
            bench.nodes.forEach(node -> node.client().open());
            for (int i = 1; i <= MESSAGES; i++) {
                String payload = "message " + i;
                bench.later(Duration.ofSeconds(2L * i), () -> {
                    var unused = topic.publishAsync(payload);
                });
            }
            read(victim);
            bench.later(Duration.ofSeconds(1), () -> read(other));
            pass(TROUBLE);
            readers.get(0).failed(new IllegalStateException("enough"));
            pass(TROUBLE.multipliedBy(2));
            assertThat(handled.handled()).as("messages that were handled").isEqualTo(MESSAGES);
            assertThat(handled.position()).as("the position").isEqualTo(MESSAGES + 1);
            bench.closeAndExpectNothing();
        }

        private static Topic<String> topic(Bench.Node node) {
            return new TopicRecipe<>(node.client(), Directories.below(""), "t", Codec.utf8());
        }

        private void read(Bench.Node node) {
            Scope scope = new Scope(node.client(), "topic", "t", TOPIC);
            TopicFeed feed = node.client().shared(TopicFeed.FEEDS).enter(TOPIC, () -> new TopicFeed(scope));
            TopicSubscription<String> reader =
                    new TopicSubscription<>(new TopicPlace(feed, "d", QUEUE), Codec.utf8(), new TopicListener<>() {
                        @Override
                        public void onMessage(Message<String> message) {
                            bench.log(node + " handles " + message.offset());
                            bench.guard(() -> assertThat(message.payload()).isEqualTo("message " + message.offset()));
                            handled.onMessage(message);
                        }

                        @Override
                        public void onGap(Gap gap) {
                            bench.guard(() -> {
                                throw new AssertionError(
                                        "nothing was trimmed, and " + node + " receives the gap " + gap);
                            });
                        }
                    });
            readers.add(reader);
            var unused = reader.open(new From.Durable("d"), null, feed.strand());
        }

        private void pass(Duration end) {
            while (bench.step(end)) {
                check();
            }
            check();
        }

        private void check() {
            long active = readers.stream().filter(TopicSubscription::isActive).count();
            if (!cell.fault.breaksTheLease()) {
                assertThat(active).as("readers that are active").isLessThan(2);
            }
            assertThat(handled.wrong()).isEmpty();
        }
    }
}
