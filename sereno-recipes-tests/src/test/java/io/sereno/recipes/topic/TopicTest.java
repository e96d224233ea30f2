package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.SerenoObserver;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LeastBackend;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TopicTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Clients clients = new Clients();
    private final BlockingQueue<Message<String>> received = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clients.close();
    }

    private static Topic<String> topic(Sereno sereno) {
        return sereno.topic("t", Codec.utf8());
    }

    private Message<String> receive() throws InterruptedException {
        Message<String> message = received.poll(20, TimeUnit.SECONDS);
        assertThat(message).as("a message within 20 s").isNotNull();
        return message;
    }

    private List<Entry> stored(String directory) {
        Backend operator = clients.store.connect(Runnable::run);
        try (operator) {
            return operator.read(new Query.All(directory))
                    .toCompletableFuture()
                    .join()
                    .entries();
        }
    }

    private static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void offsetsAreDenseFromOneAndMessagesHaveAPublisherAndATime() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        assertThat(topic.publish("a")).isEqualTo(1);
        assertThat(topic.publish("")).isEqualTo(2);
        assertThat(topic.publish("c")).isEqualTo(3);

        try (TopicReader<String> reader = topic(clients.connect("two")).reader(new From.Earliest())) {
            Instant now = clients.time.wall();
            assertThat(reader.next()).isEqualTo(new Message<>(1, "a", "one", now));
            assertThat(reader.next()).isEqualTo(new Message<>(2, "", "one", now));
            assertThat(reader.next()).isEqualTo(new Message<>(3, "c", "one", now));
            assertThat(reader.next(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void onlyMessagesPublishedAfterSubscribeReturnedAreDelivered() throws Exception {
        Topic<String> here = topic(clients.connect("one"));
        Topic<String> there = topic(clients.connect("two"));
        here.publish("before");
        Subscription subscription = there.subscribe(received::add);

        here.publish("after");

        assertThat(receive().payload()).isEqualTo("after");
        subscription.close();
        here.publish("too late");
        assertThat(get(subscription.ended())).isNull();
        assertThat(received).isEmpty();
    }

    @Test
    void aSubscriptionToAnUnusedTopicGetsTheFirstMessage() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        topic.subscribe(received::add);
        topic(clients.connect("two")).publish("first");
        assertThat(receive().offset()).isEqualTo(1);
    }

    @Test
    void readersBeginAtTheRequestedOffset() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        // Batches of different sizes, so that an offset may lie within one.
        publishTogether(topic, "a", "b", "c", "d", "e");
        topic.publish("f");

        Topic<String> there = topic(clients.connect("two"));
        assertThat(firstFrom(there, new From.Earliest()).payload()).isEqualTo("a");
        assertThat(firstFrom(there, new From.Offset(1)).payload()).isEqualTo("a");
        assertThat(firstFrom(there, new From.Offset(4)).payload()).isEqualTo("d");
        assertThat(firstFrom(there, new From.Offset(6)).payload()).isEqualTo("f");

        TopicReader<String> ahead = there.reader(new From.Offset(8));
        assertThat(ahead.next(Duration.ZERO)).isEmpty();
        publishTogether(topic, "g", "h", "i");
        assertThat(ahead.next().payload()).isEqualTo("h");
    }

    private static Message<String> firstFrom(Topic<String> topic, From from) throws InterruptedException {
        try (TopicReader<String> reader = topic.reader(from)) {
            return reader.next();
        }
    }

    /** In one batch: the first stays alone, those that come while it is under way go together. */
    private static void publishTogether(Topic<String> topic, String... payloads) throws Exception {
        List<CompletionStage<Long>> stages = new ArrayList<>();
        for (String payload : payloads) {
            stages.add(topic.publishAsync(payload));
        }
        for (CompletionStage<Long> stage : stages) {
            get(stage);
        }
    }

    @Test
    void aBatchHoldsWhatFitsAndAnOffsetIsFoundFarInsideIt() throws Exception {
        try (Sereno one = clients.connect("one")) {
            Topic<String> topic = topic(one);
            List<CompletionStage<Long>> stages = new ArrayList<>();
            for (int i = 1; i <= 20_000; i++) {
                stages.add(topic.withRetention(new Retention(1_000_000, Optional.empty()))
                        .publishAsync("m" + i));
            }
            for (int i = 0; i < stages.size(); i++) {
                assertThat(get(stages.get(i))).isEqualTo(i + 1);
            }
            assertThat(stored("topic/t")).hasSizeLessThan(15_000);
            Topic<String> there = topic(clients.connect("two"));
            for (long offset : new long[] {1, 2, 4_095, 4_096, 4_097, 9_999, 19_999, 20_000}) {
                assertThat(firstFrom(there, new From.Offset(offset)).payload()).isEqualTo("m" + offset);
            }
        }
    }

    @Test
    void oneThreadsMessagesKeepTheirOrder() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        topic.subscribe(received::add);
        int threads = 4;
        long each = 500;
        CompletableFuture<?>[] all = new CompletableFuture<?>[threads];
        for (int t = 0; t < threads; t++) {
            int thread = t;
            all[t] = Threads.inThread(() -> {
                for (int i = 0; i < each; i++) {
                    if (i % 7 == 0) {
                        topic.publish(thread + " " + i);
                    } else {
                        topic.publishAsync(thread + " " + i);
                    }
                }
                return true;
            });
        }
        CompletableFuture.allOf(all).get(20, TimeUnit.SECONDS);
        int[] next = new int[threads];
        for (long offset = 1; offset <= threads * each; offset++) {
            Message<String> message = receive();
            assertThat(message.offset()).isEqualTo(offset);
            String[] words = message.payload().split(" ", -1);
            int thread = Integer.parseInt(words[0]);
            assertThat(Integer.parseInt(words[1])).isEqualTo(next[thread]++);
        }
    }

    @Test
    void publishersOfSeveralClientsShareOneDenseOrder() throws Exception {
        Sereno[] four = {clients.connect("a"), clients.connect("b"), clients.connect("c"), clients.connect("d")};
        List<Message<String>> first = new ArrayList<>();
        long each = 250;
        TopicReader<String> reader = topic(four[0]).reader(new From.Earliest());
        CompletableFuture<?>[] all = new CompletableFuture<?>[four.length];
        for (int c = 0; c < four.length; c++) {
            Topic<String> topic = topic(four[c]);
            String client = four[c].nodeId();
            all[c] = Threads.inThread(() -> {
                for (int i = 0; i < each; i++) {
                    topic.publish(client + i);
                }
                return true;
            });
        }
        for (int i = 0; i < four.length * each; i++) {
            first.add(reader.next());
        }
        CompletableFuture.allOf(all).get(20, TimeUnit.SECONDS);
        assertThat(first.stream().map(Message::offset))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, four.length * each).boxed().toList());
        assertThat(first.stream().map(Message::payload).distinct()).hasSize(Math.toIntExact(four.length * each));
    }

    @Test
    void retentionByCountKeepsThatManyAndALateReaderGetsAGapOfTheRest() throws Exception {
        List<Gap> observed = new ArrayList<>();
        SerenoObserver observer = new SerenoObserver() {
            @Override
            public void gap(String topic, Gap gap) {
                observed.add(gap);
            }
        };
        Topic<String> topic = topic(clients.connect("one")).withRetention(new Retention(10, Optional.empty()));
        for (int i = 1; i <= 50; i++) {
            topic.publish("m" + i);
        }
        // The header, and ten batches of one message.
        assertThat(stored("topic/t")).hasSize(11);

        Topic<String> there = topic(clients.connect("two", clients.store.connect(clients.callbacks), observer));
        TopicReader<String> reader = there.reader(new From.Offset(3));
        assertThatThrownBy(reader::next)
                .isInstanceOfSatisfying(
                        MessagesLostException.class,
                        lost -> assertThat(lost.gap()).isEqualTo(new Gap(3, 40)))
                .hasMessageContaining("3 to 40");
        assertThat(reader.next().payload()).isEqualTo("m41");
        assertThat(firstFrom(there, new From.Earliest()).offset()).isEqualTo(41);

        List<Gap> gaps = new ArrayList<>();
        there.subscribe(new From.Offset(40), new TopicListener<>() {
            @Override
            public void onMessage(Message<String> message) {
                received.add(message);
            }

            @Override
            public void onGap(Gap gap) {
                gaps.add(gap);
            }
        });
        assertThat(receive().offset()).isEqualTo(41);
        assertThat(gaps).containsExactly(new Gap(40, 40));
        while (observed.size() < 2) {
            Thread.onSpinWait();
        }
        assertThat(observed).containsExactly(new Gap(3, 40), new Gap(40, 40));
    }

    @Test
    void retentionByAgeGoesByThePublishersClock() throws Exception {
        Topic<String> topic =
                topic(clients.connect("one")).withRetention(new Retention(1_000, Optional.of(Duration.ofSeconds(60))));
        topic.publish("old");
        clients.time.advance(Duration.ofSeconds(50));
        topic.publish("young");
        clients.time.advance(Duration.ofSeconds(20));
        topic.publish("new");
        assertThat(firstFrom(topic, new From.Earliest()).payload()).isEqualTo("young");
    }

    @Test
    void aPublisherTrimsWhatOthersPublished() throws Exception {
        Topic<String> one = topic(clients.connect("one"));
        publishTogether(one, "a", "b", "c");
        for (int i = 0; i < 20; i++) {
            one.publish("x");
        }
        Topic<String> two = topic(clients.connect("two")).withRetention(new Retention(5, Optional.empty()));
        for (int i = 0; i < 20; i++) {
            two.publish("y");
        }
        assertThat(firstFrom(one, new From.Earliest()).offset()).isEqualTo(39);
        assertThat(stored("topic/t")).hasSize(6);
    }

    @Test
    void aSlowSubscriberDisturbsNoOtherAndCatchesUpFromTheStore() throws Exception {
        Sereno one = clients.connect("one");
        Topic<String> topic = topic(one);
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch wake = new CountDownLatch(1);
        BlockingQueue<Message<String>> slow = new LinkedBlockingQueue<>();
        topic.subscribe(message -> {
            asleep.countDown();
            wake.await();
            slow.add(message);
        });
        topic.subscribe(received::add);
        String large = "x".repeat(60_000);
        int count = 200; // 12 MB: more than the slow one, and the feed, may have in memory
        for (int i = 0; i < count; i++) {
            topic.publish(i + large);
        }
        for (int i = 0; i < count; i++) {
            assertThat(receive().offset()).isEqualTo(i + 1);
        }
        asleep.await();
        assertThat(slow).isEmpty();
        wake.countDown();
        for (int i = 0; i < count; i++) {
            Message<String> message = slow.poll(20, TimeUnit.SECONDS);
            assertThat(message).isNotNull();
            assertThat(message.offset()).isEqualTo(i + 1);
            assertThat(message.payload()).startsWith(i + "x");
        }
    }

    @Test
    void aFailingMessageIsHandledAgainAfterAPause() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        AtomicInteger attempts = new AtomicInteger();
        BlockingQueue<Integer> failed = new LinkedBlockingQueue<>();
        topic.subscribe(new TopicListener<>() {
            @Override
            public void onMessage(Message<String> message) {
                if (message.offset() == 1 && attempts.incrementAndGet() < 4) {
                    throw new IllegalStateException("not yet");
                }
                received.add(message);
            }

            @Override
            public Reaction onFailure(Message<String> message, Exception failure) {
                assertThat(failure).hasMessage("not yet");
                failed.add(attempts.get());
                return Reaction.RETRY;
            }
        });
        topic.publish("a");
        topic.publish("b");
        advanceUntil(() -> received.size() == 2);
        assertThat(failed).containsExactly(1, 2, 3);
        assertThat(receive().payload()).isEqualTo("a");
        assertThat(receive().payload()).isEqualTo("b");
    }

    /** Time passes while other threads work. */
    private void advanceUntil(BooleanSupplier reached) {
        while (!reached.getAsBoolean()) {
            clients.time.advance(Duration.ofMillis(50));
            Thread.onSpinWait();
        }
    }

    @Test
    void aFailingMessageIsSkippedOrEndsTheSubscription() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        RuntimeException failure = new IllegalArgumentException("no");
        topic.subscribe(new TopicListener<>() {
            @Override
            public void onMessage(Message<String> message) {
                if (message.payload().equals("bad")) {
                    throw failure;
                }
                received.add(message);
            }

            @Override
            public Reaction onFailure(Message<String> message, Exception thrown) {
                return Reaction.SKIP;
            }
        });
        Subscription stops = topic.subscribe(message -> {
            if (message.payload().equals("bad")) {
                throw failure;
            }
        });
        topic.publish("good");
        topic.publish("bad");
        topic.publish("better");
        assertThat(receive().payload()).isEqualTo("good");
        assertThat(receive().payload()).isEqualTo("better");
        assertThatThrownBy(() -> get(stops.ended()))
                .isInstanceOf(ExecutionException.class)
                .hasCause(failure);
    }

    @Test
    void anUndecodableMessageEndsASubscriptionAndIsOneExceptionForAReader() throws Exception {
        Sereno one = clients.connect("one");
        Codec<Integer> numbers = Codec.of(
                n -> n.toString().getBytes(StandardCharsets.US_ASCII),
                b -> Integer.parseInt(new String(b, StandardCharsets.US_ASCII)));
        topic(one).publish("1");
        topic(one).publish("two");
        topic(one).publish("3");
        Topic<Integer> topic = one.topic("t", numbers);
        try (TopicReader<Integer> reader = topic.reader(new From.Earliest())) {
            assertThat(reader.next().payload()).isEqualTo(1);
            assertThatThrownBy(reader::next).isInstanceOf(NumberFormatException.class);
            assertThat(reader.next().payload()).isEqualTo(3);
        }
        List<Integer> before = new ArrayList<>();
        Subscription subscription = topic.subscribe(new From.Earliest(), message -> before.add(message.payload()));
        assertThatThrownBy(() -> get(subscription.ended())).hasCauseInstanceOf(NumberFormatException.class);
        assertThat(before).containsExactly(1);
    }

    @Test
    void deletingEndsReadersLeavesNothingAndOffsetsStartAgain() throws Exception {
        Topic<String> one = topic(clients.connect("one"));
        Topic<String> two = topic(clients.connect("two"));
        for (int i = 0; i < 100; i++) {
            one.publish("m" + i);
        }
        Subscription listening = two.subscribe(new From.Earliest(), received::add);
        Subscription standing = one.subscribe(received::add);
        for (int i = 0; i < 100; i++) {
            receive();
        }
        TopicReader<String> waiting = two.reader(new From.Now());
        CompletableFuture<Message<String>> asking = Threads.inThread(waiting::next);

        one.delete();

        assertThat(stored("topic/t")).isEmpty();
        for (Subscription subscription : List.of(listening, standing)) {
            assertThatThrownBy(() -> get(subscription.ended()))
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("deleted");
        }
        assertThatThrownBy(() -> asking.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("deleted");
        one.delete();
        assertThat(two.publish("again")).isEqualTo(1);
        assertThat(firstFrom(one, new From.Earliest()).payload()).isEqualTo("again");
    }

    @Test
    void badArgumentsAreRefusedBeforeAnythingIsStored() {
        Sereno one = clients.connect("one");
        Topic<String> topic = topic(one);
        assertThatThrownBy(() -> topic.publish("x".repeat(65_537)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65537")
                .hasMessageContaining("65536");
        assertThatThrownBy(() -> topic.publishAsync("x".repeat(65_537))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> topic.publish("\ud800")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> one.topic("", Codec.utf8())).isInstanceOf(IllegalArgumentException.class);
        String long400 = "n".repeat(400);
        assertThatThrownBy(() -> one.topic(long400, Codec.utf8()).reader(new From.Durable(long400)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("512");
        try (TopicReader<String> reader = topic.reader(new From.Earliest())) {
            assertThatThrownBy(() -> reader.next(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(stored("topic/t")).isEmpty();
        assertThat(topic.publish("x".repeat(65_536))).isEqualTo(1);
    }

    @Test
    void aReaderWaitsUntilItsTimeEndsAndAnInterruptLosesNothing() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        TopicReader<String> reader = topic.reader(new From.Now());
        CompletableFuture<Optional<Message<String>>> waiting = Threads.inThread(() -> reader.next(LONG));
        clients.passUntilDone(waiting, LONG.multipliedBy(2));
        assertThat(waiting.get(20, TimeUnit.SECONDS)).isEmpty();

        CompletableFuture<Thread> who = new CompletableFuture<>();
        CompletableFuture<Message<String>> interrupted = Threads.inThread(() -> {
            who.complete(Thread.currentThread());
            return reader.next();
        });
        who.get(20, TimeUnit.SECONDS).interrupt();
        assertThatThrownBy(() -> interrupted.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
        topic.publish("a");
        assertThat(reader.next().payload()).isEqualTo("a");
    }

    @Test
    void closingEndsWaitingAndLaterCalls() throws Exception {
        Sereno one = clients.connect("one");
        Topic<String> topic = topic(one);
        TopicReader<String> closed = topic.reader(new From.Now());
        CompletableFuture<Message<String>> waiting = Threads.inThread(closed::next);
        closed.close();
        closed.close();
        assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(closed::next).isInstanceOf(IllegalStateException.class);

        TopicReader<String> open = topic.reader(new From.Now());
        Subscription subscription = topic.subscribe(received::add);
        one.close();
        assertThatThrownBy(open::next).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> get(subscription.ended())).hasCauseInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> topic.publish("x")).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> topic.publishAsync("x")).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> topic.subscribe(received::add)).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(topic::delete).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void aClientKeepsNothingOfAnUnusedTopic() throws Exception {
        Client client =
                clients.client("one", clients.store.connect(clients.callbacks), clients.time, clients.callbacks);
        for (int i = 0; i < 1_000; i++) {
            Topic<String> topic = new TopicRecipe<>(client, Directories.below(""), "t" + i, Codec.utf8());
            topic.publish("x");
            try (TopicReader<String> reader = topic.reader(new From.Earliest())) {
                assertThat(reader.next().payload()).isEqualTo("x");
            }
            topic.delete();
            assertThat(stored("topic/t" + i)).isEmpty();
        }
        assertThat(client.shared(TopicFeed.FEEDS).size()).isZero();
        assertThat(client.shared(TopicPublisher.PUBLISHERS).size()).isEqualTo(1_000);
        clients.time.advance(Clients.OPERATION_TIMEOUT.multipliedBy(2));
        assertThat(client.shared(TopicPublisher.PUBLISHERS).size()).isZero();
        Topic<String> again = new TopicRecipe<>(client, Directories.below(""), "t7", Codec.utf8());
        assertThat(again.publish("after a rest")).isEqualTo(1);
        assertThat(client.shared(TopicPublisher.PUBLISHERS).size()).isEqualTo(1);
        client.close();
    }

    @Test
    void manyPublishersThatRunAheadWaitForRoomAndLoseNothing() throws Exception {
        Topic<byte[]> topic =
                clients.connect("one").topic("t", Codec.bytes()).withRetention(new Retention(10, Optional.empty()));
        int each = 1_000;
        CompletableFuture<?>[] all = IntStream.range(0, 4)
                .mapToObj(t -> Threads.inThread(() -> {
                    CompletionStage<Long> last = CompletableFuture.completedFuture(0L);
                    for (int i = 0; i < each; i++) {
                        last = topic.publishAsync(new byte[30_000]);
                    }
                    return get(last);
                }))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(all).get(25, TimeUnit.SECONDS);
        assertThat(topic.publish(new byte[0])).isEqualTo(4 * each + 1);
    }

    @Test
    void aStoreThatAcceptsTheLeastIsEnough() throws Exception {
        Sereno one = clients.connect("one", new LeastBackend(clients.store.connect(clients.callbacks)));
        Topic<byte[]> topic = one.topic("t", Codec.bytes()).withRetention(new Retention(400, Optional.empty()));
        int most = 65_000;
        assertThatThrownBy(() -> topic.publish(new byte[65_536]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65536");
        List<CompletionStage<Long>> stages = new ArrayList<>();
        // Many small messages first, so that the reader requests many at a time, and then too many.
        for (int i = 0; i < 600; i++) {
            topic.publish(new byte[i % 7]);
        }
        for (int i = 600; i < 700; i++) {
            stages.add(topic.publishAsync(new byte[most - i % 3 * 30_000]));
        }
        for (CompletionStage<Long> stage : stages) {
            get(stage);
        }
        Sereno two = clients.connect("two", new LeastBackend(clients.store.connect(clients.callbacks)));
        Topic<byte[]> there = two.topic("t", Codec.bytes());
        try (TopicReader<byte[]> reader = there.reader(new From.Offset(310))) {
            for (long offset = 310; offset <= 700; offset++) {
                Message<byte[]> message = readInVirtualTime(reader);
                assertThat(message.offset()).isEqualTo(offset);
                int number = Math.toIntExact(offset) - 1;
                assertThat(message.payload()).hasSize(number < 600 ? number % 7 : most - number % 3 * 30_000);
            }
        }
        there.delete();
        assertThat(stored("topic/t")).isEmpty();
    }

    private Message<byte[]> readInVirtualTime(TopicReader<byte[]> reader) throws Exception {
        CompletableFuture<Message<byte[]>> next = Threads.inThread(reader::next);
        clients.passUntilDone(next, Duration.ofSeconds(60));
        return next.get();
    }

    @Test
    void anAgeBeyondAllClocksKeepsEverything() {
        Topic<String> topic = topic(clients.connect("one"))
                .withRetention(new Retention(1_000, Optional.of(Duration.ofSeconds(Long.MAX_VALUE))));
        for (int i = 1; i <= 20; i++) {
            assertThat(topic.publish("m")).isEqualTo(i);
        }
        assertThat(stored("topic/t")).hasSize(21);
    }

    @Test
    void aListenerThatFailsAtAGapEndsAndGetsTheGapAgainWhenItContinues() throws Exception {
        Topic<String> topic = topic(clients.connect("one")).withRetention(new Retention(3, Optional.empty()));
        topic.publish("m1");
        From name = new From.Durable("d");
        try (TopicReader<String> first = topic.reader(name)) {
            assertThat(first.next().offset()).isEqualTo(1);
        }
        for (int i = 2; i <= 10; i++) {
            topic.publish("m" + i);
        }
        RuntimeException failure = new IllegalStateException("cannot say so");
        Subscription fails = topic.subscribe(name, new TopicListener<>() {
            @Override
            public void onMessage(Message<String> message) {
                received.add(message);
            }

            @Override
            public void onGap(Gap gap) {
                throw failure;
            }
        });
        assertThatThrownBy(() -> get(fails.ended())).hasCause(failure);
        assertThat(received).isEmpty();
        try (TopicReader<String> again = topic.reader(name)) {
            assertThatThrownBy(again::next)
                    .isInstanceOfSatisfying(
                            MessagesLostException.class,
                            lost -> assertThat(lost.gap()).isEqualTo(new Gap(1, 7)));
            assertThat(again.next().offset()).isEqualTo(8);
        }
    }

    @Test
    void threadsThatAreInterruptedWhileTheyReadLoseNothingAndReadNothingTwice() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        TopicReader<String> reader = topic.reader(new From.Durable("d"));
        int messages = 2_000;
        ConcurrentLinkedQueue<Long> read = new ConcurrentLinkedQueue<>();
        AtomicInteger interrupts = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Thread thread = new Thread(() -> {
                while (read.size() < messages) {
                    try {
                        reader.next(Duration.ofDays(1)).ifPresent(message -> read.add(message.offset()));
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (int i = 0; i < messages; i++) {
            threads.get(i % 3).interrupt();
            topic.publish("m" + i);
        }
        while (threads.stream().anyMatch(Thread::isAlive)) {
            threads.forEach(Thread::interrupt);
            Thread.onSpinWait();
        }
        assertThat(read).doesNotHaveDuplicates().hasSize(messages);
        assertThat(interrupts).hasPositiveValue();
    }
}
