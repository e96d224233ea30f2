package io.sereno.suite.topic;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.TopicRun;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** The topic, on a store without faults. */
public class TopicRules {
    private static final String NAME = "topic";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final int LARGE_MESSAGES = 200;

    @Rule(
            value = "TOP-2",
            waits = true,
            check = "READ-1: whether a reader that begins later finds acknowledged messages")
    void aPublishedMessageIsReadByLaterReaders(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        for (int i = 0; i < 10; i++) {
            String message = "m" + i;
            long offset = node.result("publish " + message, () -> topic(node).publish(message));
            TopicReader<String> reader =
                    other.result("reader", () -> topic(other).reader(new From.Offset(offset)));
            Message<String> found = other.calls("next", reader::next).result(LONG);
            bench.same("the offset of what a reader finds at offset " + offset, offset, found.offset());
            bench.same("the message at offset " + offset, message, found.payload());
            other.run("close", reader::close);
        }
    }

    @Rule(value = "TOP-5", waits = true, check = "whether large messages take another path than small ones")
    void largeAndSmallMessagesOfOneThreadKeepTheirOrder(Bench bench) {
        Node node = Node.in(bench);
        Topic<String> one = topic(node);
        Topic<String> same = topic(node).withRetention(new Retention(1_000, Optional.empty()));
        int messages = 12;
        node.result("publish " + messages + " messages of many sizes", () -> {
            List<CompletionStage<Long>> underWay = new ArrayList<>();
            for (int i = 0; i < messages; i++) {
                Topic<String> way = i % 3 == 0 ? same : one;
                String message = i + "/" + "x".repeat(i % 2 == 0 ? 50 * 1024 : 1);
                if (i % 4 == 3) {
                    way.publish(message);
                } else {
                    underWay.add(way.publishAsync(message));
                }
            }
            for (CompletionStage<Long> stage : underWay) {
                var unused = offset(stage);
            }
            return true;
        });
        TopicReader<String> reader = node.result("reader", () -> one.reader(new From.Earliest()));
        List<String> read = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            String payload = node.calls("next", reader::next).result(LONG).payload();
            read.add(payload.substring(0, payload.indexOf('/')));
        }
        bench.same(
                "the order in which the messages of a thread are read",
                IntStream.range(0, messages).mapToObj(Integer::toString).toList(),
                read);
    }

    /** Waits for the offset. */
    static long offset(CompletionStage<Long> published) throws Exception {
        try {
            return published.toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Rule(
            value = "TOP-6",
            waits = true,
            check = "whether the watch is live, and the end of the topic read, before subscribe() returns")
    void aSubscriptionThatBeginsNowHasAllThatFollows(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        int messages = 0;
        for (int round = 0; round < 5; round++) {
            // The first one comes before the topic exists.
            if (round > 0) {
                node.result("publish before", () -> topic(node).publish("before"));
            }
            List<String> received = new ArrayList<>();
            Subscription subscription =
                    other.result("subscribe", () -> topic(other).subscribe(receiving(bench, received)));
            TopicReader<String> reader =
                    other.result("reader", () -> topic(other).reader(new From.Now()));
            List<String> expected = List.of("after 0", "after 1", "after 2");
            for (String message : expected) {
                node.result("publish " + message, () -> topic(node).publish(message));
                messages++;
            }
            bench.verify(
                    bench.reach(() -> size(received) >= 3, LONG),
                    () -> "three messages were published after subscribe() had returned, and the listener received "
                            + received);
            for (String message : expected) {
                bench.same(
                        "the messages of a reader that began at the same time",
                        message,
                        other.calls("next", reader::next).result(LONG).payload());
            }
            synchronized (received) {
                bench.same("the events", expected, received);
            }
            other.run("close", subscription::close);
            other.run("close", reader::close);
        }
        bench.evidence("messages", messages, 15);
    }

    private static TopicListener<String> receiving(Bench bench, List<String> received) {
        return message -> {
            synchronized (received) {
                received.add(message.payload());
            }
            bench.stir();
        };
    }

    private static int size(List<?> list) {
        synchronized (list) {
            return list.size();
        }
    }

    @Rule(value = "TOP-7a", waits = true, check = "whether readers of one client share a buffer or a thread")
    void aBlockedReaderDelaysNoOther(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Gate gate = bench.gate();
        AtomicInteger stuck = new AtomicInteger();
        AtomicInteger quick = new AtomicInteger();
        other.result(
                "subscribe",
                () -> topic(other).subscribe(message -> {
                    gate.pass();
                    stuck.incrementAndGet();
                }));
        other.result(
                "subscribe",
                () -> topic(other).subscribe(message -> {
                    quick.incrementAndGet();
                    bench.stir();
                }));
        TopicReader<String> idle = other.result("reader", () -> topic(other).reader(new From.Now()));
        TopicReader<String> reader = other.result("reader", () -> topic(other).reader(new From.Now()));
        long from = bench.now();
        for (int i = 0; i < 30; i++) {
            // Also from the same client.
            Node publisher = i % 2 == 0 ? node : other;
            publisher.result("publish", () -> topic(publisher).publish("a"));
            if (i == 0) {
                // Otherwise the other listener may have received everything before this one blocks.
                bench.verify(bench.reach(() -> gate.waiting() > 0, LONG), () -> "a listener did not receive a message");
            }
        }
        bench.verify(
                bench.reach(() -> quick.get() == 30, LONG),
                () -> "beside a listener that blocks another one received " + quick + " of 30 messages");
        for (int i = 0; i < 30; i++) {
            other.result("next", reader::next);
        }
        bench.within(Node.steady(bench), from, "30 messages beside a listener that blocks");
        bench.same("the events that the blocked listener has received", 0, stuck.get());
        gate.open();
        bench.verify(
                bench.reach(() -> stuck.get() == 30, LONG),
                () -> "a slow listener received " + stuck + " of 30 messages in the end");
        for (long i = 1; i <= 30; i++) {
            bench.same(
                    "the offset that a reader is given after a standstill",
                    i,
                    other.result("next", idle::next).offset());
        }
    }

    @Rule(value = "TOP-7b", waits = true, check = "how much is read ahead for a reader that does not read")
    void messagesKeptForABlockedReaderAreBounded(Bench bench) {
        Weight weight = new Weight();
        Node node = Node.in(bench);
        Node slow = Node.in(bench, Node.steady(bench), weight::of);
        Topic<byte[]> topic = slow.sereno().topic(NAME, weight.codec());
        Gate gate = bench.gate();
        AtomicInteger received = new AtomicInteger();
        slow.result(
                "subscribe",
                () -> topic.subscribe(message -> {
                    gate.pass();
                    received.incrementAndGet();
                }));
        TopicReader<byte[]> ahead = slow.result("reader", () -> topic.reader(new From.Now()));
        String large = "x".repeat(60 * 1024);
        for (int i = 0; i < LARGE_MESSAGES; i++) {
            node.result("publish", () -> topic(node).publish(large));
        }
        TopicReader<byte[]> behind = slow.result("reader", () -> topic.reader(new From.Earliest()));
        // A reader that has asked for a message, and asks for no more.
        bench.same(
                "the first offset of a reader that begins at the first message",
                1L,
                slow.result("next", behind::next).offset());
        bench.reach(() -> gate.waiting() > 0, LONG);
        bench.pass(Duration.ofSeconds(1));
        long kept = weight.kept(bench);
        bench.count("KiB published", LARGE_MESSAGES * 60L);
        bench.count("KiB kept for three readers that stand still", kept / 1024);
        bench.verify(
                kept <= 8 * 1024 * 1024,
                () -> "for a listener that blocks and two readers that do not ask, " + kept / 1024
                        + " KiB are in memory of " + LARGE_MESSAGES * 60 + " that were published; 8192 are allowed");
        gate.open();
        for (TopicReader<byte[]> reader : List.of(ahead, behind)) {
            for (long i = reader.equals(behind) ? 2 : 1; i <= LARGE_MESSAGES; i++) {
                bench.same(
                        "the offset that a reader is given after a standstill",
                        i,
                        slow.result("next", reader::next).offset());
            }
        }
        bench.verify(
                bench.reach(() -> received.get() == LARGE_MESSAGES, LONG),
                () -> "a slow listener received " + received + " of " + LARGE_MESSAGES + " messages in the end");
    }

    @Rule(value = "TOP-8", waits = true, check = "how publishAsync limits messages when the store does not keep up")
    void messagesUnderWayAreBounded(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Topic<String> topic = topic(node);
        node.result("publish", () -> topic.publish("first"));
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
                () -> accepted + " messages of 60 KiB were accepted, and " + completed
                        + " of them are published; 8 MiB may be under way at most");
        heal.run();
        publishing.end(LONG.multipliedBy(2));
        bench.evidence("messages accepted", accepted.get(), 20);
    }

    @Rule(value = "TOP-8", waits = true, check = "how long publishAsync waits if there is never room")
    void aWaitForRoomLastsForTheOperationTimeoutAtMost(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Topic<String> topic = topic(node);
        node.result("publish", () -> topic.publish("first"));
        String large = "x".repeat(60 * 1024);
        node.script().each(Request.commitsTo("topic/" + NAME), Fate.refuse());
        AtomicLong longest = new AtomicLong();
        Calling<Boolean> publishing = node.calls("publishAsync 200 times", () -> {
            for (int i = 0; i < 200; i++) {
                long from = bench.now();
                topic.publishAsync(large);
                long took = bench.now() - from;
                longest.accumulateAndGet(took, Math::max);
            }
            return true;
        });
        long from = bench.now();
        publishing.result(LONG.multipliedBy(2));
        Duration waited = Duration.ofNanos(longest.get());
        bench.verify(
                waited.compareTo(Duration.ofMillis(1)) > 0,
                () -> "200 messages of 60 KiB were accepted while none was published; 8 MiB may be under way at most");
        Duration most =
                bench.kit().operationTimeout().plusMillis(bench.kit().pace().isReal() ? 1_000 : 100);
        if (waited.compareTo(most) > 0) {
            bench.unlessStoodStill(from, "publishAsync took " + Bench.text(waited));
        }
        bench.verify(
                waited.compareTo(most) <= 0,
                () -> "publishAsync waited for room for " + Bench.text(waited) + "; the operation timeout is "
                        + bench.kit().operationTimeout());
    }

    @Rule(value = "TOP-12a", waits = true, check = "whether a message can be skipped before its listener has returned")
    void aListenerThatFailsIsAskedWhatFollows(Bench bench) {
        Node node = Node.in(bench);
        for (TopicListener.Reaction reaction : TopicListener.Reaction.values()) {
            String name = NAME + reaction;
            Topic<String> topic = node.sereno().topic(name, Codec.utf8());
            for (int i = 1; i <= 4; i++) {
                String message = "m" + i;
                node.result("publish", () -> topic.publish(message));
            }
            List<String> received = new ArrayList<>();
            Subscription subscription = node.result(
                    "subscribe",
                    () -> topic.subscribe(new From.Earliest(), new TopicListener<>() {
                        @Override
                        public void onMessage(Message<String> message) {
                            synchronized (received) {
                                received.add(message.payload());
                                bench.stir();
                                if (message.payload().equals("m2") && received.indexOf("m2") == received.size() - 1) {
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
            bench.reach(() -> size(received) >= expected.size(), LONG);
            bench.pass(Duration.ofMillis(100));
            synchronized (received) {
                bench.same("the events under " + reaction, expected, List.copyOf(received));
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
            node.run("close", subscription::close);
        }
    }

    @Rule(value = "TOP-12b", waits = true, check = "how a message that its codec refuses is handled")
    void anUndecodableMessageOrAFailedGapEndsASubscription(Bench bench) {
        Node node = Node.in(bench);
        Topic<String> topic = topic(node);
        publish(node, 3);
        Topic<String> refusing = node.sereno()
                .topic(NAME, Codec.of(text -> Codec.utf8().encode(text), octets -> {
                    String text = Codec.utf8().decode(octets);
                    if (text.equals("m2")) {
                        throw new IllegalArgumentException("refused by a test");
                    }
                    return text;
                }));
        List<String> received = new ArrayList<>();
        Subscription subscription =
                node.result("subscribe", () -> refusing.subscribe(new From.Earliest(), receiving(bench, received)));
        requireFailed(bench, subscription, "a message could not be decoded");
        bench.same("the events before it", List.of("m1"), List.copyOf(received));
        TopicReader<String> reader = node.result("reader", () -> refusing.reader(new From.Earliest()));
        bench.same("the first message", "m1", node.result("next", reader::next).payload());
        CallResult<Message<String>> refused = node.calls("next", reader::next).end(LONG);
        bench.verify(
                refused.thrown() instanceof IllegalArgumentException,
                () -> "a reader of a message that its codec refuses was given " + refused);
        bench.same("what follows on it", "m3", node.result("next", reader::next).payload());
        node.run("close", reader::close);
        Topic<String> small = topic.withRetention(new Retention(2, Optional.empty()));
        for (int i = 0; i < 10; i++) {
            node.result("publish", () -> small.publish("more"));
        }
        List<String> receivedBehind = new ArrayList<>();
        Subscription gapped = node.result(
                "subscribe",
                () -> topic.subscribe(new From.Offset(1), new TopicListener<>() {
                    @Override
                    public void onMessage(Message<String> message) {
                        synchronized (receivedBehind) {
                            receivedBehind.add(message.payload());
                        }
                    }

                    @Override
                    public void onGap(Gap gap) {
                        throw new IllegalStateException("thrown by a test");
                    }
                }));
        requireFailed(bench, gapped, "onGap() threw");
        bench.same("the events after the gap", List.of(), List.copyOf(receivedBehind));
    }

    private static void requireFailed(Bench bench, Subscription subscription, String why) {
        bench.verify(
                bench.reach(() -> subscription.ended().toCompletableFuture().isCompletedExceptionally(), LONG),
                () -> why + ", and the subscription has not ended with an error");
    }

    static Topic<String> topic(Node node) {
        return TopicRun.topic(node, NAME);
    }

    static void publish(Node node, int messages) {
        for (int i = 1; i <= messages; i++) {
            String message = "m" + i;
            node.result("publish " + message, () -> topic(node).publish(message));
        }
    }
}
