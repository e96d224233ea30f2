package io.sereno.tck;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/** The topic, on a store in whose way nothing stands. */
class TopicRules {
    private static final String NAME = "topic";
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "TOP-1", waits = true, check = "COM-1: header and batch are one commit")
    void everybodySeesTheSameMessageAtAnOffset(Bench bench) {
        TopicRun.calm(bench).judge(bench, "TOP-1", 150);
    }

    @Rule(value = "TOP-2", waits = true, check = "READ-1: whether what was acked is read")
    void whatWasPublishedIsReadAtItsOffset(Bench bench) {
        TopicRun.calm(bench).judge(bench, "TOP-2", 100);
    }

    @Rule(
            value = "TOP-3",
            waits = true,
            check = "READ-3 and WAT-1: whether a range read may miss what lived throughout, or a notice get lost")
    void readersMissNothing(Bench bench) {
        TopicRun.calm(bench).judge(bench, "TOP-3", 150);
    }

    @Rule(value = "TOP-4", waits = true, check = "COM-11: whether a commit is carried out twice")
    void everyMessageIsPublishedOnce(Bench bench) {
        TopicRun.calm(bench).judge(bench, "TOP-4", 150);
    }

    @Rule(value = "TOP-5", waits = true, check = "whether messages of one client overtake each other")
    void messagesOfOneThreadKeepTheirOrder(Bench bench) {
        TopicRun.calm(bench).judge(bench, "TOP-5", 150);
    }

    @Rule(value = "TOP-3", waits = true, check = "whether a gap names exactly what retention took")
    void aGapNamesWhatIsMissing(Bench bench) {
        Node node = Node.in(bench);
        Topic<String> topic = topic(node).withRetention(new Retention(5, Optional.empty()));
        for (int i = 1; i <= 30; i++) {
            String message = "m" + i;
            node.told("publish", () -> topic.publish(message));
        }
        TopicReader<String> reader = node.told("reader", () -> topic.reader(new From.Offset(1)));
        Ended<Message<String>> first = node.calls("next", reader::next).end(LONG);
        if (!(first.thrown() instanceof MessagesLostException lost)) {
            throw new RuleFailure("of 30 messages the last 5 are kept, and a reader from 1 on was given " + first);
        }
        Gap gap = lost.gap();
        Message<String> next = node.told("next", reader::next);
        bench.same("the first message that is missing", 1L, gap.firstOffset());
        bench.same("the message behind the gap " + gap, gap.lastOffset() + 1, next.offset());
        bench.same("what it says", "m" + next.offset(), next.payload());
        bench.verify(
                next.offset() <= 26,
                () -> "message " + next.offset() + " is the first that is kept; 26 to 30 have to be");
        node.tells("close", reader::close);
        // The other side of the same: whoever begins with what is kept misses nothing.
        TopicReader<String> kept = node.told("reader", () -> topic.reader(new From.Earliest()));
        bench.same(
                "the first message that is kept",
                next.offset(),
                node.told("next", kept::next).offset());
        node.tells("close", kept::close);
    }

    @Rule(
            value = "TOP-6",
            waits = true,
            check = "whether the watch is live, and the end of the topic read, before subscribe() returns")
    void aSubscriptionThatBeginsNowHasAllThatFollows(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        List<Long> expected = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            node.told("publish before", () -> topic(node).publish("before"));
            List<String> heard = new ArrayList<>();
            Subscription subscription = other.told(
                    "subscribe",
                    () -> topic(other).subscribe(message -> {
                        synchronized (heard) {
                            heard.add(message.payload());
                        }
                        bench.stir();
                    }));
            for (int i = 0; i < 3; i++) {
                String message = "after " + i;
                expected.add(node.told("publish " + message, () -> topic(node).publish(message)));
            }
            bench.verify(
                    bench.reach(() -> size(heard) >= 3, LONG),
                    () -> "three messages were published after subscribe() had returned, and heard was " + heard);
            synchronized (heard) {
                bench.same("what was heard", List.of("after 0", "after 1", "after 2"), heard);
            }
            other.tells("close", subscription::close);
        }
        bench.evidence("messages", expected.size(), 15);
    }

    private static int size(List<?> list) {
        synchronized (list) {
            return list.size();
        }
    }

    @Rule(value = "TOP-7", waits = true, check = "whether readers of one client share a buffer or a thread")
    void aReaderThatStandsStillDelaysNobody(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Gate gate = bench.gate();
        AtomicInteger stuck = new AtomicInteger();
        AtomicInteger quick = new AtomicInteger();
        other.told(
                "subscribe",
                () -> topic(other).subscribe(message -> {
                    gate.pass();
                    stuck.incrementAndGet();
                }));
        other.told(
                "subscribe",
                () -> topic(other).subscribe(message -> {
                    quick.incrementAndGet();
                    bench.stir();
                }));
        long from = bench.now();
        for (int i = 0; i < 30; i++) {
            node.told("publish", () -> topic(node).publish("a"));
        }
        bench.verify(
                bench.reach(() -> quick.get() == 30, LONG),
                () -> "beside a listener that blocks another one heard " + quick + " of 30 messages");
        bench.within(Node.steady(bench), from, "30 messages beside a listener that blocks");
        bench.same("what the listener that blocks has heard", 0, stuck.get());
        gate.open();
        bench.verify(
                bench.reach(() -> stuck.get() == 30, LONG),
                () -> "a listener that was slow heard " + stuck + " of 30 messages in the end");
    }

    @Rule(value = "TOP-8", waits = true, check = "what publishAsync does when the store does not keep up")
    void whatIsOnItsWayIsBounded(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Topic<String> topic = topic(node);
        node.told("publish", () -> topic.publish("first"));
        String large = "x".repeat(60 * 1024);
        Runnable heal = node.script()
                .each(
                        request -> Request.commitsTo("topic/" + NAME).test(request),
                        Fate.delayRequest(Duration.ofSeconds(3)));
        AtomicInteger accepted = new AtomicInteger();
        AtomicInteger completed = new AtomicInteger();
        Calling<Boolean> publishing = node.calls("publishAsync 300 times", () -> {
            for (int i = 0; i < 300; i++) {
                topic.publishAsync(large).whenComplete((offset, failure) -> completed.incrementAndGet());
                accepted.incrementAndGet();
            }
            return true;
        });
        bench.reach(publishing::isParked, bench.patience());
        bench.pass(Duration.ofSeconds(1));
        bench.verify(
                !publishing.isDone() && accepted.get() - completed.get() <= 8 * 1024 / 60 + 2,
                () -> accepted + " messages of 60 KiB were taken on, and " + completed
                        + " of them are through; 8 MiB are to be on their way at most");
        heal.run();
        publishing.end(LONG.multipliedBy(2));
        bench.evidence("messages taken on", accepted.get(), 20);
    }

    @Rule(value = "TOP-9c", waits = true, check = "whether the position is stored when a reader ends in order")
    void whatWasAcknowledgedIsNotGivenAgain(Bench bench) {
        Node node = Node.in(bench);
        publish(node, 10);
        for (int round = 0; round < 2; round++) {
            Node worker = Node.in(bench);
            TopicReader<String> reader =
                    worker.told("reader", () -> topic(worker).reader(new From.Durable("loader")));
            for (int i = 1; i <= 4; i++) {
                // The last one that was returned is not acknowledged: nobody asked for the next.
                long expected = round * 3L + i;
                bench.same(
                        "the offset",
                        expected,
                        worker.told("next", reader::next).offset());
            }
            worker.tells("close", reader::close);
            worker.tells("close", worker.sereno()::close);
        }
    }

    @Rule(value = "TOP-9b", waits = true, check = "COM-1 and LEA-2, as for a mutex")
    void oneReaderOfADurableNameIsActive(Bench bench) {
        Node node = Node.in(bench);
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        publish(node, 6);
        TopicReader<String> first = one.told("reader", () -> topic(one).reader(new From.Durable("loader")));
        bench.same("the first message", 1L, one.told("next", first::next).offset());
        TopicReader<String> second = other.told("reader", () -> topic(other).reader(new From.Durable("loader")));
        Optional<Message<String>> nothing = other.told("next", () -> second.next(Duration.ofMillis(700)));
        bench.verify(
                nothing.isEmpty(),
                () -> "a second reader of a durable name was given " + nothing + " while the first is active");
        one.tells("close", first::close);
        long from = bench.now();
        bench.same(
                "what the next one begins with",
                1L,
                other.calls("next", second::next).result(LONG).offset());
        bench.within(Node.steady(bench).dividedBy(2), from, "that the next reader of a durable name takes over");
        other.tells("close", second::close);
    }

    @Rule(
            value = "TOP-9d",
            waits = true,
            check = "whether a durable name has a position before its first reader is given a message")
    void aDurableNameHasAPositionFromItsFirstReaderOn(Bench bench) {
        Node node = Node.in(bench);
        Node worker = Node.in(bench);
        publish(node, 3);
        TopicReader<String> reader = worker.told("reader", () -> topic(worker).reader(new From.Durable("loader")));
        bench.same("the first message", 1L, worker.told("next", reader::next).offset());
        worker.tells("close", reader::close);
        Topic<String> small = topic(node).withRetention(new Retention(2, Optional.empty()));
        for (int i = 0; i < 20; i++) {
            node.told("publish", () -> small.publish("more"));
        }
        TopicReader<String> next = worker.told("reader", () -> topic(worker).reader(new From.Durable("loader")));
        Ended<Message<String>> ended = worker.calls("next", next::next).end(LONG);
        bench.verify(
                ended.thrown() instanceof MessagesLostException lost
                        && lost.gap().firstOffset() == 1,
                () -> "message 1 was read and not acknowledged, retention took it, and the next reader was given "
                        + ended);
        worker.tells("close", next::close);
    }

    @Rule(value = "TOP-10", waits = true, check = "how much each publication deletes, and COM-10a")
    void retentionKeepsWhatIsWithinItsLimits(Bench bench) {
        Node node = Node.in(bench);
        Topic<String> topic = topic(node).withRetention(new Retention(10, Optional.empty()));
        for (int i = 1; i <= 60; i++) {
            String message = "m" + i;
            node.told("publish", () -> topic.publish(message));
            if (i % 20 == 0) {
                int batches = bench.judge().all("topic/" + NAME).size() - 1;
                bench.verify(
                        batches >= Math.min(i, 10) && batches <= 10 + 9,
                        () -> "of single messages 10 are to be kept, and there are " + batches + " batches");
            }
        }
        TopicReader<String> reader = node.told("reader", () -> topic.reader(new From.Offset(51)));
        for (long offset : LongStream.rangeClosed(51, 60).toArray()) {
            bench.same(
                    "the message at " + offset,
                    "m" + offset,
                    node.told("next", reader::next).payload());
        }
        node.tells("close", reader::close);
    }

    @Rule(value = "TOP-11", waits = true, check = "whether readers tell a new stream from the old one, and LIF-8")
    void deletingEndsReadersAndLeavesNothing(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        publish(node, 5);
        TopicReader<String> reader = other.told("reader", () -> topic(other).reader(new From.Earliest()));
        other.told("next", reader::next);
        Subscription subscription = other.told("subscribe", () -> topic(other).subscribe(message -> {}));
        node.tells("delete", () -> topic(node).delete());
        bench.same(
                "the entries of a topic that was deleted",
                "[]",
                bench.judge().all("topic/" + NAME).toString());
        bench.same(
                "the first offset of the next stream",
                1L,
                node.told("publish", () -> topic(node).publish("new")));
        Ended<Message<String>> ended;
        do {
            ended = other.calls("next", reader::next).end(LONG);
            Ended<Message<String>> seen = ended;
            bench.verify(
                    !seen.succeeded() || !seen.result().payload().equals("new"),
                    () -> "a reader of a topic that was deleted was given a message of the next one");
        } while (ended.succeeded());
        Ended<Message<String>> end = ended;
        bench.verify(
                end.thrown() instanceof IllegalStateException,
                () -> "a reader of a topic that was deleted ended as " + end + "; IllegalStateException is right");
        bench.verify(
                bench.reach(() -> subscription.ended().toCompletableFuture().isCompletedExceptionally(), LONG),
                () -> "a subscription to a topic that was deleted has not ended");
        other.tells("close", reader::close);
    }

    @Rule(value = "TOP-12", waits = true, check = "whether a message can be skipped without its listener's word")
    void aListenerThatFailsIsAskedWhatFollows(Bench bench) {
        Node node = Node.in(bench);
        for (TopicListener.Reaction reaction : TopicListener.Reaction.values()) {
            String name = NAME + reaction;
            Topic<String> topic = node.sereno().topic(name, Codec.utf8());
            for (int i = 1; i <= 4; i++) {
                String message = "m" + i;
                node.told("publish", () -> topic.publish(message));
            }
            List<String> heard = new ArrayList<>();
            Subscription subscription = node.told(
                    "subscribe",
                    () -> topic.subscribe(new From.Earliest(), new TopicListener<>() {
                        @Override
                        public void onMessage(Message<String> message) {
                            synchronized (heard) {
                                heard.add(message.payload());
                                bench.stir();
                                if (message.payload().equals("m2") && heard.indexOf("m2") == heard.size() - 1) {
                                    throw new IllegalStateException("thrown by a test");
                                }
                            }
                        }

                        @Override
                        public Reaction onFailure(Message<String> message, Exception failure) {
                            return reaction;
                        }
                    }));
            List<String> expected = switch (reaction) {
                case RETRY -> List.of("m1", "m2", "m2", "m3", "m4");
                case SKIP -> List.of("m1", "m2", "m3", "m4");
                case STOP -> List.of("m1", "m2");
            };
            bench.reach(() -> size(heard) >= expected.size(), LONG);
            bench.pass(Duration.ofMillis(100));
            synchronized (heard) {
                bench.same("what was heard under " + reaction, expected, List.copyOf(heard));
            }
            boolean ends = reaction == TopicListener.Reaction.STOP;
            bench.verify(
                    bench.reach(
                                    () -> subscription
                                            .ended()
                                            .toCompletableFuture()
                                            .isCompletedExceptionally(),
                                    ends ? LONG : Duration.ofMillis(50))
                            == ends,
                    () -> "whether a subscription has ended with an error under " + reaction + " is not " + ends);
            node.tells("close", subscription::close);
        }
    }

    static Topic<String> topic(Node node) {
        return TopicRun.topic(node, NAME);
    }

    static void publish(Node node, int messages) {
        for (int i = 1; i <= messages; i++) {
            String message = "m" + i;
            node.told("publish " + message, () -> topic(node).publish(message));
        }
    }
}
