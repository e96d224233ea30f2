package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The real topic on a store that goes back to earlier moments, sometimes several times: three clients publish and read from the beginning,
 * and take turns in reading under a durable name. In the end each has read the messages in the store, or got a gap in their place.
 */
class ExploredTopicLossTest {
    private static final String DIRECTORY = "topic/t";
    private static final int EACH = 5;

    @Test
    void noMessageIsSkippedWithoutAGapIfRevisionsRise() {
        Explorations.holds(explorer(Fault.ROLL_BACK), 2_500, Set.of(Fault.ROLL_BACK));
    }

    @Test
    void noCallHangsWhereRevisionsAreRepeated() {
        Explorations.holds(explorer(Fault.RESTORE).seed(2), 1_500, Set.of(Fault.RESTORE));
    }

    private static Explorer explorer(Fault loss) {
        Set<Fault> faults = EnumSet.of(loss);
        faults.addAll(EnumSet.of(Fault.LOSE_REPLY, Fault.DELAY, Fault.CUT_OFF, Fault.RESET_WATCHES));
        return new Explorer("topic, " + loss, world -> {
                    Log log = new Log(world, loss == Fault.RESTORE);
                    for (SimulatedClient client : world.clients()) {
                        Node node = new Node(client, log);
                        client.step("connect", node.client::open);
                        client.step("listen", node::listen);
                        client.step("read under a name", node::readUnderAName);
                        client.step("publish", node::publish);
                        client.eventually(
                                "has the outcome of each publication", () -> node.open == 0 && node.left == 0);
                        client.eventually("has received all messages", node.received::isDone);
                        client.eventually("a reader that was closed has ended", () -> node.ended);
                    }
                    world.eventually("all was handled under the name", log.durable::isDone);
                })
                .faults(6, faults);
    }

    /** The last message or gap that a reader got for each offset. */
    private static class Received implements TopicListener<String> {
        private static final String GAP = "gap";

        private final Log log;
        private final String who;
        private final boolean again;
        private final Map<Long, String> last = new HashMap<>();
        /** The store may go back to one history and then to another: messages handled in the first stay handled. */
        private final Set<String> ever = new HashSet<>();
        /** The offsets that may come next: from the first to the last of these. */
        private long least = 1;

        private long next = 1;

        Received(Log log, String who, boolean again) {
            this.log = log;
            this.who = who;
            this.again = again;
        }

        void begin() {
            last.clear();
            least = 1;
            next = 1;
        }

        @Override
        public void onMessage(Message<String> message) {
            log.world.note(() -> who + " receives " + message.offset() + " " + message.payload());
            check(message.offset());
            last.put(message.offset(), message.payload());
            ever.add(message.payload());
            next = message.offset() + 1;
            least = next;
        }

        @Override
        public void onGap(Gap gap) {
            log.world.note(() -> who + " receives a gap " + gap);
            if (!again && gap.firstOffset() > next) {
                log.world.failed(who + " receives a gap " + gap + ", and " + next + " was expected", null);
            }
            for (long offset = gap.firstOffset(); offset <= gap.lastOffset(); offset++) {
                last.put(offset, GAP);
            }
            least = Math.min(least, gap.firstOffset());
            next = gap.lastOffset() + 1;
        }

        private void check(long offset) {
            // Where two read under one name for a moment, as after a loss, one may be behind the other.
            if (!again && (offset > next || offset < least)) {
                log.world.failed(
                        who + " receives " + offset + ", and " + least + " to " + next + " was expected", null);
            }
        }

        boolean isDone() {
            Map<Long, String> stored = log.stored();
            return stored.entrySet().stream().allMatch(entry -> {
                String message = last.get(entry.getKey());
                return entry.getValue().equals(message)
                        || GAP.equals(message)
                        || (again && ever.contains(entry.getValue()))
                        || (log.repeats && message != null);
            });
        }
    }

    private static final class Log {
        private final World world;
        private final boolean repeats;
        private final Received durable;

        Log(World world, boolean repeats) {
            this.world = world;
            this.repeats = repeats;
            this.durable = new Received(this, "the durable reader", true);
        }

        /** The messages of the topic, by its header and batches. */
        Map<Long, String> stored() {
            Map<Long, String> messages = new HashMap<>();
            TopicHeader header = null;
            for (Entry entry : world.observer()
                    .read(new Query.All(DIRECTORY))
                    .toCompletableFuture()
                    .join()
                    .entries()) {
                if (entry.name().equals(TopicHeader.NAME)) {
                    header = TopicHeader.of(entry);
                } else if (TopicBatch.isBatch(entry)) {
                    TopicBatch batch = TopicBatch.decode(entry);
                    for (long offset = batch.first(); offset < batch.end(); offset++) {
                        messages.put(offset, new String(batch.message(offset), StandardCharsets.UTF_8));
                    }
                }
            }
            if (header == null) {
                return Map.of();
            }
            long low = header.low();
            messages.keySet().removeIf(offset -> offset < low);
            return messages;
        }
    }

    private static final class Node {
        private final SimulatedClient process;
        private final Client client;
        private final Log log;
        private final Topic<String> topic;
        private final Received received;
        private boolean ended;
        private int left = EACH;
        private int open;

        Node(SimulatedClient process, Log log) {
            this.process = process;
            this.log = log;
            this.client = Processes.client(process, process.backend());
            this.received = new Received(log, process.name(), false);
            this.topic = new TopicRecipe<>(client, Directories.below(""), "t", Codec.utf8());
        }

        void listen() {
            received.begin();
            listen(new From.Offset(1), received, this::listen);
            Subscription other = topic.subscribe(new From.Offset(1), message -> {});
            var unused = other.ended().whenComplete((done, failure) -> ended = true);
            process.stepAfter(Duration.ofMillis(log.world.random().nextInt(10_000)), "close", () -> {
                OpenSubscription closing = (OpenSubscription) other;
                var ignored = closing.shutDown();
            });
        }

        private void listen(From from, Received listener, Runnable again) {
            Subscription subscription = topic.subscribe(from, listener);
            var unused = subscription.ended().whenComplete((done, failure) -> {
                if (String.valueOf(failure).contains("deleted")) {
                    process.step("listen again", again);
                } else {
                    log.world.failed(process.name() + " receives no more messages", failure);
                }
            });
        }

        void readUnderAName() {
            listen(new From.Durable("d"), log.durable, this::readUnderAName);
        }

        void publish() {
            int together = Math.min(left, 1 + log.world.random().nextInt(3));
            for (int i = 0; i < together; i++) {
                String payload = process.name() + "-" + (EACH - --left);
                open++;
                var unused = topic.publishAsync(payload).whenComplete((offset, failure) -> {
                    open--;
                    log.world.note(() -> payload + " ended as " + (failure == null ? offset : failure));
                });
            }
            if (left > 0) {
                Duration pause = Duration.ofMillis(log.world.random().nextInt(4) == 0 ? 9_000 : 300);
                process.stepAfter(pause, "publish", this::publish);
            }
        }
    }
}
