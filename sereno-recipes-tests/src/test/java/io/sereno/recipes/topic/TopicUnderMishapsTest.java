package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Retention;
import io.sereno.SerenoClosedException;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.recipes.Clients;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each request of a publisher and of a reader meets each fate once, in virtual time and in the one thread of the test. */
class TopicUnderMishapsTest {
    private static final String DIRECTORY = "topic/t";

    /** Requests of one kind: the n-th meets the fate. */
    record Mishap(String kind, Predicate<Request> which, int occurrence, Fate fate, int kept) {
        @Override
        public String toString() {
            return kind + " " + occurrence + ": " + fate + ", " + kept + " messages kept";
        }
    }

    static Stream<Mishap> mishaps() {
        List<Fate> fates = List.of(
                Fate.refuse(),
                Fate.loseRequest(),
                Fate.loseReply(),
                Fate.loseReply().givenUpAfter(Duration.ofSeconds(5)),
                Fate.applyLate(Duration.ofMillis(5)),
                Fate.applyLate(Duration.ofMillis(120)),
                Fate.applyLate(Duration.ofSeconds(4)),
                Fate.applyLate(Duration.ofSeconds(20)),
                Fate.delayRequest(Duration.ofMillis(70)),
                Fate.delayRequest(Duration.ofSeconds(10)),
                Fate.delayReply(Duration.ofMillis(70)),
                Fate.delayReply(Duration.ofSeconds(10)));
        Map<String, Predicate<Request>> kinds = new LinkedHashMap<>();
        kinds.put("commit", Request.commitsTo(DIRECTORY));
        kinds.put(
                "read",
                request -> request instanceof Request.Read read
                        && read.query().directory().equals(DIRECTORY));
        kinds.put("watch", Request.OpenWatch.class::isInstance);
        return kinds.entrySet().stream()
                .flatMap(kind -> IntStream.range(0, 14)
                        .boxed()
                        .flatMap(occurrence -> fates.stream()
                                .flatMap(fate -> Stream.of(1_000, 2)
                                        .map(kept ->
                                                new Mishap(kind.getKey(), kind.getValue(), occurrence, fate, kept)))));
    }

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final Map<String, CompletableFuture<Long>> published = new LinkedHashMap<>();

    /** The events of one reader, offset by offset; null for a gap. */
    private static final class Ear implements TopicListener<String> {
        private final List<String> faults = new ArrayList<>();
        private final Map<Long, String> heard = new TreeMap<>();
        private long next = 1;

        @Override
        public void onMessage(Message<String> message) {
            tell(message.offset(), message.offset());
            heard.put(message.offset(), message.payload());
        }

        @Override
        public void onGap(Gap gap) {
            tell(gap.firstOffset(), gap.lastOffset());
        }

        private void tell(long first, long last) {
            if (first != next) {
                faults.add("received offset " + first + ", and " + next + " was expected");
            }
            next = last + 1;
        }
    }

    private Client connect(String id, FaultyBackend line) {
        Settings settings = new Settings(
                id,
                "",
                Clients.TTL,
                Clients.OPERATION_TIMEOUT,
                line.time(),
                Runnable::run,
                Runnable::run,
                Hooks.NONE,
                "memory",
                List.of());
        Client client = new Client(settings, line, false);
        client.open();
        return client;
    }

    private FaultyBackend line() {
        return new FaultyBackend(store.connect(Runnable::run), time, Runnable::run);
    }

    private static Topic<String> topic(Client client, int kept) {
        return new TopicRecipe<>(client, Directories.below(""), "t", Codec.utf8())
                .withRetention(new Retention(kept, Optional.empty()));
    }

    private void publish(Topic<String> topic, String payload) {
        published.put(payload, topic.publishAsync(payload).toCompletableFuture());
    }

    @ParameterizedTest
    @MethodSource("mishaps")
    void everyMessageIsStoredOnceAtTheReportedOffsetOrReportedAsNotAppliedOrUnknown(Mishap mishap) {
        FaultyBackend victims = line();
        AtomicInteger count = new AtomicInteger();
        victims.each(
                request -> mishap.which().test(request) && count.getAndIncrement() == mishap.occurrence(),
                mishap.fate());
        Topic<String> victim = topic(connect("victim", victims), mishap.kept());
        Topic<String> other = topic(connect("other", line()), mishap.kept());
        Ear victimsEar = new Ear();
        Ear othersEar = new Ear();
        victim.subscribe(new From.Offset(1), victimsEar);
        other.subscribe(new From.Offset(1), othersEar);
        for (int i = 0; i < 8; i++) {
            publish(victim, "a" + i);
            publish(victim, "b" + i);
            if (i % 2 == 0) {
                publish(other, "c" + i);
            }
            time.advance(Duration.ofMillis(20));
        }
        time.advance(Duration.ofSeconds(60));

        assertThat(published.values()).allMatch(CompletableFuture::isDone);
        publish(other, "last");
        time.advance(Duration.ofSeconds(20));
        judge(othersEar, victimsEar);
    }

