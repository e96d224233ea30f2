package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.SessionState;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How subscriptions begin and end: with the present state, and with a cause. */
@Timeout(60)
class SubscriptionsTest {
    private final Clients clients = new Clients();
    private final BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void theEndHasItsCauseItselfForEveryWayToAsk() throws Exception {
        Topic<String> topic = clients.connect("one").topic("t", Codec.utf8());
        NumberFormatException thrown = new NumberFormatException("of the listener");
        Subscription subscription = topic.subscribe(message -> {
            throw thrown;
        });
        CompletableFuture<Throwable> before = causeOf(subscription);
        topic.publish("a");
        assertThat(before.get(10, TimeUnit.SECONDS)).isSameAs(thrown);
        assertThat(causeOf(subscription).get(10, TimeUnit.SECONDS)).isSameAs(thrown);
        assertThatThrownBy(() -> subscription.ended().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .hasCause(thrown);
    }

    @Test
    void usersCannotCompleteTheEnd() {
        Subscription subscription = clients.connect("one").counter("c").onChange(value -> {});
        assertThat(subscription.ended().toCompletableFuture().complete(null)).isTrue();
        assertThat(subscription.ended().toCompletableFuture()).isNotDone();
        subscription.close();
        assertThat(subscription.ended().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
    }

    private static CompletableFuture<Throwable> causeOf(Subscription subscription) {
        CompletableFuture<Throwable> cause = new CompletableFuture<>();
        var unused = subscription.ended().whenComplete((done, failure) -> cause.complete(failure));
        return cause;
    }

    private Sereno connected() {
        Sereno sereno = clients.connect("one");
        clients.passUntil(() -> sereno.sessionState() == SessionState.CONNECTED, Duration.ofSeconds(1));
        return sereno;
    }

    @Test
    void theSessionBeginsWithThePresentStateAndEndsWithClosed() throws Exception {
        Sereno sereno = connected();
        Subscription subscription = sereno.onSessionState(states::add);
        expect(SessionState.CONNECTED);
        clients.removeAll("session"); // The client sees that without any time passing.
        expect(SessionState.EXPIRED);
        clients.passUntil(() -> sereno.sessionState() == SessionState.CONNECTED, Duration.ofSeconds(1));
        expect(SessionState.CONNECTED);
        sereno.close();
        assertThat(states).containsExactly(SessionState.CLOSED);
        assertThat(causeOf(subscription).get(10, TimeUnit.SECONDS)).isInstanceOf(SerenoClosedException.class);
    }

    /** The executor blocks a thread that reports a state to another listener. The state changes twice meanwhile. */
    @Test
    void aSubscriptionBeginsWithNoLaterStateThanTheFirstChangeItReports() throws Exception {
        CountDownLatch reporting = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Executor slow = task -> {
            if (reporting.getCount() > 0) {
                reporting.countDown();
                while (release.getCount() > 0) {
                    Thread.onSpinWait();
                }
            }
            clients.callbacks.execute(task);
        };
        FaultyBackend line = clients.line();
        Sereno sereno = new SerenoClient(clients.settings("one", clients.time, slow, Hooks.NONE), line, true);
        clients.passUntil(() -> sereno.sessionState() == SessionState.CONNECTED, Duration.ofSeconds(1));
        CompletableFuture<Subscription> other = Threads.inThread(() -> sereno.onSessionState(state -> {}));
        assertThat(reporting.await(10, TimeUnit.SECONDS)).isTrue();
        sereno.onSessionState(states::add);
        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL.multipliedBy(2));
        release.countDown();
        other.get(10, TimeUnit.SECONDS);
        expect(SessionState.CONNECTED);
        SessionState next = states.poll(10, TimeUnit.SECONDS);
        if (next == SessionState.SUSPENDED) {
            next = states.poll(10, TimeUnit.SECONDS);
        }
        assertThat(next).isEqualTo(SessionState.EXPIRED);
        line.heal();
        clients.passUntilDone(CompletableFuture.runAsync(sereno::close, clients.callbacks), Duration.ofSeconds(6));
    }

    @Test
    void aSubscriptionThatIsClosedGetsNoFurtherState() throws Exception {
        Sereno sereno = connected();
        Subscription subscription = sereno.onSessionState(states::add);
        expect(SessionState.CONNECTED);
        subscription.close();
        sereno.close();
        assertThat(states).isEmpty();
        assertThat(subscription.ended().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void aCallbackThatRunsAtTheCloseIsInterruptedAndClosedFollows() throws Exception {
        Sereno sereno = connected();
        CountDownLatch begun = new CountDownLatch(1);
        sereno.onSessionState(state -> {
            states.add(state);
            if (state == SessionState.CONNECTED) {
                begun.countDown();
                assertThatThrownBy(() -> new CountDownLatch(1).await()).isInstanceOf(InterruptedException.class);
            }
        });
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        sereno.close();
        assertThat(List.copyOf(states)).containsExactly(SessionState.CONNECTED, SessionState.CLOSED);
    }

    @Test
    void aClientThatIsClosedInsideTheCallbackStillReportsClosed() throws Exception {
        Sereno sereno = connected();
        Subscription subscription = sereno.onSessionState(state -> {
            states.add(state);
            sereno.close();
        });
        expect(SessionState.CONNECTED);
        expect(SessionState.CLOSED);
        assertThat(causeOf(subscription).get(10, TimeUnit.SECONDS)).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void aLastCallbackThatBlocksDelaysTheCloseByFourSeconds() throws Exception {
        Sereno sereno = clients.connect("one");
        CompletableFuture<Void> release = new CompletableFuture<>();
        sereno.onSessionState(state -> {
            if (state == SessionState.CLOSED) {
                states.add(state);
                release.join();
                states.add(state);
            }
        });
        AtomicReference<Thread> closing = new AtomicReference<>();
        CompletableFuture<Boolean> closed = Threads.inThread(() -> {
            closing.set(Thread.currentThread());
            sereno.close();
            return true;
        });
        expect(SessionState.CLOSED);
        Threads.parked(closing); // It has set its limit.
        Duration before = clients.time.elapsed();
        clients.passUntilDone(closed, Duration.ofSeconds(5));
        assertThat(clients.time.elapsed().minus(before)).isGreaterThanOrEqualTo(Duration.ofSeconds(4));
        assertThat(states).isEmpty();
        release.complete(null);
        expect(SessionState.CLOSED);
    }

    /** As by a client that closes while the subscription is added. */
    @Test
    void aSubscriptionThatIsShutDownTwiceReportsClosed() throws Exception {
        OpenSubscription subscription =
                (OpenSubscription) clients.connect("one").onSessionState(states::add);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        subscription.call(() -> {
            begun.countDown();
            while (release.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        var unusedFirst = subscription.shutDown();
        var unusedSecond = subscription.shutDown();
        release.countDown();
        awaitClosed();
    }

    /** The thread that closes is the only one that could run the last callback. */
    @Test
    void aCloseInTheOnlyThreadOfTheExecutorDoesNotWaitForTheLastCallback() throws Exception {
        ExecutorService single = Executors.newSingleThreadExecutor();
        Settings settings = clients.settings("one", clients.time, single, Hooks.NONE);
        Sereno sereno = new SerenoClient(settings, clients.store.connect(clients.callbacks), true);
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        sereno.onSessionState(states::add);
        sereno.counter("c").onChange(value -> {
            sereno.close();
            closed.complete(states.contains(SessionState.CLOSED));
        });
        clients.connect("two").counter("c").incrementAndGet();
        assertThat(closed.get(10, TimeUnit.SECONDS)).isFalse(); // No time has passed.
        awaitClosed();
        single.shutdownNow();
    }

    private void awaitClosed() throws InterruptedException {
        SessionState state = null;
        while (state != SessionState.CLOSED) {
            state = states.poll(10, TimeUnit.SECONDS);
            assertThat(state).isNotNull();
        }
    }

    private void expect(SessionState state) throws InterruptedException {
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(state);
    }
}
