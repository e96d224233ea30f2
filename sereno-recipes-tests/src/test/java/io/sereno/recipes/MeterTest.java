package io.sereno.recipes;

import static io.sereno.recipes.Threads.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.MessagesLostException;
import io.sereno.NotAppliedException;
import io.sereno.Retention;
import io.sereno.Right;
import io.sereno.SerenoMeter;
import io.sereno.SerenoObserver;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WriteGrant;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.connect.LogCapture;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.recipes.mutex.MutexQueue;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Meters get all events, at once, and their sums are correct. */
@Timeout(30)
class MeterTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Clients clients = new Clients();
    private final RecordingMeter meter = new RecordingMeter();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aGrantIsReportedFromItsWaitToItsRelease() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        Grant grant = client.mutex("m").acquire();
        assertThat(meter.held).hasValue(1);
        clients.time.advance(SECOND);
        grant.release();
        assertThat(meter.events)
                .containsExactly(
                        "connected to memory",
                        "waiting for mutex m",
                        "granted mutex m after 0 ms",
                        "released mutex m after 1000 ms");
        assertThat(meter.held).hasValue(0);
        assertThat(meter.waiting).hasValue(0);
    }

    @Test
    void locksWithReadersAreReportedAndADowngradeIsOneHold() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        WriteGrant writing = client.readWriteMutex("r").acquireWrite();
        clients.time.advance(SECOND);
        Right reading = writing.downgrade();
        assertThat(meter.held).hasValue(1);
        clients.time.advance(SECOND);
        reading.release();
        client.lockSet("s").acquire(Set.of("a")).release();
        client.permitPool("p", 2).acquire(2).release();
        client.slotPool("n", 2).acquire().release();
        assertThat(meter.events)
                .containsExactly(
                        "connected to memory",
                        "waiting for read-write mutex r",
                        "granted read-write mutex r after 0 ms",
                        "released read-write mutex r after 2000 ms",
                        "waiting for lock set s",
                        "granted lock set s after 0 ms",
                        "released lock set s after 0 ms",
                        "waiting for permit pool p",
                        "granted permit pool p after 0 ms",
                        "released permit pool p after 0 ms",
                        "waiting for slot pool n",
                        "granted slot pool n after 0 ms",
                        "released slot pool n after 0 ms");
        assertThat(meter.held).hasValue(0);
        assertThat(meter.waiting).hasValue(0);
    }

    @Test
    void aWaitIsTimedAndHandedOnWithinTheClient() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        Grant first = client.mutex("m").acquire();
        CompletableFuture<Grant> second = CompletableFuture.supplyAsync(() -> acquire(client), clients.callbacks);
        until(() -> meter.waiting.get() == 1);
        clients.time.advance(SECOND.multipliedBy(2));
        first.release();
        second.get().release();
        assertThat(meter.events)
                .containsExactly(
                        "connected to memory",
                        "waiting for mutex m",
                        "granted mutex m after 0 ms",
                        "waiting for mutex m",
                        "released mutex m after 2000 ms",
                        "granted mutex m after 2000 ms",
                        "released mutex m after 0 ms");
    }

    @Test
    void anAbandonedWaitIsReportedWithItsReason() throws Exception {
        Grant others = clients.connect("other").mutex("m").acquire();
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("one", line, meter);

        assertThat(client.mutex("m").tryAcquire()).isEmpty();
        assertThat(meter.events).last().isEqualTo("gave up mutex m after 0 ms: BUSY");

        CompletableFuture<Optional<Grant>> timed =
                CompletableFuture.supplyAsync(() -> tryAcquire(client, SECOND), clients.callbacks);
        clients.passUntilDone(timed, SECOND.multipliedBy(5));
        assertThat(timed.get()).isEmpty();
        assertThat(meter.events.get(meter.events.size() - 1)).matches("gave up mutex m after 1\\d\\d\\d ms: BUSY");

        Thread interrupted = new Thread(() -> acquire(client));
        interrupted.start();
        until(() -> meter.waiting.get() == 1);
        interrupted.interrupt();
        until(() -> meter.waiting.get() == 0);
        assertThat(meter.events).last().asString().endsWith("WITHDRAWN");

        Thread closed = new Thread(() -> acquire(client));
        closed.start();
        until(() -> meter.waiting.get() == 1);
        client.client().shared(MutexQueue.QUEUES).close();
        until(() -> meter.waiting.get() == 0);
        assertThat(meter.events).last().asString().endsWith("CLOSED");
        others.release();
    }

    @Test
    void aStoreThatIsNotReachedIsAFailedWait() {
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("one", line, meter);
        line.cutOff(Duration.ofMillis(100));
        CompletableFuture<Optional<Grant>> timed =
                CompletableFuture.supplyAsync(() -> tryAcquire(client, SECOND), clients.callbacks);
        clients.passUntilDone(timed, SECOND.multipliedBy(5));
        assertThatThrownBy(timed::join).hasCauseInstanceOf(NotAppliedException.class);
        assertThat(meter.events).last().asString().startsWith("gave up mutex m").endsWith("FAILED");
        assertThat(meter.waiting).hasValue(0);
    }

    /** No answer comes within its time, but one comes soon after. */
    @Test
    void aStoreThatIsTooSlowIsABusyWait() {
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("one", line, meter);
        line.each(request -> true, Fate.delayReply(Duration.ofMillis(50)));
        CompletableFuture<Optional<Grant>> timed =
                CompletableFuture.supplyAsync(() -> tryAcquire(client, Duration.ofMillis(20)), clients.callbacks);
        clients.passUntilDone(timed, SECOND);
        assertThat(timed.join()).isEmpty();
        assertThat(meter.events)
                .filteredOn(event -> event.startsWith("gave up"))
                .hasSize(1);
        assertThat(meter.events)
                .anySatisfy(event -> assertThat(event).startsWith("gave up").endsWith("BUSY"));
        assertThat(meter.waiting).hasValue(0);
    }

    @Test
    void aLossIsReportedWithItsCauseAndItsSession() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("one", line, meter);
        client.mutex("m").acquire();
        line.cutOff(SECOND);
        clients.time.advance(Clients.TTL);
        assertThat(meter.events)
                .contains("session lost", "lost mutex m after 8550 ms: SESSION_EXPIRED")
                .doesNotHaveDuplicates();
        assertThat(meter.held).hasValue(0);
    }

    @Test
    void theSessionsRemainingTimeFallsAndRisesWithRenewals() {
        FaultyBackend line = clients.line();
        clients.connect("one", line, meter);
        assertThat(remaining()).isEqualTo(Duration.ofMillis(8_550));
        clients.time.advance(SECOND);
        assertThat(remaining()).isEqualTo(Duration.ofMillis(7_550));
        clients.time.advance(SECOND.multipliedBy(2));
        assertThat(remaining()).as("renewed after a third of the ttl").isEqualTo(Duration.ofMillis(8_550));
        line.cutOff(SECOND);
        clients.time.advance(Clients.TTL);
        assertThat(remaining()).isZero();
    }

    @Test
    void aClosedClientLeavesNoSumBehind() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        client.mutex("m").acquire();
        LeaderElection leads = client.election("e").start();
        leads.awaitLeadership();
        client.election("e").start(); // Stands by.
        Topic<String> topic = client.topic("t", Codec.utf8());
        TopicReader<String> reader = topic.reader(new From.Earliest());
        topic.publish("unread");
        until(() -> meter.lag.get() == 1);
        assertThat(meter.held).hasValue(2);
        assertThat(meter.leading).hasValue(1);
        assertThat(meter.waiting).hasValue(1);

        CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close, clients.callbacks);
        clients.passUntilDone(closed, SECOND.multipliedBy(10));

        assertThat(meter.held).hasValue(0);
        assertThat(meter.leading).hasValue(0);
        assertThat(meter.waiting).hasValue(0);
        until(() -> meter.lag.get() == 0);
        assertThat(meter.events).anyMatch(event -> event.matches("lost mutex m after \\d+ ms: SERENO_CLOSED"));
        assertThat(meter.events.stream()
                        .filter(event -> event.startsWith("gave up election e") && event.endsWith("CLOSED")))
                .hasSize(1);
        reader.close();
    }

    @Test
    void aCandidateWaitsLeadsAndWaitsAgain() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        LeaderElection election = client.election("e").start();
        election.awaitLeadership();
        clients.time.advance(SECOND);
        election.resign();
        election.awaitLeadership();
        election.close();
        assertThat(meter.events)
                .containsExactly(
                        "connected to memory",
                        "waiting for election e",
                        "granted election e after 0 ms",
                        "released election e after 1000 ms",
                        "waiting for election e",
                        "granted election e after 0 ms",
                        "released election e after 0 ms");
        assertThat(meter.leading).hasValue(0);
    }

    @Test
    void everyRequestCountsOnceWithItsOutcome() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("one", line, meter);
        assertThat(meter.requests)
                .containsExactly(
                        "GRANT_LEASE OK after 0 ms",
                        "COMMIT OK after 0 ms",
                        "WATCH OK after 0 ms",
                        "COMMIT OK after 0 ms");
        meter.requests.clear();
        client.mutex("m").inspect();
        assertThat(meter.requests).containsExactly("READ OK after 0 ms");

        meter.requests.clear();
        clients.time.advance(Clients.TTL.dividedBy(3));
        assertThat(meter.requests).containsExactly("RENEW_LEASE OK after 0 ms", "COMMIT OK after 0 ms");

        meter.requests.clear();
        clients.removeAll("session");
        assertThat(meter.requests).contains("COMMIT CONFLICT after 0 ms", "REVOKE_LEASE OK after 0 ms");

        client.counter("c").incrementAndGet();
        meter.requests.clear();
        line.cutOff(SECOND);
        CompletableFuture<Void> add =
                CompletableFuture.runAsync(() -> client.counter("c").incrementAndGet(), clients.callbacks);
        clients.passUntilDone(add, SECOND.multipliedBy(20));
        CompletableFuture<Void> get =
                CompletableFuture.runAsync(() -> client.counter("c").get(), clients.callbacks);
        clients.passUntilDone(get, SECOND.multipliedBy(20));
        assertThat(meter.requests).anyMatch(request -> request.matches("COMMIT UNKNOWN after \\d+ ms"));
        assertThat(meter.requests).anyMatch(request -> request.matches("READ NOT_APPLIED after \\d+ ms"));
    }

    @Test
    void theLagOfATopicIsWhatItsReadersHaveNotReceived() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        Topic<String> topic = client.topic("t", Codec.utf8());
        for (int i = 0; i < 5; i++) {
            topic.publish("m" + i);
        }
        assertThat(meter.lag).hasValue(0);
        TopicReader<String> early = topic.reader(new From.Earliest());
        TopicReader<String> late = topic.reader(new From.Now());
        until(() -> meter.lag.get() == 5);
        early.next();
        early.next();
        until(() -> meter.lag.get() == 3);
        topic.publish("m5");
        until(() -> meter.lag.get() == 5);
        late.next();
        until(() -> meter.lag.get() == 4);
        late.close();
        early.close();
        until(() -> meter.lag.get() == 0);
    }

    @Test
    void aGapIsCountedInMessages() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), meter);
        Topic<String> topic = client.topic("t", Codec.utf8()).withRetention(new Retention(2, Optional.empty()));
        for (int i = 1; i <= 5; i++) {
            topic.publish("m" + i);
        }
        try (TopicReader<String> reader = topic.reader(new From.Offset(1))) {
            MessagesLostException lost = catchThrowableOfType(MessagesLostException.class, reader::next);
            long messages = lost.gap().lastOffset();
            assertThat(meter.events).contains("gap in t of " + messages);
            assertThat(meter.lag).hasValue(5 - messages);
        }
        assertThat(meter.lag).hasValue(0);
    }

    @Test
    void aThrowingMeterIsLoggedOnceAndTheNextMeterGetsEverything() throws Exception {
        SerenoMeter broken = new SerenoMeter() {
            @Override
            public void waiting(String recipe, String name) {
                throw new IllegalStateException("of the meter");
            }
        };
        try (LogCapture log = new LogCapture("io.sereno.callback")) {
            SerenoClient client = clients.connect("one", clients.line(), new Hooks(List.of(), List.of(broken, meter)));
            for (int i = 0; i < 3; i++) {
                client.mutex("m").acquire().release();
            }
            assertThat(meter.events.stream().filter(event -> event.startsWith("granted")))
                    .hasSize(3);
            assertThat(log.next().getThrown()).hasMessage("of the meter");
            assertThat(log.all()).isEmpty();
        }
    }

    @Test
    void allObserversAreCalledAndNoneWaitsForAnother() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        CompletableFuture<String> called = new CompletableFuture<>();
        SerenoObserver stuck = new SerenoObserver() {
            @Override
            public void granted(String recipe, String name, long fencingToken, Duration waited) {
                go.join();
            }
        };
        SerenoObserver second = new SerenoObserver() {
            @Override
            public void granted(String recipe, String name, long fencingToken, Duration waited) {
                called.complete(recipe + " " + name);
            }
        };
        SerenoClient client = clients.connect("one", clients.line(), new Hooks(List.of(stuck, second), List.of()));
        client.mutex("m").acquire();
        assertThat(called.get()).isEqualTo("mutex m");
        go.complete(null);
    }

    @Test
    void withoutAMeterNoClockIsReadForOne() throws Exception {
        int unmetered = readings(Hooks.NONE);
        int metered = readings(new Hooks(List.of(), List.of(meter)));
        // When the wait begins, and when each of two commits is answered. All other moments are read without meters
        // too.
        assertThat(metered - unmetered).isEqualTo(3);
    }

    /** How often a cycle of a mutex reads the clock. */
    private int readings(Hooks hooks) throws Exception {
        AtomicInteger readings = new AtomicInteger();
        TimeSource counting = new CountingTime(clients.time, readings);
        Settings settings = clients.settings("one", counting, clients.callbacks, hooks);
        try (SerenoClient client = new SerenoClient(settings, clients.line(), true)) {
            readings.set(0);
            Grant grant = client.mutex("m").acquire();
            grant.release();
            return readings.get();
        }
    }

    private record CountingTime(TimeSource time, AtomicInteger readings) implements TimeSource {
        @Override
        public long nanoTime() {
            readings.incrementAndGet();
            return time.nanoTime();
        }

        @Override
        public java.time.Instant wall() {
            return time.wall();
        }

        @Override
        public Runnable schedule(Duration delay, java.util.concurrent.Executor executor, Runnable task) {
            return time.schedule(delay, executor, task);
        }
    }

    private Duration remaining() {
        return Duration.ofNanos(meter.sessionRemaining.getAsLong());
    }

    private static Grant acquire(SerenoClient client) {
        try {
            return client.mutex("m").acquire();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<Grant> tryAcquire(SerenoClient client, Duration limit) {
        try {
            return client.mutex("m").tryAcquire(limit);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
