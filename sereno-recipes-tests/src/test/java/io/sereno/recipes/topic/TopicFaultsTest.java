package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.OutcomeUnknownException;
import io.sereno.Retention;
import io.sereno.SerenoClosedException;
import io.sereno.Subscription;
import io.sereno.Topic;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Faults of chosen requests of publishers, readers and deletions, in virtual time and in the one thread of the test. */
class TopicFaultsTest {
    private static final String DIRECTORY = "topic/t";

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final Map<String, CompletableFuture<Long>> published = new LinkedHashMap<>();

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

    private static List<String> receive(Topic<String> topic, From from) {
        List<String> received = new ArrayList<>();
        topic.subscribe(from, message -> received.add(message.offset() + " " + message.payload()));
        return received;
    }

    private void publish(Topic<String> topic, String payload) {
        published.put(payload, topic.publishAsync(payload).toCompletableFuture());
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
        List<String> received = receive(victim, new From.Offset(1));
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
        assertThat(received).containsExactly("1 before", "2 after");
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
        assertThat(receive(other, new From.Earliest())).containsExactly("1 new", "2 newer");
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
                assertThat(receive(first, new From.Offset(1))).containsExactly("1 new");
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
        assertThat(receive(other, new From.Earliest())).containsExactly("1 late");
    }

    @Test
    void aReaderThatComesAfterADeletionWhichOthersHaveNotSeenYetReadsTheNextStream() {
        FaultyBackend slow = line();
        Client client = connect("slow", slow);
        Topic<String> topic = topic(client, 1_000);
        topic.subscribe(new From.Offset(1), message -> {});
        publish(topic, "old");
        time.advance(Duration.ofSeconds(1));
        slow.each(
                request -> request instanceof Request.Read read && read.query() instanceof Query.Range,
                Fate.delayReply(Duration.ofSeconds(2)));
        assertThat(TopicRemoval.of(new Scope(connect("deleting", line()), "topic", "t", DIRECTORY)))
                .isCompleted();

        List<String> received = new ArrayList<>();
        Subscription subscription = topic.subscribe(new From.Offset(1), message -> received.add(message.payload()));
        time.advance(Duration.ofSeconds(10));
        publish(topic(connect("other", line()), 1_000), "new");
        time.advance(Duration.ofSeconds(10));

        assertThat(subscription.ended().toCompletableFuture()).isNotDone();
        assertThat(received).containsExactly("new");
    }

    /** The feed steps its readers when it has found something. One that searches the store at that moment has to look again by itself. */
    @Test
    void aMessageThatTheFeedFindsWhileAReaderSearchesIsDelivered() {
        FaultyBackend line = line();
        Topic<String> topic = topic(connect("reading", line), 1_000);
        topic.subscribe(message -> {}); // The feed knows that there is no topic yet.
        Topic<String> other = topic(connect("other", line()), 1_000);
        line.holdNotices();
        publish(other, "one");
        Duration ofFeed = Duration.ofMillis(10);
        line.next(TopicFaultsTest::readsHeader, Fate.delayReply(ofFeed)); // The feed looks.
        line.next(TopicFaultsTest::readsHeader, Fate.pass()); // The reader looks which stream there is.
        line.next(TopicFaultsTest::readsHeader, Fate.delayReply(ofFeed.multipliedBy(3))); // Its search finds nothing.

        List<String> received = receive(topic, new From.Offset(2));
        time.advance(ofFeed);
        publish(other, "two");
        line.releaseNotices();
        assertThat(received).isEmpty();
        time.advance(ofFeed.multipliedBy(3));

        assertThat(received).containsExactly("2 two");
    }

    private static boolean readsHeader(Request request) {
        return request instanceof Request.Read read && read.query().equals(new Query.One(DIRECTORY, TopicHeader.NAME));
    }
}
