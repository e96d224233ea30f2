package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.KeepAlive;
import io.sereno.MembershipListener;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What remains of a client that is closed while calls are under way. */
@Timeout(30)
class CloseTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration SILENCE = Duration.ofSeconds(5);

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void nothingIsScheduledAfterTheCloseWhateverWasUnderWay() throws Exception {
        FaultyBackend line = clients.line();
        PendingTimers timers = new PendingTimers(clients.time);
        Sereno sereno = new SerenoClient(
                new Settings(
                        "node",
                        "",
                        Clients.TTL,
                        Clients.OPERATION_TIMEOUT,
                        timers,
                        clients.callbacks,
                        clients.callbacks,
                        Hooks.NONE,
                        "memory",
                        List.of()),
                line,
                false);
        Sereno other = clients.connect("other");
        Topic<String> topic = sereno.topic("x", Codec.utf8());
        WaitGroup group = sereno.waitGroup("x");
        other.mutex("x").acquire();
        group.add(2);
        group.join();
        topic.publish("first");
        topic.subscribe(new From.Durable("pushed"), message -> {});
        TopicReader<String> reader = topic.reader(new From.Durable("pulled"));
        sereno.membership("x").join("x", Clients.TTL.multipliedBy(2));
        sereno.membership("x").onChange(new MembershipListener() {});
        sereno.counter("x").onChange(value -> {});
        sereno.ids("x").nextId();
        sereno.election("x").start().awaitLeadership();
        List<CompletableFuture<?>> waiting = List.of(
                Threads.inThread(() -> sereno.mutex("x").tryAcquire(DAY)),
                Threads.inThread(() -> group.await(DAY)),
                Threads.inThread(() -> {
                    reader.next();
                    return reader.next(DAY);
                }),
                Threads.inThread(() -> sereno.election("x").start().awaitLeadership(DAY)));
        // They wait in the queue, and each has a timer of a day.
        while (timers.longerThan(DAY.dividedBy(2)) < waiting.size()) {
            Thread.onSpinWait();
        }

        line.each(Request.any(), Fate.loseRequest().givenUpAfter(SILENCE));
        CompletableFuture<Boolean> update = Threads.inThread(() -> {
            sereno.counter("x").incrementAndGet();
            return true;
        });
        CompletableFuture<Boolean> closed = Threads.inThread(() -> {
            sereno.close();
            return true;
        });
        clients.passUntilDone(closed, Duration.ofSeconds(6));
        // The last answers come, and a caller that pauses after one of them notices the close.
        CompletableFuture<Boolean> later = new CompletableFuture<>();
        clients.time.schedule(SILENCE.multipliedBy(2), Runnable::run, () -> later.complete(true));
        clients.passUntilDone(later, SILENCE.multipliedBy(3));

        for (CompletableFuture<?> call : waiting) {
            assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        }
        assertThatThrownBy(() -> update.get(10, TimeUnit.SECONDS)).isNotNull();
        timers.awaitNone();
    }

    @Test
    void anUpdateOfAMemberFailsAtTheCloseWithItsOperation() throws Exception {
        FaultyBackend line = clients.line();
        Sereno sereno = clients.connect("node", line);
        KeepAlive alive = sereno.keepAlive("group", "id", Clients.TTL);
        CountDownLatch sent = new CountDownLatch(1);
        line.next(
                request -> {
                    boolean one = Request.commitsTo("member/group").test(request);
                    if (one) {
                        sent.countDown();
                    }
                    return one;
                },
                Fate.delayReply(Duration.ofSeconds(1)));
        CompletableFuture<Boolean> update = Threads.inThread(() -> {
            alive.update(Map.of("a", "b"));
            return true;
        });
        assertThat(sent.await(10, TimeUnit.SECONDS)).isTrue();

        sereno.close();

        assertThatThrownBy(() -> update.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(SerenoClosedException.class)
                .hasMessageContaining("update as 'id' of membership 'group'");
    }
}
