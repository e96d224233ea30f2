package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.properties.Handled;
import io.sereno.properties.Messages;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.MixedReads;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real topic in thousands of schedules, on a store whose reads mix moments. Three clients publish, read from the beginning, and take turns in
 * reading under one durable name. In a second scenario the topic is deleted meanwhile.
 */
class ExploredTopicTest {
    private static final String DIRECTORY = "topic/t";
    private static final int EACH = 4;

    @Test
    void theTopicKeepsItsPromises() {
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE), 4_000, Fault.survivable());
    }

    @Test
    void theTopicSurvivesClientsThatCrash() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.CRASH);
        Explorations.holds(explorer(LyingBackend.Lie.NONE).seed(2).faults(5, faults), 500, Set.of(Fault.CRASH));
    }

    /**
     * The removal of a batch makes a gap. If positions are removed, and leases end too early, nothing is required of the readers of the
     * durable name.
     */
    @Test
    void theTopicKeepsItsPromisesWithRemovalsByOperatorsAndShortLeases() {
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, true).seed(4).faults(8, Fault.withoutLossOfWrites()),
                500,
                Fault.withoutLossOfWrites());
    }

    @Test
    void aTopicThatIsDeletedMeanwhileKeepsItsPromises() {
        Explorations.holds(deleting(), 1_000, Set.of());
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedBugIsFoundWithinThreeThousandSchedules(LyingBackend.Lie lie) {
        Explorations.finds(explorer(lie).faults(6, Fault.survivable()), 3_000);
    }

    private static Explorer explorer(LyingBackend.Lie lie) {
        return explorer(lie, false);
    }

    private static Explorer explorer(LyingBackend.Lie lie, boolean rough) {
        String name = rough ? "topic, removed by hand" : "topic, " + lie;
        return new Explorer(name, world -> {
            Log log = new Log(world, false);
            List<Node> all = new ArrayList<>();
            for (SimulatedClient client : world.clients()) {
                Node process = new Node(client, lie, log);
                all.add(process);
                client.step("connect", process.client::open);
                client.step("listen", process::listen);
                client.step("publish", process::publish);
                client.stepAfter(Duration.ofMillis(world.random().nextInt(4_000)), "take turns", process::takeTurns);
                client.eventually("has the outcome of each publication", () -> process.open == 0 && process.left == 0);
                client.eventually("has received all messages", () -> process.receiver.next() == log.end());
            }
            Processes.alwaysRight(world, log.messages::wrong);
            if (rough) {
                Processes.operatorRemoves(world, DIRECTORY, TopicBatch::isBatch);
                Processes.operatorRemoves(
                        world, DIRECTORY, entry -> entry.name().equals(TopicPosition.entryName("d")));
            }
            world.always("at most one reads under the durable name", () -> {
                int active = 0;
                for (int i = 0; i < all.size(); i++) {
                    active += all.get(i).isActive() ? 1 : 0;
                }
                return rough || active <= 1;
            });
            Processes.alwaysRight(world, () -> rough ? Optional.empty() : log.handled.wrong());
            world.eventually(
                    "everything was handled under the durable name",
                    () -> rough
                            || all.stream().noneMatch(Node::stands)
                            || log.end() == 1
                            || log.handled.handled() == log.end() - 1);
        });
    }

    private static Explorer deleting() {
        return new Explorer("topic that is deleted", world -> {
            Log log = new Log(world, true);
            for (SimulatedClient client : world.clients()) {
                Node process = new Node(client, LyingBackend.Lie.NONE, log);
                client.step("connect", process.client::open);
                client.step("listen", process::listen);
                client.step("publish", process::publish);
                if (process.isFirst()) {
                    client.stepAfter(Duration.ofMillis(world.random().nextInt(3_000)), "delete", process::delete);
                }
                client.eventually("has the outcome of each publication", () -> process.open == 0 && process.left == 0);
                client.eventually("has received all messages", () -> process.receiver.next() == log.end());
                client.eventually("nothing is left of the deletion", () -> !log.isThere(TopicRemoval.NAME));
            }
            Processes.alwaysRight(world, log.messages::wrong);
        });
    }

    /** The shared state of all processes of a world. */
    private static final class Log {
        private final World world;
        private final boolean isDeleted;
        private final Messages messages;
        private final Handled handled;

        Log(World world, boolean isDeleted) {
            this.world = world;
            this.isDeleted = isDeleted;
            this.messages = new Messages(isDeleted);
            this.handled = new Handled(() -> read(new Query.One(DIRECTORY, TopicPosition.entryName("d"))));
        }

        private List<Entry> read(Query query) {
            return world.observer().read(query).toCompletableFuture().join().entries();
        }

        boolean isThere(String name) {
            return !read(new Query.One(DIRECTORY, name)).isEmpty();
        }

        long end() {
            return read(new Query.One(DIRECTORY, TopicHeader.NAME)).stream()
                    .mapToLong(header -> TopicHeader.of(header).next())
                    .findFirst()
                    .orElse(1);
        }
    }

    /** A client that publishes some messages, one by one or together, under some retention, and that reads. */
    private static final class Node {
        private final SimulatedClient process;
        private final Client client;
        private final Log log;
        private final Topic<String> topic;
        private final Set<String> received = new HashSet<>();
        private final Messages.Reader receiver;
        private @Nullable TopicSubscription<String> durable;
        private int left = EACH;
        private int open;
        private int turns = 2;

        Node(SimulatedClient process, LyingBackend.Lie lie, Log log) {
            this.process = process;
            this.log = log;
            this.receiver = log.messages.reader();
            this.client = Processes.client(
                    process,
                    new MixedReads(
                            new LyingBackend(process.backend(), lie),
                            log.world.random().split()));
            int kept = log.world.random().nextInt(3) == 0 ? 3 : 1_000;
            this.topic = new TopicRecipe<>(client, Directories.below(""), "t", Codec.utf8())
                    .withRetention(new Retention(kept, Optional.empty()));
        }

        String name() {
            return process.name();
        }

        boolean isFirst() {
            return log.world.clients().get(0) == process;
        }

        /** Reads everything from the first message on; again from the first when the topic was deleted. No message is read in two streams. */
        void listen() {
            receiver.begin(1);
            Subscription subscription = topic.subscribe(new From.Offset(1), new TopicListener<>() {
                @Override
                public void onMessage(Message<String> message) {
                    log.world.note(() -> name() + " receives " + message.offset() + " " + message.payload());
                    receiver.onMessage(message);
                    if (!received.add(message.payload())) {
                        log.world.failed(name() + " receives " + message.payload() + " twice", null);
                    }
                }

                @Override
                public void onGap(Gap gap) {
                    receiver.onGap(gap);
                }
            });
            var unused = subscription.ended().whenComplete((done, failure) -> {
                if (log.isDeleted && String.valueOf(failure).contains("deleted")) {
                    process.step("listen again", this::listen);
                } else {
                    log.world.failed(name() + " receives no more messages", failure);
                }
            });
        }

        void publish() {
            int together = Math.min(left, 1 + log.world.random().nextInt(3));
            for (int i = 0; i < together; i++) {
                left--;
                publishOne(log.messages.next(name()));
            }
            if (left > 0) {
                Duration pause = Duration.ofMillis(log.world.random().nextInt(4) == 0 ? 9_000 : 300);
                process.stepAfter(pause, "publish", this::publish);
            }
        }

        private void publishOne(Messages.Publication publication) {
            open++;
            var unused = topic.publishAsync(publication.payload()).whenComplete((offset, failure) -> {
                open--;
                log.world.note(() -> publication.payload() + " ended as " + (failure == null ? offset : failure));
                publication.ended(offset, failure);
            });
        }

        void takeTurns() {
            Scope scope = new Scope(client, "topic", "t", DIRECTORY);
            TopicFeed feed = client.shared(TopicFeed.FEEDS).enter(DIRECTORY, () -> new TopicFeed(scope));
            TopicPlace place = new TopicPlace(feed, "d", "reader/d/t");
            int most = --turns == 0 ? Integer.MAX_VALUE : 1 + log.world.random().nextInt(8);
            TopicListener<String> handler = new TopicListener<>() {
                private int handled;

                @Override
                public void onMessage(Message<String> message) {
                    log.world.note(() -> name() + " handles " + message.offset());
                    log.handled.onMessage(message);
                    enough();
                }

                @Override
                public void onGap(Gap gap) {
                    log.handled.onGap(gap);
                    enough();
                }

                private void enough() {
                    if (++handled == most) {
                        process.step("stop reading", Node.this::leave);
                    }
                }
            };
            durable = new TopicSubscription<>(place, Codec.utf8(), handler);
            durable.open(new From.Durable("d"), null, feed.strand());
        }

        private void leave() {
            TopicSubscription<String> reading = durable;
            durable = null;
            if (reading != null) {
                reading.failed(new IllegalStateException("enough"));
            }
            process.stepAfter(Duration.ofMillis(log.world.random().nextInt(5_000)), "read again", this::takeTurns);
        }

        boolean isActive() {
            return durable != null && !process.hasCrashed() && durable.isActive();
        }

        boolean stands() {
            return !process.hasCrashed();
        }

        void delete() {
            var unused = TopicRemoval.of(new Scope(client, "topic", "t", DIRECTORY))
                    .whenComplete((done, failure) -> {
                        if (failure != null) {
                            process.stepAfter(Duration.ofMillis(500), "delete again", this::delete);
                        }
                    });
        }
    }
}
