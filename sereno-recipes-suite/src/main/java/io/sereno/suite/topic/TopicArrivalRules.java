package io.sereno.suite.topic;

import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.TopicRun;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether the last message of a topic arrives when no other follows it. A later message, or the read that each reader
 * makes once per ttl, would hide a lost notice.
 */
public class TopicArrivalRules {
    /**
     * How many messages are published. The usual number takes two seconds at most; another number takes up to
     * {@value #LONG_RUN_SECONDS} s.
     */
    static final String PROPERTY = "sereno.tck.messages";

    private static final int USUAL = 300;
    private static final int LEAST = 30;
    private static final int USUAL_SECONDS = 2;
    private static final int LONG_RUN_SECONDS = 150;
    private static final int MOST_TOGETHER = 4;
    private static final int NEWCOMERS_EVERY = 8;
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(
            value = "TOP-14",
            waits = true,
            check =
                    "WAT-1: whether a notice gets lost; the next message, and the look that is taken once a ttl, hide that")
    void theLastMessageArrivesAlthoughNoOtherFollows(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        List<Line> lines = List.of("one", "two", "three").stream()
                .map(name -> new Line(bench, name, node))
                .toList();
        for (Line line : lines) {
            line.listen(node);
            line.listen(other);
            line.listen(other);
        }
        int most = Integer.getInteger(PROPERTY, USUAL);
        Duration limit = Duration.ofSeconds(most == USUAL ? USUAL_SECONDS : LONG_RUN_SECONDS);
        long began = bench.now();
        int published = 0;
        for (int round = 0; published < most && (published < LEAST || isWithin(bench, limit, began)); round++) {
            // One alone, then some that are published together, then one alone.
            int together = round % 2 == 0 ? 1 : 1 + bench.random().nextInt(MOST_TOGETHER);
            published += together * lines.size();
            node.run("publish " + together + " in each of " + lines.size() + " topics", () -> {
                for (Line line : lines) {
                    line.publish(together);
                }
                for (Line line : lines) {
                    line.awaitPublished();
                }
            });
            requireReceived(bench, lines);
            if (round % NEWCOMERS_EVERY == 0) {
                published += 2;
                newcomer(bench, "new" + round, node, other);
            }
        }
        bench.evidence("messages", published, LEAST);
    }

    private static boolean isWithin(Bench bench, Duration limit, long began) {
        return !bench.kit().pace().isReal() || bench.since(began).compareTo(limit) < 0;
    }

    /**
     * One listens before the topic exists; another one of the same client starts listening while the first message is
     * published.
     */
    private static void newcomer(Bench bench, String name, Node node, Node other) {
        Line line = new Line(bench, name, node);
        Subscription early = line.listen(other);
        Calling<Subscription> late = line.beginsToListen(other);
        node.run("publish the first", () -> {
            line.publish(1);
            line.awaitPublished();
        });
        Subscription second = late.result();
        node.run("publish the second", () -> {
            line.publish(1);
            line.awaitPublished();
        });
        requireReceived(bench, List.of(line));
        other.run("close", early::close);
        other.run("close", second::close);
    }

    private static void requireReceived(Bench bench, List<Line> lines) {
        long from = bench.now();
        boolean received = bench.reach(() -> lines.stream().allMatch(Line::isReceived), LONG);
        bench.verify(received, () -> "published messages have not arrived after " + LONG + ": " + lines);
        // The read without a notice comes after three quarters of a ttl at the earliest.
        bench.within(Node.steady(bench).dividedBy(2), from, "the arrival of the last message");
    }

    /** One topic and its listeners. */
    private static final class Line {
        private final Bench bench;
        private final String name;
        private final Topic<String> topic;
        private final List<AtomicLong> received = new ArrayList<>();
        private final List<CompletionStage<Long>> underWay = new ArrayList<>();
        private volatile long last;

        Line(Bench bench, String name, Node publisher) {
            this.bench = bench;
            this.name = name;
            this.topic = TopicRun.topic(publisher, name);
        }

        Subscription listen(Node node) {
            return beginsToListen(node).result();
        }

        Calling<Subscription> beginsToListen(Node node) {
            AtomicLong offset = new AtomicLong();
            received.add(offset);
            return node.calls(
                    "subscribe " + name,
                    () -> TopicRun.topic(node, name).subscribe(message -> {
                        offset.set(message.offset());
                        bench.stir();
                    }));
        }

        void publish(int messages) {
            for (int i = 0; i < messages; i++) {
                underWay.add(topic.publishAsync("m"));
            }
        }

        void awaitPublished() throws Exception {
            for (CompletionStage<Long> message : underWay) {
                last = TopicRules.offset(message);
            }
            underWay.clear();
        }

        boolean isReceived() {
            return received.stream().allMatch(offset -> offset.get() == last);
        }

        @Override
        public String toString() {
            return "of topic " + name + " message " + last
                    + " was published, and its listeners have received messages up to " + received;
        }
    }
}
