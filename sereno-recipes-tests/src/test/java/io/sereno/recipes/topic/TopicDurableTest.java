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
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TopicDurableTest {
    private static final From LOADER = new From.Durable("loader");

    private final Clients clients = new Clients();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private Topic<String> publisher;

    @BeforeEach
    void publish() {
        publisher = topic(clients.connect("publisher"));
        for (int i = 1; i <= 10; i++) {
            publisher.publish("m" + i);
        }
    }

    @AfterEach
    void close() {
        clients.close();
    }

    private static Topic<String> topic(Sereno sereno) {
        return sereno.topic("t", Codec.utf8());
    }

    private String receive() throws InterruptedException {
        return received.poll(20, TimeUnit.SECONDS);
    }

    /** The position in the store, or 0. */
    private long storedPosition() {
        Backend operator = clients.store.connect(Runnable::run);
        try (operator) {
            List<Entry> found = operator.read(new Query.One("topic/t", "position-loader"))
                    .toCompletableFuture()
                    .join()
                    .entries();
            return found.isEmpty() ? 0 : TopicHeader.number(found.get(0).value(), "next");
        }
    }

    /** Acknowledgements are stored a moment later. */
    private void awaitPosition(long next) {
        while (storedPosition() != next) {
            clients.time.advance(Duration.ofMillis(10));
            Thread.onSpinWait();
        }
    }

    private static boolean isPosition(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write.name().startsWith("position-"));
    }

    @Test
    void aReaderContinuesAfterTheMessagesAcknowledgedBeforeItsClose() throws Exception {
        try (Sereno one = clients.connect("one")) {
            TopicReader<String> reader = topic(one).reader(LOADER);
            for (int i = 1; i <= 4; i++) {
                assertThat(reader.next().payload()).isEqualTo("m" + i);
            }
            reader.close();
        }
        // The fourth was not acknowledged: the fifth was not requested.
        assertThat(storedPosition()).isEqualTo(4);
        try (TopicReader<String> again = topic(clients.connect("two")).reader(LOADER)) {
            assertThat(again.next().payload()).isEqualTo("m4");
            assertThat(again.next().payload()).isEqualTo("m5");
        }
    }

    @Test
    void aMessageThatTheCodecCannotReadIsThrownOnceAndTheNextCallAcknowledgesIt() throws Exception {
        Codec<String> picky = Codec.of(text -> text.getBytes(StandardCharsets.UTF_8), octets -> {
            String text = new String(octets, StandardCharsets.UTF_8);
            if (text.equals("m2")) {
                throw new IllegalArgumentException("cannot read " + text);
            }
            return text;
        });
        try (TopicReader<String> reader =
                clients.connect("one").topic("t", picky).reader(LOADER)) {
            assertThat(reader.next().payload()).isEqualTo("m1");
            assertThatThrownBy(reader::next)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("cannot read m2");
            assertThat(reader.next().payload()).isEqualTo("m3");
            awaitPosition(3);
        }
    }

    @Test
    void positionsOfDifferentNamesAreIndependent() throws Exception {
        Topic<String> topic = topic(clients.connect("one"));
        try (TopicReader<String> a = topic.reader(new From.Durable("a"));
                TopicReader<String> b = topic.reader(new From.Durable("b/%2F"))) {
            assertThat(a.next().payload()).isEqualTo("m1");
            assertThat(a.next().payload()).isEqualTo("m2");
            assertThat(b.next().payload()).isEqualTo("m1");
        }
    }

    @Test
    void handledMessagesAreNotDeliveredAgainAfterAnOrderlyEnd() throws Exception {
        Sereno one = clients.connect("one");
        Subscription subscription = topic(one).subscribe(LOADER, message -> received.add(message.payload()));
        for (int i = 1; i <= 10; i++) {
            assertThat(receive()).isEqualTo("m" + i);
        }
        subscription.close();
        assertThat(storedPosition()).isEqualTo(11);
        publisher.publish("m11");
        topic(clients.connect("two")).subscribe(LOADER, message -> received.add(message.payload()));
        assertThat(receive()).isEqualTo("m11");
    }

    @Test
    void aListenerThatClosesItsSubscriptionHasHandledThatMessage() throws Exception {
        Sereno one = clients.connect("one");
        CompletableFuture<Subscription> self = new CompletableFuture<>();
        self.complete(topic(one).subscribe(LOADER, message -> {
            received.add(message.payload());
            if (message.offset() == 3) {
                self.get().close();
            }
        }));
        self.get().ended().toCompletableFuture().get(20, TimeUnit.SECONDS);
        one.close();
        assertThat(received).containsExactly("m1", "m2", "m3");
        assertThat(storedPosition()).isEqualTo(4);
    }

    @Test
    void onlyOneIsActiveAndTheNextTakesOverWhenItCloses() throws Exception {
        TopicReader<String> active = topic(clients.connect("one")).reader(LOADER);
        TopicReader<String> standby = topic(clients.connect("two")).reader(LOADER);
        assertThat(active.next().payload()).isEqualTo("m1");
        CompletableFuture<Message<String>> waiting = Threads.inThread(standby::next);
        assertThat(active.next().payload()).isEqualTo("m2");
        assertThat(waiting).isNotDone();
        active.close();
        assertThat(waiting.get(20, TimeUnit.SECONDS).payload()).isEqualTo("m2");
    }

    @Test
    void aReaderBehindAnotherFindsNothingInItsTime() throws Exception {
        TopicReader<String> active = topic(clients.connect("one")).reader(LOADER);
        assertThat(active.next().payload()).isEqualTo("m1");
        TopicReader<String> standby = topic(clients.connect("two")).reader(LOADER);
        CompletableFuture<Optional<Message<String>>> waiting =
                Threads.inThread(() -> standby.next(Duration.ofSeconds(1)));
        clients.passUntilDone(waiting, Duration.ofSeconds(60));
        assertThat(waiting.get()).isEmpty();
    }

    @Test
    void anotherTakesOverFromAReaderThatIsCutOffWhichStopsByItself() throws Exception {
        FaultyBackend line = clients.line();
        TopicReader<String> cut = topic(clients.connect("cut", line)).reader(LOADER);
        assertThat(cut.next().payload()).isEqualTo("m1");
        assertThat(cut.next().payload()).isEqualTo("m2");
        awaitPosition(2);
        TopicReader<String> standby = topic(clients.connect("two")).reader(LOADER);
        CompletableFuture<Message<String>> next = Threads.inThread(standby::next);

        line.cutOff(Duration.ofSeconds(1));
        assertThat(cut.next().payload()).isEqualTo("m3"); // It has its turn yet, and has read ahead.
        clients.passUntilDone(next, Duration.ofSeconds(60));
        assertThat(next.get().payload()).isEqualTo("m2");
        CompletableFuture<Optional<Message<String>>> stopped = Threads.inThread(() -> cut.next(Duration.ofSeconds(1)));
        clients.passUntilDone(stopped, Duration.ofSeconds(60));
        assertThatThrownBy(stopped::get).hasMessageContaining("next of topic 't'");

        line.heal();
        assertThat(standby.next().payload()).isEqualTo("m3");
        assertThat(standby.next().payload()).isEqualTo("m4");
        // An acknowledgement of the reader that was cut off does not move the position back.
        awaitPosition(4);
        CompletableFuture<Message<String>> back = Threads.inThread(cut::next);
        standby.close();
        clients.passUntilDone(back, Duration.ofSeconds(60));
        assertThat(back.get().payload()).isEqualTo("m4");
        assertThat(storedPosition()).isEqualTo(4);
    }

    @Test
    void anAcknowledgementWhoseReplyIsLostOrLateIsStoredOnce() throws Exception {
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.refuse(),
                Fate.applyLate(Duration.ofMillis(10)),
                Fate.applyLate(Duration.ofSeconds(30)),
                Fate.delayReply(Duration.ofSeconds(2)));
        int name = 0;
        for (Fate fate : fates) {
            FaultyBackend line = clients.line();
            From from = new From.Durable("n" + name++);
            Sereno one = clients.connect("faulty", line);
            TopicReader<String> reader = topic(one).reader(from);
            for (int i = 1; i <= 3; i++) {
                assertThat(reader.next().payload()).isEqualTo("m" + i);
                line.next(TopicDurableTest::isPosition, fate);
                clients.time.advance(Duration.ofMillis(60));
            }
            reader.close();
            // Waits for a message that is not stored yet, as long as it may.
            CompletableFuture<Boolean> closed = Threads.inThread(() -> {
                one.close();
                return true;
            });
            clients.passUntilDone(closed, Duration.ofSeconds(10));
            clients.time.advance(Duration.ofSeconds(40));
            try (Sereno two = clients.connect("two");
                    TopicReader<String> again = topic(two).reader(from)) {
                assertThat(again.next().payload()).as(fate.toString()).isEqualTo("m3");
            }
        }
    }

    @Test
    void aPositionThatRetentionOvertookIsAGapOnceAlsoAfterARestart() throws Exception {
        Sereno one = clients.connect("one");
        TopicReader<String> reader = topic(one).reader(LOADER);
        assertThat(reader.next().payload()).isEqualTo("m1");
        assertThat(reader.next().payload()).isEqualTo("m2");
        one.close();
        Topic<String> few = publisher.withRetention(new Retention(2, Optional.empty()));
        few.publish("m11");
        few.publish("m12");
        few.publish("m13");

        try (Sereno two = clients.connect("two")) {
            TopicReader<String> behind = topic(two).reader(LOADER);
            assertThatThrownBy(behind::next)
                    .isInstanceOfSatisfying(
                            MessagesLostException.class,
                            lost -> assertThat(lost.gap()).isEqualTo(new Gap(2, 11)));
            assertThat(behind.next().payload()).isEqualTo("m12");
        }
        try (TopicReader<String> again = topic(clients.connect("three")).reader(LOADER)) {
            assertThat(again.next().payload()).isEqualTo("m12");
        }
    }

    @Test
    void aDeletedTopicForgetsItsPositionsAndEndsThoseWhoWait() throws Exception {
        TopicReader<String> active = topic(clients.connect("one")).reader(LOADER);
        TopicReader<String> standby = topic(clients.connect("two")).reader(LOADER);
        assertThat(active.next().payload()).isEqualTo("m1");
        assertThat(active.next().payload()).isEqualTo("m2");
        awaitPosition(2);
        CompletableFuture<Message<String>> waiting = Threads.inThread(standby::next);

        publisher.delete();

        assertThatThrownBy(() -> waiting.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("deleted");
        assertThatThrownBy(() -> {
                    while (true) {
                        active.next();
                    }
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("deleted");
        assertThat(storedPosition()).isZero();
        publisher.publish("new");
        try (TopicReader<String> reader = topic(clients.connect("three")).reader(LOADER)) {
            assertThat(reader.next().payload()).isEqualTo("new");
        }
    }

    @Test
    void aReaderOfATopicThatDoesNotExistYetIsThereWhenItDoes() throws Exception {
        Sereno one = clients.connect("one");
        Topic<String> fresh = one.topic("fresh", Codec.utf8());
        CountDownLatch first = new CountDownLatch(1);
        fresh.subscribe(LOADER, message -> {
            received.add(message.payload());
            first.countDown();
        });
        clients.connect("two").topic("fresh", Codec.utf8()).publish("a");
        assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
        one.close();
        clients.connect("two").topic("fresh", Codec.utf8()).publish("b");
        try (TopicReader<String> again =
                clients.connect("three").topic("fresh", Codec.utf8()).reader(LOADER)) {
            assertThat(again.next().payload()).isEqualTo("b");
        }
    }

    @Test
    void aNameIsKnownFromItsFirstReadersTurnOn() throws Exception {
        try (Sereno one = clients.connect("one");
                TopicReader<String> reader = topic(one).reader(LOADER)) {
            assertThat(reader.next().payload()).isEqualTo("m1"); // Not acknowledged.
        }
        assertThat(storedPosition()).isEqualTo(1);
        publisher.withRetention(new Retention(2, Optional.empty())).publish("m11");
        publisher.withRetention(new Retention(2, Optional.empty())).publish("m12");
        try (TopicReader<String> reader = topic(clients.connect("two")).reader(LOADER)) {
            assertThatThrownBy(reader::next).isInstanceOf(MessagesLostException.class);
        }
    }

    @Test
    void aClientThatClosesWaitsForThePositionOfAReaderThatWasClosedBefore() throws Exception {
        FaultyBackend line = clients.line();
        Sereno one = clients.connect("one", line);
        TopicReader<String> reader = topic(one).reader(LOADER);
        assertThat(reader.next().payload()).isEqualTo("m1");
        assertThat(reader.next().payload()).isEqualTo("m2");
        line.next(TopicDurableTest::isPosition, Fate.refuse());
        reader.close();
        CompletableFuture<Boolean> closed = Threads.inThread(() -> {
            one.close();
            return true;
        });
        clients.passUntilDone(closed, Duration.ofSeconds(10));
        assertThat(storedPosition()).isEqualTo(2);
    }

    @Test
    void aReaderThatLostItsTurnWithinABatchContinuesWhereItsSuccessorStopped() throws Exception {
        storeOneBatch("one-batch", List.of("a", "b", "c", "d", "e", "f"));
        FaultyBackend line = clients.line();
        TopicReader<String> cut =
                clients.connect("cut", line).topic("one-batch", Codec.utf8()).reader(LOADER);
        assertThat(cut.next().payload()).isEqualTo("a");
        assertThat(cut.next().payload()).isEqualTo("b");
        line.cutOff(Duration.ofSeconds(1));
        Sereno two = clients.connect("two");
        TopicReader<String> successor = two.topic("one-batch", Codec.utf8()).reader(LOADER);
        CompletableFuture<Message<String>> first = Threads.inThread(successor::next);
        clients.passUntilDone(first, Duration.ofSeconds(60));
        assertThat(first.get().payload()).isEqualTo("a");
        for (String payload : List.of("b", "c", "d", "e")) {
            assertThat(successor.next().payload()).isEqualTo(payload);
        }
        two.close();
        line.heal();
        CompletableFuture<Message<String>> next = Threads.inThread(cut::next);
        clients.passUntilDone(next, Duration.ofSeconds(60));
        assertThat(next.get().payload()).isEqualTo("e");
    }

    private void storeOneBatch(String topic, List<String> payloads) {
        String directory = "topic/" + topic;
        Backend operator = clients.store.connect(Runnable::run);
        try (operator) {
            long stream = commit(operator, Commit.to(directory).put(TopicHeader.NAME, TopicHeader.value(1, 1, "")));
            List<byte[]> messages = payloads.stream()
                    .map(payload -> payload.getBytes(StandardCharsets.UTF_8))
                    .toList();
            commit(
                    operator,
                    Commit.to(directory)
                            .put(TopicHeader.NAME, TopicHeader.value(payloads.size() + 1, 1, "id-1"))
                            .put(
                                    TopicBatch.nameOf(1),
                                    TopicBatch.encode(stream, "id-1", "", "by hand", clients.time.wall(), messages)));
        }
    }

    private static long commit(Backend backend, Commit.Builder commit) {
        CommitResult result =
                backend.commit(commit.build()).toCompletableFuture().join();
        return ((CommitResult.Committed) result).revision();
    }

    /** Time does not move, so that nothing is waited for. */
    @ParameterizedTest
    @ValueSource(strings = {"header", "position-d"})
    void aDurableSubscriptionThatMeetsAnUnreadableEntryEndsAtOnce(String entry) throws Exception {
        Sereno here = clients.connect("here");
        here.topic("t", Codec.utf8()).publish("m");
        clients.store
                .connect(Runnable::run)
                .commit(Commit.to("topic/t").put(entry, Bytes.utf8("garbage")).build())
                .toCompletableFuture()
                .join();

        Subscription subscription = here.topic("t", Codec.utf8()).subscribe(new From.Durable("d"), message -> {});

        assertThat(subscription.ended().toCompletableFuture())
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(UnreadableEntryException.class);
        subscription.close();
        assertThat(clients.time.elapsed()).isZero();
    }
}
