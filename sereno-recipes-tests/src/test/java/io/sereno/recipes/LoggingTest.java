package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.Subscription;
import io.sereno.TopicListener;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.connect.LogCapture;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The lines of docs/logging.md, and no others. */
@Timeout(30)
class LoggingTest {
    /** So that lines of clients of other tests can be distinguished from those of this one. */
    private final String store = "store-" + UUID.randomUUID();

    private final Clients clients = new Clients();
    private final LogCapture log = new LogCapture("io.sereno");
    private final List<Sereno> open = new ArrayList<>();

    @AfterEach
    void close() {
        CompletableFuture<Void> closed =
                CompletableFuture.runAsync(() -> open.forEach(Sereno::close), clients.callbacks);
        clients.passUntilDone(closed, Duration.ofMinutes(1));
        log.close();
        clients.close();
    }

    @Test
    void anOutageThatOutlastsTheSessionHasItsLinesAndNoStackTrace() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient client = connect(line);
        client.mutex("m").acquire();
        client.election("e").start().awaitLeadership();
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Duration.ofSeconds(30));
        line.heal();
        clients.time.advance(Duration.ofSeconds(30));

        assertThat(lines())
                .containsExactly(
                        "INFO connected to STORE as node one",
                        "WARNING session ID on STORE is suspended; everything held under it counts as held for another"
                                + " PT4.55S: REASON",
                        "WARNING session ID on STORE has expired; everything held under it is lost",
                        "WARNING lost mutex 'm' with token 2048 on STORE: SESSION_EXPIRED",
                        "WARNING lost election 'e' with token 3072 on STORE: SESSION_EXPIRED",
                        "INFO session ID on STORE was opened; work goes on under it");
    }

    /** The store serves one read within the outage. The expired session's lease ends by itself, so no line says that it was not revoked. */
    @Test
    void anOutageWithAnAnswerInItHasTheSameLines() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient client = connect(line);
        client.mutex("m").acquire();
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL);
        line.heal();
        Runnable serveCommits = line.each(request -> !(request instanceof Request.Read), Fate.loseRequest());
        client.counter("c").get();
        line.cutOff(Duration.ofSeconds(1));
        CompletableFuture<Void> fails = CompletableFuture.runAsync(client.counter("c")::get, clients.callbacks);
        clients.passUntil(fails::isCompletedExceptionally, Duration.ofMinutes(1));
        clients.time.advance(Clients.TTL.multipliedBy(2));
        serveCommits.run();
        line.heal();
        clients.time.advance(Clients.TTL.multipliedBy(3));

        assertThat(lines())
                .hasSize(5)
                .startsWith("INFO connected to STORE as node one")
                .contains("WARNING lost mutex 'm' with token 2048 on STORE: SESSION_EXPIRED")
                .endsWith("INFO session ID on STORE was opened; work goes on under it");
    }

    @Test
    void aCloseThatCannotRevokeTheLeaseSaysWhenItEnds() {
        FaultyBackend line = clients.line();
        SerenoClient client = connect(line);
        line.each(Request.RevokeLease.class::isInstance, Fate.loseRequest());
        CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close, clients.callbacks);
        clients.passUntilDone(closed, Duration.ofSeconds(10));

        assertThat(lines())
                .last()
                .asString()
                .matches(
                        "WARNING the store at STORE has not confirmed within PT[0-9.]+S that a lease was revoked; the entries"
                                + " left under it are deleted within its ttl of PT[0-9]+S");
    }

    @Test
    void anOutageThatTheSessionOutlivesHasTwoLines() {
        FaultyBackend line = clients.line();
        connect(line);
        line.cutOff(Duration.ofMillis(100));
        clients.time.advance(Duration.ofSeconds(4));
        line.heal();
        clients.time.advance(Duration.ofSeconds(4));

        assertThat(lines())
                .containsExactly(
                        "INFO connected to STORE as node one",
                        "WARNING session ID on STORE is suspended; everything held under it counts as held for another"
                                + " PT5.45S: REASON",
                        "INFO session ID on STORE is renewed again; nothing was lost");
    }

    @Test
    void aStoreThatIsAwayFromTheBeginningIsLoggedOnce() {
        FaultyBackend line = clients.line();
        line.cutOff(Duration.ofMillis(100));
        connect(line);
        clients.time.advance(Duration.ofSeconds(60));
        line.heal();
        clients.time.advance(Duration.ofSeconds(30));
        assertThat(lines())
                .containsExactly(
                        "INFO connected to STORE as node one",
                        "WARNING cannot open a session on STORE; retrying: REASON",
                        "INFO session ID on STORE was opened; work goes on under it");
    }

    /** Lease and marker are put, but so slowly that the lease is over by then. */
    @Test
    void aStoreThatIsTooSlowForASessionIsLoggedOnce() {
        FaultyBackend line = clients.line();
        Runnable heal = line.each(request -> true, Fate.delayReply(Duration.ofMillis(4_900)));
        connect(line);
        clients.time.advance(Duration.ofSeconds(60));
        heal.run();
        clients.time.advance(Duration.ofSeconds(30));
        assertThat(lines())
                .containsExactly(
                        "INFO connected to STORE as node one",
                        "WARNING cannot open a session on STORE; retrying: REASON",
                        "INFO session ID on STORE was opened; work goes on under it");
    }

    @Test
    void aStoreThatHasGoneBackHasOneLine() throws Exception {
        SerenoClient client = connect(clients.line());
        client.mutex("m").acquire();
        Mutex other = client.mutex("n");
        Grant grant = other.acquire();
        MemoryBackup backup = clients.store.backup();
        grant.release();
        clients.store.restore(backup, MemoryBackup.Revisions.REPEAT);

        assertThat(lines())
                .hasSize(4)
                .anyMatch(line -> line.startsWith("WARNING STORE has gone back to an earlier state"))
                .contains("WARNING lost mutex 'm' with token 2048 on STORE: STORE_RESTORED")
                .noneMatch(line -> line.contains("has expired"));
    }

    /** The marker of the next session is the first commit, and shows it. */
    @Test
    void anEmptyStoreInThePlaceOfTheFormerIsNamedOnce() throws Exception {
        MemoryBackup ofNothing = clients.store.backup();
        SerenoClient client = connect(clients.line());
        client.mutex("m").acquire();
        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        List<String> lines = lines();
        assertThat(lines)
                .filteredOn(line -> line.startsWith("WARNING STORE has gone back to an earlier state"))
                .singleElement(InstanceOfAssertFactories.STRING)
                .contains("a commit to directory 'session' has revision 1, and an earlier one had 2");
        assertThat(lines)
                .contains("WARNING lost mutex 'm' with token 2048 on STORE: STORE_RESTORED")
                .noneMatch(line -> line.contains("has expired"));
    }

    @Test
    void anOutageThatManyNoticeHasOneLineUntilTheStoreAnswersAgain() {
        FaultyBackend line = clients.line();
        SerenoClient client = connect(line);
        lines();
        for (int outage = 0; outage < 2; outage++) {
            line.cutOff(Duration.ofMillis(10));
            List<CompletableFuture<?>> calls = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                String name = "m" + i;
                calls.add(CompletableFuture.runAsync(
                        () -> assertThatThrownBy(() -> client.mutex(name).tryAcquire(Duration.ofSeconds(1)))
                                .isInstanceOf(NotAppliedException.class),
                        clients.callbacks));
            }
            CompletableFuture<Void> all = CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0]));
            clients.passUntilDone(all, Duration.ofSeconds(2));
            line.heal();
            clients.time.advance(Duration.ofSeconds(4));
            List<String> lines = lines();
            assertThat(lines.stream().filter(text -> text.contains("failed; retrying")))
                    .as("outage " + outage + " in %s", lines)
                    .hasSize(1);
        }
    }

    /**
     * As a read-only replica, or a store whose disk is full: failing puts are logged once, although all other requests succeed meanwhile.
     */
    @Test
    void aStoreThatCanBeReadAndNotWrittenHasOneLineUntilItIsWritten() {
        FaultyBackend line = clients.line();
        SerenoClient client = connect(line);
        lines();
        for (int outage = 0; outage < 2; outage++) {
            Runnable heal = line.each(LoggingTest::puts, Fate.refuse());
            for (int i = 0; i < 20; i++) {
                String name = outage + "-" + i;
                client.election(name).start();
                CompletableFuture<Long> get =
                        CompletableFuture.supplyAsync(() -> client.counter(name).get(), clients.callbacks);
                clients.passUntilDone(get, Duration.ofSeconds(2));
                assertThat(get).isCompletedWithValue(0L);
            }
            clients.time.advance(Duration.ofSeconds(60));
            List<String> lines = lines();
            assertThat(lines.stream().filter(text -> text.contains("failed; retrying")))
                    .as("outage " + outage + " in %s", lines)
                    .hasSize(1);
            heal.run();
            clients.time.advance(Duration.ofSeconds(4));
        }
    }

    private static boolean puts(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().writes().stream().anyMatch(Write.Put.class::isInstance);
    }

    @Test
    void controlCharactersInNamesAreEscapedInLinesAndInMessages() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient client = connect(line);
        String name = "x' on y\nSEVERE forged\r\u001b[31m\u2028\u202e";
        client.mutex(name).acquire();
        assertThatThrownBy(() -> client.counter(name).updateAndGet(value -> {
                    throw new IllegalStateException("of the user");
                }))
                .hasMessage("of the user");
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL);
        assertThat(lines()).last().asString().contains("x' on y\\nSEVERE forged\\r\\u001b[31m\\u2028\\u202e");
        CompletableFuture<Long> get =
                CompletableFuture.supplyAsync(() -> client.counter(name).get(), clients.callbacks);
        clients.passUntilDone(get, Duration.ofSeconds(20));
        assertThatThrownBy(get::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("\\nSEVERE")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aCallbackThatFailsAgainInTheSameWayIsLoggedOnceInASeries() throws Exception {
        Counter counter = connect(clients.line()).counter("c");
        lines();
        BlockingQueue<Long> received = new LinkedBlockingQueue<>();
        Subscription subscription = counter.onChange(value -> {
            received.add(value);
            if (value % 10 != 0) {
                throw new IllegalStateException("not ten");
            }
        });
        for (int i = 1; i <= 12; i++) {
            counter.incrementAndGet();
            while (received.take() != i) {
                // Those before.
            }
        }
        subscription.close();
        List<LogRecord> failures = records();
        assertThat(failures).hasSize(2).allSatisfy(failure -> {
            assertThat(failure.getMessage()).startsWith("onChange of counter 'c' on " + store + " failed");
            assertThat(failure.getThrown()).hasMessage("not ten");
        });
    }

    @Test
    void theEndOfASubscriptionIsLoggedOnceWithItsCause() throws Exception {
        SerenoClient client = connect(clients.line());
        client.topic("t", Codec.utf8()).publish("one");
        lines();
        Subscription byListener = client.topic("t", Codec.utf8()).subscribe(new From.Earliest(), message -> {
            throw new IllegalStateException("of the listener");
        });
        assertThatThrownBy(() -> byListener.ended().toCompletableFuture().get())
                .hasMessageContaining("of the listener");
        assertThat(records()).singleElement().satisfies(ended -> {
            assertThat(ended.getMessage())
                    .isEqualTo("onMessage of topic 't' on " + store + " failed, and the subscription has ended");
            assertThat(ended.getThrown()).hasMessage("of the listener");
        });

        Subscription deleted =
                client.topic("t", Codec.utf8()).subscribe(new From.Now(), (TopicListener<String>) message -> {});
        client.topic("t", Codec.utf8()).delete();
        assertThatThrownBy(() -> deleted.ended().toCompletableFuture().get()).hasMessageContaining("deleted");
        assertThat(lines())
                .containsExactly("WARNING onMessage of topic 't' on STORE has ended: reading of topic 't' on STORE: the"
                        + " topic was deleted");
        Subscription closed =
                client.topic("u", Codec.utf8()).subscribe(new From.Now(), (TopicListener<String>) message -> {});
        closed.close();
        assertThat(lines()).isEmpty();
    }

    @Test
    void anApplicationThatClosesIsNotWarned() throws Exception {
        SerenoClient client = connect(clients.line());
        client.mutex("m").acquire();
        client.topic("u", Codec.utf8()).subscribe(new From.Now(), (TopicListener<String>) message -> {});
        lines();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close, clients.callbacks);
        clients.passUntilDone(closed, Duration.ofSeconds(10));
        assertThat(lines()).containsExactly("INFO lost mutex 'm' with token 2048 on STORE: SERENO_CLOSED");
    }

    private SerenoClient connect(FaultyBackend line) {
        Settings settings = new Settings(
                "one",
                "",
                Clients.TTL,
                Clients.OPERATION_TIMEOUT,
                clients.time,
                clients.callbacks,
                clients.callbacks,
                Hooks.NONE,
                store,
                List.of());
        SerenoClient client = new SerenoClient(settings, line, true);
        open.add(client);
        return client;
    }

    private List<LogRecord> records() {
        return log.all().stream()
                .filter(record -> record.getMessage().contains(store))
                .toList();
    }

    /** Level and text, with what differs from run to run left out. */
    private List<String> lines() {
        return records().stream()
                .peek(record ->
                        assertThat(record.getThrown()).as(record.getMessage()).isNull())
                .peek(record -> assertThat(record.getMessage()).doesNotContain("\n", "\r", "\u001b", "\u2028"))
                .map(record -> (record.getLevel().equals(Level.WARNING)
                                ? "WARNING"
                                : record.getLevel().getName()) + " "
                        + record.getMessage()
                                .replace(store, "STORE")
                                .replaceAll("session [0-9A-Za-z]{11} ", "session ID ")
                                .replaceAll("(another PT[0-9.]+S|retrying): .*", "$1: REASON"))
                .toList();
    }
}
