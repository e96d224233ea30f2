package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.tck.proxy.FaultProxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Opening, closing, and threads. */
class LifeBackendTest extends OneServerTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void afterClosingEverythingFailsAtOnceAndForGood() {
        Backend backend = open();
        Lease lease = grant(backend, TTL);
        Watch watch = watch(backend, new Target("d", Optional.empty()), new Notices());
        backend.close();
        backend.close();
        for (CompletionStage<?> call : List.of(
                backend.read(new Query.All("d")),
                backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()),
                backend.commit(Commit.to("d").put("a", Bytes.EMPTY, lease.id()).build()),
                backend.commit(Commit.to("d").put("a", Bytes.EMPTY, 42).build()),
                backend.grantLease(TTL),
                backend.watch(new Target("d", Optional.empty()), new Notices()),
                lease.renew(),
                lease.revoke())) {
            assertThat(failure(call)).isInstanceOfSatisfying(BackendException.class, e -> {
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.permanent()).isTrue();
                assertThat(e).hasMessageContaining("closed");
            });
        }
        watch.cancel();
    }

    @Test
    void closingEndsWhatIsUnderWayAlsoWhenTheServerIsFrozen() throws Exception {
        FaultProxy proxy = closing(FaultProxy.to(server().endpoints().get(0)));
        Backend backend = open(config().at(List.of(proxy.endpoint())).within(SOON, Duration.ofMinutes(1)));
        watch(backend, new Target("d", Optional.empty()), new Notices());
        proxy.clientToServer().hold();
        CompletionStage<CommitResult> commit =
                backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build());
        CompletionStage<Snapshot> read = backend.read(new Query.All("d"));
        proxy.clientToServer().awaitHeld(1, SOON);
        long begun = System.nanoTime();
        backend.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        assertThat(((BackendException) failure(commit)).outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(((BackendException) failure(read)).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void closingLeavesNoThreadNoTimerAndNoConnection() throws InterruptedException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        int timers = time.timers();
        for (int i = 0; i < 10; i++) {
            try (Backend backend = config().open()) {
                watch(backend, new Target("d", Optional.empty()), new Notices());
                put(backend, "d", "a", "1");
            }
        }
        Set<Thread> left = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && !thread.getName().startsWith("test-"))
                .collect(Collectors.toSet());
        for (Thread thread : left) {
            // Netty's thread for all clients of a JVM ends a second after its last task.
            thread.join(Duration.ofSeconds(5).toMillis());
            assertThat(thread.isAlive()).as(thread + " lives").isFalse();
        }
        assertThat(time.timers()).isLessThanOrEqualTo(timers);
        assertThat(redis().clientList().split("\n")).hasSize(1);
    }

    @Test
    void openingWithoutAListeningOrAnsweringServerFailsInTime() {
        FaultProxy proxy = closing(FaultProxy.to(server().endpoints().get(0)));
        // The operation timeout is long, so that a slow machine is not mistaken for it.
        Opened config = config().at(List.of(proxy.endpoint())).within(Duration.ofSeconds(1), Duration.ofMinutes(1));
        for (Runnable fault : List.<Runnable>of(proxy::refuse, proxy::acceptSilently)) {
            fault.run();
            long begun = System.nanoTime();
            assertThatThrownBy(config::open).isInstanceOfSatisfying(BackendException.class, e -> {
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.permanent()).isFalse();
                assertThat(e)
                        .hasMessageContaining("127.0.0.1:" + proxy.endpoint().getPort());
            });
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        }
    }

    /** Only Lettuce's message shows it: the message has to be the one that the backend looks for. */
    @Test
    void aRequestThatLettuceDoesNotSendIsKnownByTheMessage() throws Exception {
        FaultProxy proxy = closing(FaultProxy.to(server().endpoints().get(0)));
        try (LettuceClient lettuce = new LettuceClient(config(), null)) {
            StatefulRedisConnection<String, String> connection = lettuce.client()
                    .connect(RedisURI.create("127.0.0.1", proxy.endpoint().getPort()));
            join(connection.async().ping());
            proxy.resetAll();
            Throwable failure = failure(connection.async().ping());
            while (Errors.meaning(failure) != Errors.Meaning.ELSEWHERE) {
                failure = failure(connection.async().ping());
            }
            assertThat(failure).hasMessageContaining("not connected");
            connection.close();
            failure = failure(connection.async().ping());
            assertThat(Errors.meaning(failure)).isEqualTo(Errors.Meaning.ELSEWHERE);
            assertThat(failure).hasMessageContaining("closed");
        }
    }

    @Test
    void aWrongPasswordIsARefusalThatShowsNone() {
        redis().aclSetuser("app", AclSetuserArgs.Builder.on().addPassword("right-s3cret"));
        assertThatThrownBy(() -> config().as("app", "wrong-s3cret").open())
                .isInstanceOfSatisfying(BackendException.class, e -> {
                    assertThat(e.permanent()).as("%s", e).isTrue();
                    assertThat(e).hasMessageContaining("WRONGPASS");
                    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                        assertThat(cause.toString()).doesNotContain("s3cret");
                    }
                });
    }

    @Test
    void aCallbackThatBlocksStopsNothingElse() {
        FaultProxy proxy = closing(FaultProxy.to(server().endpoints().get(0)));
        Backend backend = open(config().at(List.of(proxy.endpoint())));
        CountDownLatch release = new CountDownLatch(1);
        holdAnswers(proxy);
        CompletionStage<Void> blocked = backend.read(new Query.All("d")).thenAccept(found -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        proxy.heal();
        for (int i = 0; i < 50; i++) {
            put(backend, "d", "n" + i, "1");
        }
        assertThat(blocked.toCompletableFuture()).isNotDone();
        release.countDown();
        join(blocked);
    }

    @Test
    void theSpiMayBeCalledInsideACallbackClosingIncluded() {
        FaultProxy proxy = closing(FaultProxy.to(server().endpoints().get(0)));
        Backend backend = open(config().at(List.of(proxy.endpoint())));
        holdAnswers(proxy);
        CompletionStage<CommitResult> chained = backend.read(new Query.All("d"))
                .thenCompose(found ->
                        backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()));
        proxy.heal();
        assertThat(join(chained)).isInstanceOf(CommitResult.Committed.class);
        holdAnswers(proxy);
        CompletionStage<Void> closed = backend.read(new Query.All("d")).thenAccept(found -> backend.close());
        proxy.heal();
        join(closed);
        assertThat(((BackendException) failure(backend.read(new Query.All("d")))).permanent())
                .isTrue();
    }

    /** A dependent of a completed stage runs in the thread that adds it, so there would be no callback. */
    private static void holdAnswers(FaultProxy proxy) {
        proxy.serverToClient().hold();
    }
}
