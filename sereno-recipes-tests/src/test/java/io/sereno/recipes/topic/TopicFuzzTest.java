package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Retention;
import io.sereno.SerenoException;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.properties.Messages;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Threads of three clients publish over lines that lose, delay and reorder one request in eight, to listeners that are slow, that fail, and that go
 * and come back; in a second test the topic is deleted meanwhile, again and again.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TopicFuzzTest {
    private static final int CLIENTS = 3;
    private static final int THREADS = 2;
    private static final int EACH = 120;

    private final Clients clients = new Clients();
    private final List<Topic<String>> topics = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
    private Messages messages = new Messages(false);
    private volatile boolean isDeleted;

    @AfterEach
    void close() {
        clients.close();
    }

    private void connect() {
        List<Fate> fates = List.of(
                Fate.refuse(),
                Fate.loseRequest(),
                Fate.loseReply(),
                Fate.loseReply().givenUpAfter(Duration.ofMillis(100)),
                Fate.applyLate(Duration.ofMillis(40)),
                Fate.loseSnapshot(),
                Fate.delayRequest(Duration.ofMillis(30)),
                Fate.delayReply(Duration.ofMillis(30)));
        for (int i = 0; i < CLIENTS; i++) {
            FaultyBackend line =
                    new FaultyBackend(clients.store.connect(clients.callbacks), clients.time, clients.callbacks);
            for (Fate fate : fates) {
                line.each(sometimes(8 * fates.size()), fate);
            }
            topics.add(topic(line, "client-" + i));
        }
    }

    private Topic<String> topic(Backend backend, String nodeId) {
        return clients.connect(nodeId, backend)
                .topic("t", Codec.utf8())
                .withRetention(new Retention(200, Optional.empty()));
    }

    private static Predicate<Request> sometimes(int oneIn) {
        return request -> {
            boolean ofTopic = request instanceof Request.Commit commit
                    ? commit.commit().directory().equals("topic/t")
                    : request instanceof Request.Read read
                            && read.query().directory().equals("topic/t");
            return ofTopic && ThreadLocalRandom.current().nextInt(oneIn) == 0;
        };
    }

    /** Receives everything in order, however it behaves meanwhile. */
    private class Receiver implements TopicListener<String> {
        private final Topic<String> topic;
        private final Messages.Reader reader = messages.reader();
        private volatile CompletableFuture<Subscription> subscription = new CompletableFuture<>();
        private boolean again;

        Receiver(Topic<String> topic) {
            this.topic = topic;
        }

        final Receiver listen() {
            CompletableFuture<Subscription> mine = new CompletableFuture<>();
            subscription = mine;
            mine.complete(topic.subscribe(new From.Offset(reader.next()), this));
            var unused = mine.join().ended().whenComplete((done, failure) -> {
                boolean deleted =
                        failure != null && String.valueOf(failure.getMessage()).contains("deleted");
                if (deleted && !isDeleted) {
                    faults.add("notified of a deletion that did not happen");
                }
                if (deleted || failure == null) {
                    // Its position may belong to another stream by now.
                    if (isDeleted) {
                        reader.begin(1);
                    }
                    listen();
                } else if (!(failure instanceof SerenoException)) {
                    faults.add("ended: " + failure);
                }
            });
            return this;
        }

        @Override
        public void onMessage(Message<String> message) throws Exception {
            reader.onMessage(message);
            handle(message);
        }

        void handle(Message<String> message) throws Exception {}

        @Override
        public void onGap(Gap gap) {
            reader.onGap(gap);
        }

        @Override
        public Reaction onFailure(Message<String> message, Exception failure) {
            again = !again;
            reader.begin(again ? message.offset() : message.offset() + 1);
            return again ? Reaction.RETRY : Reaction.SKIP;
        }
    }

    private final class Slow extends Receiver {
        Slow(Topic<String> topic) {
            super(topic);
        }

        @Override
        void handle(Message<String> message) {
            for (int i = 0; i < 5_000; i++) {
                Thread.onSpinWait();
            }
        }
    }

    private final class Failing extends Receiver {
        Failing(Topic<String> topic) {
            super(topic);
        }

        @Override
        void handle(Message<String> message) throws Exception {
            if (message.offset() % 40 == 0) {
                throw new Exception("on purpose");
            }
        }
    }

    /** Ends in its own callback, and listens again. */
    private final class Fickle extends Receiver {
        Fickle(Topic<String> topic) {
            super(topic);
        }

        @Override
        void handle(Message<String> message) {
            if (message.offset() % 50 == 0 && ThreadLocalRandom.current().nextBoolean()) {
                super.subscription.join().close();
            }
        }
    }

    private List<Receiver> listen() {
        List<Receiver> receivers = new ArrayList<>();
        for (Topic<String> topic : topics) {
            for (Receiver receiver :
                    List.of(new Receiver(topic), new Slow(topic), new Failing(topic), new Fickle(topic))) {
                receivers.add(receiver.listen());
            }
        }
        return receivers;
    }

    private CompletableFuture<?> publish() {
        return CompletableFuture.allOf(IntStream.range(0, CLIENTS * THREADS)
                .mapToObj(t -> Threads.inThread(() -> {
                    Topic<String> topic = topics.get(t % CLIENTS);
                    for (int i = 0; i < EACH; i++) {
                        Messages.Publication publication = messages.next("thread-" + t);
                        CompletableFuture<Long> stage = topic.publishAsync(publication.payload())
                                .whenComplete(publication::ended)
                                .toCompletableFuture();
                        if (i % 8 == 0) {
                            stage.exceptionally(failure -> 0L).get();
                        }
                    }
                    return true;
                }))
                .toArray(CompletableFuture[]::new));
    }

    /** Lets time pass at about the pace of a clock, so that it does not run ahead of the threads. */
    private void passUntilDone(CompletableFuture<?> result) throws Exception {
        while (true) {
            try {
                result.get(1, TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException notYet) {
                clients.time.advance(Duration.ofMillis(3));
            }
        }
    }

    private void passUntil(BooleanSupplier condition) throws Exception {
        passUntilDone(Threads.inThread(() -> {
            while (!condition.getAsBoolean() && isRight()) {
                Thread.onSpinWait();
            }
            return true;
        }));
    }

    private boolean isRight() {
        return faults.isEmpty() && messages.wrong().isEmpty();
    }

    private void requireAllReadUpTo(List<Receiver> receivers, long last) throws Exception {
        passUntil(() -> receivers.stream().allMatch(receiver -> receiver.reader.next() == last + 1));
        assertThat(faults).isEmpty();
        assertThat(messages.wrong()).isEmpty();
    }

    @Test
    void allListenersGetTheSameMessagesAndEveryPublisherTheTrueOutcome() throws Exception {
        connect();
        List<Receiver> receivers = listen();
        passUntilDone(publish());
        passUntil(() -> messages.open() == 0);
        long last = topic(clients.store.connect(clients.callbacks), "last").publish("last");
        requireAllReadUpTo(receivers, last);
        assertThat(last).as("some were published").isGreaterThan(1);
    }

    @Test
    void aTopicThatIsDeletedAgainAndAgainLeavesNothingAndServesWhoComesNext() throws Exception {
        connect();
        isDeleted = true;
        messages = new Messages(true);
        List<Receiver> receivers = listen();
        Topic<String> clean = topic(clients.store.connect(clients.callbacks), "clean");
        CompletableFuture<?> publishing = publish();
        CompletableFuture<?> deleting = Threads.inThread(() -> {
            while (!publishing.isDone()) {
                clean.delete();
                topics.get(0)
                        .publishAsync("between")
                        .toCompletableFuture()
                        .exceptionally(failure -> 0L)
                        .get();
            }
            return true;
        });
        passUntilDone(publishing);
        passUntilDone(deleting);
        passUntil(() -> messages.open() == 0);
        // Late requests are over too.
        passUntilDone(Threads.inThread(() -> clients.time.elapsed()));
        clients.time.advance(Duration.ofSeconds(1));
        clean.delete();
        assertThat(clients.store
                        .connect(Runnable::run)
                        .read(new Query.All("topic/t"))
                        .toCompletableFuture()
                        .join()
                        .entries())
                .isEmpty();
        assertThat(clean.publish("new")).isEqualTo(1);
        long last = clean.publish("last");
        requireAllReadUpTo(receivers, last);
    }
}
