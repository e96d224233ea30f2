package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.CachedMap;
import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.From;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.MembershipListener;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What remains of a client that is closed while calls are under way. */
@Timeout(30)
class CloseTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration SILENCE = Duration.ofSeconds(5);
    /** The limit of {@link Sereno#close}. */
    private static final Duration MOST = Duration.ofSeconds(5);

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void nothingIsScheduledAfterTheCloseWhateverWasUnderWay() throws Exception {
        FaultyBackend line = clients.line();
        PendingTimers timers = new PendingTimers(clients.time);
        Sereno sereno = new SerenoClient(clients.settings("node", timers, clients.callbacks, Hooks.NONE), line, false);
        Sereno other = clients.connect("other");
        Topic<String> topic = sereno.topic("x", Codec.utf8());
        WaitGroup group = sereno.waitGroup("x");
        other.mutex("x").acquire();
        other.readWriteMutex("x").acquireWrite();
        sereno.lockSet("x").acquire(Set.of("a"));
        sereno.permitPool("x", 2).acquire(2);
        sereno.permitPool("x", 2).setLimit(3);
        sereno.slotPool("x", 1).acquire();
        var unusedTask = sereno.task("x").every(DAY).run(grant -> {});
        group.add(2);
        group.join();
        topic.publish("first");
        topic.subscribe(new From.Durable("pushed"), message -> {});
        TopicReader<String> reader = topic.reader(new From.Durable("pulled"));
        sereno.membership("x").join("x", Clients.TTL.multipliedBy(2));
        sereno.membership("x").onChange(new MembershipListener() {});
        sereno.counter("x").onChange(value -> {});
        sereno.value("x", Codec.utf8()).set("a");
        sereno.value("x", Codec.utf8()).onChange(value -> {});
        CachedValue<String> cached = sereno.value("x", Codec.utf8()).cached();
        sereno.map("x", Codec.utf8()).at("k").set("a");
        sereno.map("x", Codec.utf8()).onChange(map -> {});
        CachedMap<String> cachedMap = sereno.map("x", Codec.utf8()).cached();
        sereno.ids("x").nextId();
        sereno.election("x").start().awaitLeadership();
        List<CompletableFuture<?>> waiting = List.of(
                Threads.inThread(() -> sereno.mutex("x").tryAcquire(DAY)),
                Threads.inThread(() -> sereno.readWriteMutex("x").tryAcquireRead(DAY)),
                Threads.inThread(() -> sereno.lockSet("x").tryAcquire(Set.of("a"), DAY)),
                Threads.inThread(() -> sereno.permitPool("x", 2).tryAcquire(2, DAY)),
                Threads.inThread(() -> sereno.slotPool("x", 1).tryAcquire(DAY)),
                Threads.inThread(() -> group.await(DAY)),
                Threads.inThread(() -> sereno.barrier("x", 2).await("a", DAY)),
                Threads.inThread(() -> sereno.value("x", Codec.utf8()).await("b"::equals, DAY)),
                Threads.inThread(() -> sereno.map("x", Codec.utf8()).await(map -> map.isEmpty(), DAY)),
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
        clients.passUntilDone(closing(sereno), Duration.ofSeconds(6));
        // The last answers come, and a caller that pauses after one of them notices the close.
        CompletableFuture<Boolean> later = new CompletableFuture<>();
        clients.time.schedule(SILENCE.multipliedBy(2), Runnable::run, () -> later.complete(true));
        clients.passUntilDone(later, SILENCE.multipliedBy(3));

        for (CompletableFuture<?> call : waiting) {
            assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
        }
        assertThatThrownBy(() -> update.get(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(cached.get().orElseThrow().value()).isEqualTo("a");
        assertThat(cached.isCurrent()).isFalse();
        assertThat(cachedMap.get("k")).isPresent();
        assertThat(cachedMap.isCurrent()).isFalse();
        timers.awaitNone();
    }

    @Test
    void anUpdateOfAMemberAfterTheCloseFailsWithItsOperation() throws Exception {
        Sereno sereno = clients.connect("node");
        KeepAlive alive = sereno.keepAlive("group", "id", Clients.TTL);

        sereno.close();

        assertThatThrownBy(() -> alive.update(Map.of("a", "b")))
                .isInstanceOf(SerenoClosedException.class)
                .hasMessageContaining("update as 'id' of membership 'group'");
    }

    /** Time stands still: the close can wait for no limit. */
    @Test
    void aClientWithIdleCandidaciesClosesAtOnce() throws Exception {
        Sereno sereno = clients.connect("node");
        sereno.election("x").start().awaitLeadership();
        LeaderElection follower = sereno.election("x").start();
        CompletableFuture<?> waiting = Threads.inThread(() -> follower.awaitLeadership(DAY));

        closing(sereno).get(10, TimeUnit.SECONDS);

        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
    }

    @Test
    void theCloseInterruptsALeaderCallback() throws Exception {
        Sereno sereno = clients.connect("node");
        CountDownLatch leads = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        sereno.election("x")
                .onElectedLeader((leadership, topology) -> {
                    leads.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException closed) {
                        interrupted.complete(true);
                    }
                })
                .start();
        assertThat(leads.await(10, TimeUnit.SECONDS)).isTrue();

        closing(sereno).get(10, TimeUnit.SECONDS);

        assertThat(interrupted).isDone();
    }

    @Test
    void aLeaderCallbackThatIgnoresInterruptsDelaysTheCloseByItsLimitAtMost() throws Exception {
        Sereno sereno = clients.connect("node");
        CountDownLatch leads = new CountDownLatch(1);
        Semaphore end = new Semaphore(0);
        sereno.election("x")
                .onElectedLeader((leadership, topology) -> {
                    leads.countDown();
                    end.acquireUninterruptibly();
                })
                .start();
        assertThat(leads.await(10, TimeUnit.SECONDS)).isTrue();

        clients.passUntilDone(closing(sereno), MOST);

        end.release();
    }

    @Test
    void aRequestWithoutAnAnswerDelaysTheCloseByItsLimitAtMost() throws Exception {
        FaultyBackend line = clients.line();
        Sereno sereno = clients.connect("node", line);
        sereno.mutex("connected").acquire().close();
        line.each(Request.any(), Fate.loseRequest().givenUpAfter(DAY));
        sereno.election("x").start();

        clients.passUntilDone(closing(sereno), MOST);
    }

    @Test
    void aLeaderCallbackMayCloseItsClient() throws Exception {
        Sereno sereno = clients.connect("node");
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        sereno.election("x")
                .onElectedLeader((leadership, topology) -> {
                    sereno.close();
                    closed.complete(true);
                })
                .start();

        closed.get(10, TimeUnit.SECONDS);
    }

    /** Such as an executor of one thread, in which the close runs. */
    @Test
    void theCloseDoesNotWaitForACallbackThatItsExecutorHasNotBegun() throws Exception {
        Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        Sereno sereno =
                new SerenoClient(clients.settings("node", clients.time, tasks::add, Hooks.NONE), clients.line(), true);
        List<String> called = new CopyOnWriteArrayList<>();
        LeaderElection election = sereno.election("x")
                .onElectedLeader((leadership, topology) -> called.add("leader"))
                .onPeerJoined((peer, topology) -> called.add("peer"))
                .start();
        election.awaitLeadership();

        closing(sereno).get(10, TimeUnit.SECONDS);

        assertThat(tasks).isNotEmpty();
        tasks.forEach(Runnable::run);
        assertThat(called).isEmpty();
    }

    private static CompletableFuture<Boolean> closing(Sereno sereno) {
        return Threads.inThread(() -> {
            sereno.close();
            return true;
        });
    }
}