    private void judge(Ear... ears) {
        long last = stage("last").join();
        for (Ear ear : ears) {
            assertThat(ear.faults).isEmpty();
            assertThat(ear.next).isEqualTo(last + 1);
        }
        Map<Long, String> log = new TreeMap<>();
        for (Ear ear : ears) {
            ear.heard.forEach((offset, payload) ->
                    assertThat(log.merge(offset, payload, (one, two) -> one)).isEqualTo(payload));
        }
        assertThat(log.values()).doesNotHaveDuplicates();
        List<Long> ofVictim = new ArrayList<>();
        published.forEach((payload, stage) -> {
            if (!stage.isCompletedExceptionally()) {
                long offset = stage.join();
                assertThat(log.getOrDefault(offset, payload)).isEqualTo(payload);
                if (!payload.startsWith("c")) {
                    ofVictim.add(offset);
                }
            } else if (causeOf(stage) instanceof NotAppliedException) {
                assertThat(log).doesNotContainValue(payload);
            } else {
                assertThat(causeOf(stage)).isInstanceOf(OutcomeUnknownException.class);
            }
        });
        assertThat(ofVictim).isSorted();
    }

    private CompletableFuture<Long> stage(String payload) {
        return Objects.requireNonNull(published.get(payload));
    }

    private static Throwable causeOf(CompletableFuture<Long> stage) {
        assertThat(stage).isCompletedExceptionally();
        Throwable failure = stage.handle((offset, thrown) -> thrown).join();
        return Objects.requireNonNull(failure instanceof CompletionException ? failure.getCause() : failure);
    }

    @Test
    void aPublisherThatIsCutOffReportsTheTruthAndContinuesAfterwards() {
        FaultyBackend victims = line();
        Topic<String> victim = topic(connect("victim", victims), 1_000);
        Ear ear = new Ear();
        victim.subscribe(new From.Offset(1), ear);
        publish(victim, "before");
        victims.cutOff(Duration.ofSeconds(3));
        publish(victim, "sent");
        time.advance(Duration.ofMillis(2_999));
        publish(victim, "waits");
        assertThat(stage("sent")).isNotDone();
        time.advance(Duration.ofMillis(2_001));
        assertThat(causeOf(stage("sent")))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("publish of topic 't' on memory");
        assertThat(stage("waits")).isNotDone();
        time.advance(Duration.ofMillis(2_999));
        // It was waiting behind the other, and was never sent, or was sent with it with an unknown outcome.
        assertThat(stage("waits")).isCompletedExceptionally();

        victims.heal();
        publish(victim, "after");
        time.advance(Duration.ofSeconds(10));
        assertThat(stage("after").join()).isEqualTo(2);
        assertThat(ear.heard.values()).containsExactly("before", "after");
    }

