package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.counter.CounterRecipe;
import io.sereno.recipes.kernel.EntryRemoval;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.recipes.topic.TopicRemoval;
import io.sereno.recipes.value.SharedValueRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A deletion whose time is up reports the truth, and does nothing after that: the present entries may belong to others. */
@Timeout(30)
class LateDeletionTest {
    private static final Duration ALMOST = Clients.OPERATION_TIMEOUT.plusMillis(240);

    private final Clients clients = new Clients();
    private final Backend observer = clients.store.connect(Runnable::run);
    private final FaultyBackend line = clients.line();
    private final SerenoClient here = clients.connect("here", line);

    @AfterEach
    void close() {
        clients.close();
    }

    @BeforeEach
    void store() throws InterruptedException {
        here.barrier("x", 1).await("a");
        Threads.until(() -> entries("barrier/x").size() == 1);
        here.counter("x").set(3);
        here.waitGroup("x").add(3);
        here.value("x", Codec.utf8()).set("former");
        here.map("x", Codec.utf8()).at("a").set("former");
        here.map("x", Codec.utf8()).at("b").set("former");
        here.topic("x", Codec.utf8()).publish("m");
    }

    private CompletableFuture<Void> deleteCounter() {
        Scope scope = new Scope(here.client(), "counter", "x", "counter/x");
        return new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), CounterRecipe.VALUE).start();
    }

    private CompletableFuture<Void> deleteTopic() {
        return TopicRemoval.of(new Scope(here.client(), "topic", "x", "topic/x"));
    }

    private CompletableFuture<Void> deleteValue() {
        Scope scope = new Scope(here.client(), "value", "x", "value/x");
        return new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), SharedValueRecipe.VALUE).start();
    }

    private CompletableFuture<Void> deleteMap() {
        Scope scope = new Scope(here.client(), "map", "x", "map/x");
        return EntryRemoval.ofAll(scope.kernel(), scope, "delete", scope.directory(), "k-")
                .start();
    }

    private CompletableFuture<Void> deleteWaitGroup() {
        Scope scope = new Scope(here.client(), "wait group", "x", "waitgroup/x");
        return new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), "h").start();
    }

    private CompletableFuture<Void> deleteBarrier() {
        Scope scope = new Scope(here.client(), "barrier", "x", "barrier/x");
        return new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), "h").start();
    }

    @Test
    void aCounterThatWasReportedAsNotDeletedIsNotDeletedLater() {
        isNotAppliedLater("counter/x", LateDeletionTest::deleteCounter);
    }

    @Test
    void aMapThatWasReportedAsNotDeletedIsNotDeletedLater() {
        isNotAppliedLater("map/x", LateDeletionTest::deleteMap);
    }

    @Test
    void aTopicThatWasReportedAsNotDeletedIsNotDeletedLater() {
        isNotAppliedLater("topic/x", LateDeletionTest::deleteTopic);
    }

    /** The request that it waits for when its time is up still arrives. */
    private void isNotAppliedLater(String directory, Function<LateDeletionTest, CompletableFuture<Void>> begin) {
        Predicate<Request> reads = request ->
                request instanceof Request.Read read && read.query().directory().equals(directory);
        Runnable outage = line.each(reads, Fate.refuse());
        CompletableFuture<Void> deletion = begin.apply(this);
        clients.time.advance(Duration.ofMillis(500));
        outage.run();
        line.each(reads, Fate.delayReply(ALMOST));
        clients.time.advance(ALMOST);
        assertThat(deletion)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(NotAppliedException.class);
        List<Entry> before = entries(directory);
        assertThat(before).isNotEmpty();
        clients.time.advance(ALMOST.multipliedBy(2));
        assertThat(entries(directory)).containsAll(before);
    }

    @Test
    void aTopicWhoseDeletionIsUnderWayWhenItsTimeIsUpMayBeGone() {
        line.each(
                request -> request instanceof Request.Commit commit
                        && commit.commit().writes().stream()
                                .anyMatch(write -> write.name().equals(TopicRemoval.NAME)),
                Fate.delayRequest(ALMOST));
        CompletableFuture<Void> deletion = deleteTopic();
        clients.time.advance(Clients.OPERATION_TIMEOUT);
        assertThat(deletion)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(OutcomeUnknownException.class);
    }

    /** What can be deleted, and how another client makes it again under the same name. */
    enum Deleted {
        COUNTER("counter/x") {
            @Override
            CompletableFuture<Void> begin(LateDeletionTest test) {
                return test.deleteCounter();
            }

            @Override
            void make(Sereno client) {
                client.counter("x").set(8);
            }
        },
        WAIT_GROUP("waitgroup/x") {
            @Override
            CompletableFuture<Void> begin(LateDeletionTest test) {
                return test.deleteWaitGroup();
            }

            @Override
            void make(Sereno client) {
                client.waitGroup("x").add(8);
            }
        },
        BARRIER("barrier/x") {
            @Override
            CompletableFuture<Void> begin(LateDeletionTest test) {
                return test.deleteBarrier();
            }

            @Override
            void make(Sereno client) throws InterruptedException {
                client.barrier("x", 1).await("a");
            }
        },
        VALUE("value/x") {
            @Override
            CompletableFuture<Void> begin(LateDeletionTest test) {
                return test.deleteValue();
            }

            @Override
            void make(Sereno client) {
                client.value("x", Codec.utf8()).set("made again");
            }
        },
        MAP("map/x") {
            @Override
            CompletableFuture<Void> begin(LateDeletionTest test) {
                return test.deleteMap();
            }

            @Override
            void make(Sereno client) {
                client.map("x", Codec.utf8()).at("a").set("made again");
            }
        },
        TOPIC("topic/x") {
            @Override
            CompletableFuture<Void> begin(LateDeletionTest test) {
                return test.deleteTopic();
            }

            @Override
            void make(Sereno client) {
                client.topic("x", Codec.utf8()).publish("made again");
            }
        };

        private final String directory;

        Deleted(String directory) {
            this.directory = directory;
        }

        abstract CompletableFuture<Void> begin(LateDeletionTest test);

        abstract void make(Sereno client) throws InterruptedException;
    }

    @ParameterizedTest
    @EnumSource
    void whatAnotherClientMadeAfterADeletionWithoutReplyIsNotDeleted(Deleted deleted) throws InterruptedException {
        line.next(Request.commitsTo(deleted.directory), Fate.loseReply());
        CompletableFuture<Void> deletion = deleted.begin(this);
        assertThat(deletion).isNotDone();
        remains(deleted, deletion);
    }

    @ParameterizedTest
    @EnumSource
    void whatAnotherClientMadeAfterADeletionOfItsOwnIsNotDeleted(Deleted deleted) throws InterruptedException {
        line.next(Request.commitsTo(deleted.directory), Fate.delayRequest(Duration.ofMillis(300)));
        CompletableFuture<Void> deletion = deleted.begin(this);
        clients.removeAll(deleted.directory);
        remains(deleted, deletion);
    }

    private void remains(Deleted deleted, CompletableFuture<Void> deletion) throws InterruptedException {
        deleted.make(clients.connect("other"));
        List<Entry> made = ofNoClient(deleted);
        assertThat(made).isNotEmpty();
        clients.passUntilDone(deletion, Clients.OPERATION_TIMEOUT);
        assertThat(deletion).isCompletedWithValue(null);
        clients.time.advance(Clients.OPERATION_TIMEOUT);
        assertThat(ofNoClient(deleted)).isEqualTo(made);
    }

    /** Without what a client keeps there for a while. */
    private List<Entry> ofNoClient(Deleted deleted) {
        return entries(deleted.directory).stream()
                .filter(entry -> entry.leaseId() == 0)
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void aDeletionThatNeverReachedTheStoreIsSentAgain(Deleted deleted) {
        line.next(Request.commitsTo(deleted.directory), Fate.loseRequest());
        CompletableFuture<Void> deletion = deleted.begin(this);
        assertThat(deletion).isNotDone();
        clients.passUntilDone(deletion, Clients.OPERATION_TIMEOUT);
        assertThat(deletion).isCompletedWithValue(null);
        assertThat(ofNoClient(deleted)).isEmpty();
    }

    private List<Entry> entries(String directory) {
        return observer.read(new Query.All(directory))
                .toCompletableFuture()
                .join()
                .entries();
    }
}
