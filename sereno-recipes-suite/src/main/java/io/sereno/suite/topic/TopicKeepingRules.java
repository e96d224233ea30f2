package io.sereno.suite.topic;

import static io.sereno.suite.topic.TopicRules.publish;
import static io.sereno.suite.topic.TopicRules.topic;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.properties.Reading;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Operation;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What a topic keeps: gaps, durable positions, retention and deletion, on a store without faults. */
public class TopicKeepingRules {
    private static final String NAME = "topic";
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "TOP-3b", waits = true, check = "whether a gap names exactly the messages that retention removed")
    void aGapNamesWhatIsMissing(Bench bench) {
        Node node = Node.in(bench);
        Topic<String> topic = topic(node).withRetention(new Retention(5, Optional.empty()));
        for (int i = 1; i <= 30; i++) {
            String message = "m" + i;
            node.result("publish", () -> topic.publish(message));
        }
        // A reader that starts with the earliest kept message misses nothing.
        TopicReader<String> earliest = node.result("reader", () -> topic.reader(new From.Earliest()));
        long kept = node.result("next", earliest::next).offset();
        bench.verify(
                kept > 3 && kept <= 26,
                () -> "of 30 messages the last 5 have to be kept, and " + kept + " is the first");
        node.run("close", earliest::close);
        TopicReader<String> reader = node.result("reader", () -> topic.reader(new From.Offset(3)));
        CallResult<Message<String>> first = node.calls("next", reader::next).end(LONG);
        bench.verify(
                first.thrown() instanceof MessagesLostException lost
                        && lost.gap().equals(new Gap(3, kept - 1)),
                () -> "the first message that is kept is " + kept + ", and a reader from 3 on was given " + first);
        for (long offset = kept; offset <= 30; offset++) {
            Message<String> next = node.result("next", reader::next);
            bench.same("the offset behind the gap", offset, next.offset());
            bench.same("what it says", "m" + offset, next.payload());
        }
        node.run("close", reader::close);
        Reading<String> reading = new Reading<>();
        reading.begin(3);
        Subscription subscription = node.result("subscribe", () -> topic.subscribe(new From.Offset(3), reading));
        bench.reach(() -> reading.next() > 30, LONG);
        bench.same("the offset that a subscription from 3 on expects next", 31L, reading.next());
        bench.same("its gaps", List.of(new Gap(3, kept - 1)), reading.gaps());
        bench.verify(reading.wrong().isEmpty(), () -> reading.wrong().orElseThrow());
        node.run("close", subscription::close);
    }

    @Rule(value = "TOP-9c", waits = true, check = "whether the position is stored when a reader is closed in order")
    void acknowledgedMessagesAreNotDeliveredAgain(Bench bench) {
        Node node = Node.in(bench);
        publish(node, 10);
        for (int round = 0; round < 2; round++) {
            Node worker = Node.in(bench);
            TopicReader<String> reader =
                    worker.result("reader", () -> topic(worker).reader(new From.Durable("loader")));
            for (int i = 1; i <= 4; i++) {
                // The last returned message is not acknowledged, because nobody asked for the next.
                long expected = round * 3L + i;
                bench.same(
                        "the offset",
                        expected,
                        worker.result("next", reader::next).offset());
            }
            worker.run("close", reader::close);
            worker.run("close", worker.sereno()::close);
        }
        Reading<String> reading = new Reading<>();
        for (int round = 0; round < 2; round++) {
            Subscription subscription =
                    node.result("subscribe", () -> topic(node).subscribe(new From.Durable("listener"), reading));
            long expected = (round + 1) * 10L;
            bench.verify(
                    bench.reach(() -> reading.next() > expected, LONG),
                    () -> "message " + expected + " was published, and a durable listener expects " + reading.next());
            node.run("close", subscription::close);
            publish(node, 10);
        }
        bench.same("the message that a durable listener expects next", 21L, reading.next());
        bench.verify(reading.wrong().isEmpty(), () -> reading.wrong().orElseThrow());
        // A call for the next message acknowledges the last one, whether there is a next one or not. Closing a client
        // ends its readers.
        Node worker = Node.in(bench);
        TopicReader<String> reader = worker.result("reader", () -> topic(worker).reader(new From.Durable("loader")));
        for (long i = 7; i <= 30; i++) {
            bench.same("the offset", i, worker.result("next", reader::next).offset());
        }
        bench.same(
                "what comes after the last message",
                Optional.empty(),
                worker.result("next", () -> reader.next(Duration.ZERO)));
        worker.run("close", worker.sereno()::close);
        publish(node, 1);
        TopicReader<String> successor = node.result("reader", () -> topic(node).reader(new From.Durable("loader")));
        bench.same(
                "the offset that is read next when the last message was acknowledged and its reader's client closed",
                31L,
                node.result("next", successor::next).offset());
        node.run("close", successor::close);
    }

    @Rule(value = "TOP-9b", waits = true, check = "COM-1 and LEA-2, as for a mutex")
    void oneReaderOfADurableNameIsActive(Bench bench) {
        Node node = Node.in(bench);
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        publish(node, 6);
        TopicReader<String> first = one.result("reader", () -> topic(one).reader(new From.Durable("loader")));
        bench.same("the first message", 1L, one.result("next", first::next).offset());
        TopicReader<String> second = other.result("reader", () -> topic(other).reader(new From.Durable("loader")));
        Optional<Message<String>> nothing = other.result("next", () -> second.next(Duration.ofMillis(700)));
        bench.verify(
                nothing.isEmpty(),
                () -> "a second reader of a durable name was given " + nothing + " while the first is active");
        one.run("close", first::close);
        long from = bench.now();
        bench.same(
                "the first message of the next reader",
                1L,
                other.calls("next", second::next).result(LONG).offset());
        bench.within(
                bench.afterNotice(Node.steady(bench).dividedBy(2)),
                from,
                "the take-over by the next reader of a durable name");
        other.run("close", second::close);
    }

    @Rule(
            value = "TOP-9d",
            waits = true,
            check = "whether a durable name has a position before its first reader is given a message")
    void aDurableNameHasAPositionFromItsFirstReaderOn(Bench bench) {
        Node node = Node.in(bench);
        Node worker = Node.in(bench);
        Node successor = Node.in(bench);
        publish(node, 3);
        TopicReader<String> reader = worker.result("reader", () -> topic(worker).reader(new From.Durable("loader")));
        bench.same("the first message", 1L, worker.result("next", reader::next).offset());
        worker.run("close", reader::close);
        Topic<String> small = topic(node).withRetention(new Retention(2, Optional.empty()));
        for (int i = 0; i < 20; i++) {
            node.result("publish", () -> small.publish("more"));
        }
        TopicReader<String> next =
                successor.result("reader", () -> topic(successor).reader(new From.Durable("loader")));
        CallResult<Message<String>> ended = successor.calls("next", next::next).end(LONG);
        bench.verify(
                ended.thrown() instanceof MessagesLostException lost
                        && lost.gap().firstOffset() == 1,
                () -> "message 1 was read and not acknowledged, retention took it, and the next reader was given "
                        + ended);
        successor.run("close", next::close);
    }

    @Rule(value = "TOP-10a", waits = true, check = "which batches a publication finds too old")
    void retentionKeepsWhatIsWithinItsLimits(Bench bench) {
        Node node = Node.in(bench);
        Topic<String> topic = topic(node).withRetention(new Retention(10, Optional.of(Duration.ofHours(1))));
        for (int i = 1; i <= 60; i++) {
            String message = "m" + i;
            node.result("publish", () -> topic.publish(message));
            if (i % 20 == 0) {
                requireKept(bench, node, i - 9, i - 18);
            }
        }
        List<CompletableFuture<Long>> together = new ArrayList<>();
        node.run("publishAsync 30 times", () -> {
            for (int i = 0; i < 30; i++) {
                together.add(topic.publishAsync("m").toCompletableFuture());
            }
            together.forEach(CompletableFuture::join);
        });
        for (int i = 0; i < 5; i++) {
            node.result("publish", () -> topic.publish("m"));
        }
        requireKept(bench, node, 86, 1);
        Duration age = Duration.ofSeconds(2);
        Topic<String> young = topic(node).withRetention(new Retention(1_000, Optional.of(age)));
        bench.pass(age.plusMillis(500));
        long from = bench.now();
        for (int i = 0; i < 12; i++) {
            node.result("publish", () -> young.publish("young"));
        }
        bench.pass(age.multipliedBy(3).dividedBy(5));
        node.result("publish", () -> young.publish("younger"));
        if (bench.since(from).compareTo(age) >= 0) {
            throw bench.unknown("13 messages took " + Bench.text(bench.since(from)) + "; some are too old by now");
        }
        requireKept(bench, node, 96, 96);
    }

    /** The first kept message is neither after latest nor before earliest, and is the first of its batch. */
    private static void requireKept(Bench bench, Node node, long latest, long earliest) {
        List<Long> batches = bench.judge().all("topic/" + NAME).stream()
                .map(Entry::name)
                .filter(name -> name.matches("[0-9]+"))
                .map(Long::parseLong)
                .toList();
        TopicReader<String> reader = node.result("reader", () -> topic(node).reader(new From.Earliest()));
        long first = node.result("next", reader::next).offset();
        node.run("close", reader::close);
        bench.verify(
                first <= latest && first >= earliest,
                () -> "messages from " + latest + " on have to be kept, and those before " + earliest
                        + " are not; the first that a reader finds is " + first);
        bench.same("the first batch that is stored, where a reader begins with " + first, first, batches.get(0));
    }

    @Rule(value = "TOP-10b", waits = true, check = "how much each publication deletes, and COM-10a")
    void messagesBeyondRetentionAreDeletedGradually(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, Node.steady(bench), backend -> recorder.record("c", backend));
        publish(node, 60);
        Topic<String> small = topic(node).withRetention(new Retention(5, Optional.empty()));
        for (int i = 0; i < 10; i++) {
            node.result("publish", () -> small.publish("more"));
        }
        int deleted = 0;
        for (Operation operation : recorder.history().operations()) {
            if (operation.call() instanceof Call.Commit call
                    && call.commit().directory().equals("topic/" + NAME)) {
                long deletes = call.commit().writes().stream()
                        .filter(Write.Delete.class::isInstance)
                        .count();
                bench.verify(deletes <= 8, () -> "one commit deletes " + deletes + " batches; eight are allowed");
                deleted += (int) deletes;
            }
        }
        int batches = bench.judge().all("topic/" + NAME).size() - 1;
        bench.verify(
                batches >= 5 && batches <= 6,
                () -> "60 messages were there, ten were published of which five have to be kept, and the store has "
                        + batches + " batches");
        bench.evidence("batches deleted", deleted, 60);
    }

    @Rule(
            value = "TOP-11a",
            waits = true,
            check = "whether readers distinguish a new stream from the old one, and LIF-8")
    void deletingEndsReadersAndLeavesNothing(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        publish(node, 5);
        TopicReader<String> reader = other.result("reader", () -> topic(other).reader(new From.Earliest()));
        other.result("next", reader::next);
        Subscription subscription = other.result("subscribe", () -> topic(other).subscribe(message -> {}));
        TopicReader<String> durable = other.result("reader", () -> topic(other).reader(new From.Durable("loader")));
        other.result("next", durable::next);
        node.run("delete", () -> topic(node).delete());
        bench.same(
                "the entries of a topic that was deleted",
                "[]",
                bench.judge().all("topic/" + NAME).toString());
        bench.same(
                "the first offset of the next stream",
                1L,
                node.result("publish", () -> topic(node).publish("new")));
        requireEnded(bench, other, reader);
        requireEnded(bench, other, durable);
        bench.verify(
                bench.reach(() -> subscription.ended().toCompletableFuture().isCompletedExceptionally(), LONG),
                () -> "a subscription to a topic that was deleted has not ended");
    }

    private static void requireEnded(Bench bench, Node node, TopicReader<String> reader) {
        CallResult<Message<String>> ended;
        do {
            ended = node.calls("next", reader::next).end(LONG);
            CallResult<Message<String>> seen = ended;
            bench.verify(
                    !seen.succeeded() || !seen.result().payload().equals("new"),
                    () -> "a reader of a topic that was deleted was given a message of the next one");
        } while (ended.succeeded());
        CallResult<Message<String>> end = ended;
        bench.verify(
                end.thrown() instanceof IllegalStateException,
                () -> "a reader of a topic that was deleted ended as " + end + "; IllegalStateException is expected");
        node.run("close", reader::close);
    }

    @Rule(value = "TOP-11b", waits = true, check = "LIF-8, and whether all that was stored for a topic is found")
    void deletingLeavesNothing(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        publish(node, 70);
        TopicReader<String> durable = other.result("reader", () -> topic(other).reader(new From.Durable("loader")));
        other.result("next", durable::next);
        other.run("close", durable::close);
        other.run("close", other.sereno()::close);
        bench.evidence(
                "entries of the topic", bench.judge().all("topic/" + NAME).size(), 72);
        node.run("delete", () -> topic(node).delete());
        bench.same(
                "the entries of a topic that was deleted",
                "[]",
                bench.judge().all("topic/" + NAME).toString());
    }
}