    @Test
    void aClosingClientDistinguishesSentFromUnsentMessages() {
        FaultyBackend line = line();
        Client closing = connect("closing", line);
        Topic<String> topic = topic(closing, 1_000);
        publish(topic, "before");
        line.cutOff(Duration.ofSeconds(5));
        publish(topic, "sent");
        publish(topic, "waits");
        closing.shared(TopicPublisher.PUBLISHERS).close();
        assertThat(stage("before").join()).isEqualTo(1);
        assertThat(causeOf(stage("sent"))).isInstanceOf(OutcomeUnknownException.class);
        assertThat(causeOf(stage("waits"))).isInstanceOf(SerenoClosedException.class);
        publish(topic, "late");
        assertThat(causeOf(stage("late"))).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void aMessageDeletedBeforeItsOutcomeWasKnownIsNotPublishedAgain() {
        Topic<String> other = topic(connect("other", line()), 1_000);
        publish(other, "old");
        FaultyBackend line = line();
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        publish(topic(connect("victim", line), 1_000), "lost");
        assertThat(stage("lost")).isNotDone();
        assertThat(TopicRemoval.of(new Scope(connect("deleting", line()), "topic", "t", DIRECTORY)))
                .isCompleted();
        publish(other, "new");
        publish(other, "newer");

        time.advance(Duration.ofSeconds(4));

        assertThat(causeOf(stage("lost"))).isInstanceOf(OutcomeUnknownException.class);
        Ear ear = new Ear();
        other.subscribe(new From.Earliest(), ear);
        assertThat(ear.heard.values()).containsExactly("new", "newer");
    }

    @Test
    void aDeletionThatWasInterruptedIsFinishedByWhoPublishesNext() {
        for (int lost = 1; lost <= 6; lost++) {
            FaultyBackend line = line();
            Client dying = connect("dying", line);
            Topic<String> first = topic(connect("first", line()), 1_000);
            for (int i = 0; i < 100; i++) {
                publish(first, "m" + i);
            }
            time.advance(Duration.ofSeconds(1));
            AtomicInteger commits = new AtomicInteger();
            int fatal = lost;
            line.each(
                    request -> Request.commitsTo(DIRECTORY).test(request) && commits.incrementAndGet() >= fatal,
                    Fate.loseRequest());
            CompletableFuture<Void> deleting = TopicRemoval.of(new Scope(dying, "topic", "t", DIRECTORY));
            time.advance(Duration.ofSeconds(10));
            assertThat(deleting).isCompletedExceptionally();

            published.clear();
            publish(first, "new");
            time.advance(Duration.ofSeconds(10));
            long expected = lost == 1 ? 101 : 1;
            assertThat(stage("new").join()).as("after " + lost).isEqualTo(expected);
            if (lost > 1) {
                Ear ear = new Ear();
                first.subscribe(new From.Offset(1), ear);
                assertThat(ear.heard).containsExactly(Map.entry(1L, "new"));
            }
            CompletableFuture<Void> again =
                    TopicRemoval.of(new Scope(connect("again", line()), "topic", "t", DIRECTORY));
            time.advance(Duration.ofSeconds(1));
            assertThat(again).isCompleted();
        }
    }

    @Test
    void aFirstMessageThatMeetsADeletionUnderWayIsNotTakenByIt() {
        FaultyBackend slow = line();
        Topic<String> late = topic(connect("late", slow), 1_000);
        slow.next(Request.commitsTo(DIRECTORY), Fate.delayRequest(Duration.ofMillis(100)));
        publish(late, "late"); // Finds no topic, and begins one.
        Topic<String> other = topic(connect("other", line()), 1_000);
        publish(other, "old");
        FaultyBackend slower = line();
        Client deleting = connect("deleting", slower);
        slower.next(Request.commitsTo(DIRECTORY), Fate.pass());
        slower.next(Request.commitsTo(DIRECTORY), Fate.delayRequest(Duration.ofMillis(200)));
        var gone = TopicRemoval.of(new Scope(deleting, "topic", "t", DIRECTORY));
        assertThat(gone).isNotDone();

        time.advance(Duration.ofSeconds(3));

        assertThat(gone).isCompleted();
        assertThat(stage("late").join()).isEqualTo(1);
        Ear ear = new Ear();
        other.subscribe(new From.Earliest(), ear);
        assertThat(ear.heard).containsExactly(Map.entry(1L, "late"));
    }

    @Test
    void aReaderThatComesAfterADeletionWhichOthersHaveNotSeenYetReadsTheNextStream() {
        FaultyBackend slow = line();
        Client client = connect("slow", slow);
        Topic<String> topic = topic(client, 1_000);
        topic.subscribe(new From.Offset(1), new Ear());
        publish(topic, "old");
        time.advance(Duration.ofSeconds(1));
        slow.each(
                request -> request instanceof Request.Read read && read.query() instanceof Query.Range,
                Fate.delayReply(Duration.ofSeconds(2)));
        assertThat(TopicRemoval.of(new Scope(connect("deleting", line()), "topic", "t", DIRECTORY)))
                .isCompleted();

        Ear ear = new Ear();
        Subscription subscription = topic.subscribe(new From.Offset(1), ear);
        time.advance(Duration.ofSeconds(10));
        publish(topic(connect("other", line()), 1_000), "new");
        time.advance(Duration.ofSeconds(10));

        assertThat(subscription.ended().toCompletableFuture()).isNotDone();
        assertThat(ear.heard).containsExactly(Map.entry(1L, "new"));
    }

    /** The feed steps its readers when it has found something. One that searches the store at that moment has to look again by itself. */
    @Test
    void aMessageThatTheFeedFindsWhileAReaderSearchesIsDelivered() {
        FaultyBackend line = line();
        Topic<String> topic = topic(connect("reading", line), 1_000);
        topic.subscribe(new Ear()); // The feed knows that there is no topic yet.
        Topic<String> other = topic(connect("other", line()), 1_000);
        line.holdNotices();
        publish(other, "one");
        Duration ofFeed = Duration.ofMillis(10);
        line.next(TopicUnderMishapsTest::readsHeader, Fate.delayReply(ofFeed)); // The feed looks.
        line.next(TopicUnderMishapsTest::readsHeader, Fate.pass()); // The reader looks which stream there is.
        line.next(
                TopicUnderMishapsTest::readsHeader,
                Fate.delayReply(ofFeed.multipliedBy(3))); // Its search finds nothing.
        List<String> heard = new ArrayList<>();

        topic.subscribe(new From.Offset(2), message -> heard.add(message.payload()));
        time.advance(ofFeed);
        publish(other, "two");
        line.releaseNotices();
        assertThat(heard).isEmpty();
        time.advance(ofFeed.multipliedBy(3));

        assertThat(heard).containsExactly("two");
    }

    private static boolean readsHeader(Request request) {
        return request instanceof Request.Read read && read.query().equals(new Query.One(DIRECTORY, TopicHeader.NAME));
    }
}
