package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Lease;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.ZooKeeperServer;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.zookeeper.AddWatchMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("servers")
@Timeout(180)
class DetourTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    /** The longest wait for an answer before another route is tried. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Blocked listeners hold every thread of the application's executor; further tasks wait. */
    @Test
    void theSessionOfALeaseLivesWhileTheCallbackExecutorIsBlocked() {
        AtomicBoolean blocked = new AtomicBoolean();
        Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
        try (ZooKeeperServer server = ZooKeeperServer.start();
                RealTime time = new RealTime()) {
            Client.Config config = Client.Config.of(server.endpoints(), "n").with(time, task -> {
                if (blocked.get()) {
                    waiting.add(task);
                } else {
                    task.run();
                }
            });
            ZooKeeperBackend backend = new ZooKeeperBackend(config, Options.of(config));
            try {
                assertThat(Client.await(backend.grantLease(Duration.ofSeconds(30)))
                                .ttl())
                        .isPositive();
                Handle former = backend.leaseHandles().get(0);
                blocked.set(true);
                former.reconnect();
                // The client notices that its socket is closed when it sends.
                CompletableFuture<Answer<Void>> sent = former.roundTrip("/");
                long end = System.nanoTime() + SOON.toNanos();
                Handle present = former;
                while ((present == former || !present.getState().isConnected()) && System.nanoTime() - end < 0) {
                    backend.mainHandle().roundTrip("/").join();
                    present = backend.leaseHandles().get(0);
                }
                assertThat(sent.join().isOk()).isFalse();
                assertThat(present).isNotSameAs(former);
                assertThat(present.getState().isConnected()).isTrue();
                assertThat(present.getSessionId()).isEqualTo(former.getSessionId());
            } finally {
                backend.close();
                waiting.forEach(Runnable::run);
            }
        }
    }

    /** The attempt is about to connect when the former answers: by then its server may have moved the session. */
    @Test
    void anAttemptThatHasTakenTheSessionKeepsItAlthoughTheFormerHasAnswered() throws Exception {
        try (TwoWays ways = new TwoWays()) {
            Lease lease = ways.leaseByProxy();
            Handle former = ways.leaseHandle();
            ways.proxy.serverToClient().hold();
            CountDownLatch answered = new CountDownLatch(1);
            CompletableFuture<Void> tested = new CompletableFuture<>();
            // On the former handle's own event thread, so that the handle does not learn that its connection has ended.
            CompletableFuture<Void> renewed = lease.renew()
                    .thenRun(() -> {
                        answered.countDown();
                        tested.join();
                    })
                    .toCompletableFuture();
            ways.proxy.serverToClient().awaitHeld(1, SOON);
            CountDownLatch opening = new CountDownLatch(1);
            ways.beforeEachHandle = () -> {
                opening.countDown();
                awaitQuietly(answered);
            };
            ways.time.advance(PATIENCE);
            while (!opening.await(20, TimeUnit.MILLISECONDS)) {
                ways.time.advance(Duration.ofMillis(10));
            }
            ways.proxy.serverToClient().pass();
            try {
                ways.awaitOtherHandle(former);
            } finally {
                tested.complete(null);
            }
            renewed.join();
            assertThat(ways.leaseHandle().getSessionId()).isEqualTo(former.getSessionId());
            assertThat(Client.await(lease.renew())).isTrue();
        }
    }

    /** Nothing else is sent, which would be timed by itself. */
    @Test
    void anUnansweredRequestIsTimedAlsoAfterAnAnswerHasEndedTheSearchForAnotherRoute() throws Exception {
        try (TwoWays ways = new TwoWays()) {
            Lease lease = ways.leaseByProxy();
            Handle former = ways.leaseHandle();
            ways.proxy.serverToClient().hold();
            CompletableFuture<Boolean> late = lease.renew().toCompletableFuture();
            ways.proxy.serverToClient().awaitHeld(1, SOON);
            ways.proxy.clientToServer().hold();
            CompletableFuture<Boolean> never = lease.renew().toCompletableFuture();
            ways.proxy.clientToServer().awaitHeld(1, SOON);
            ways.time.advance(PATIENCE);
            // The pause before the first attempt.
            ways.await(() -> ways.time.untilNext().orElseThrow().compareTo(Duration.ofMillis(100)) <= 0);
            ways.proxy.serverToClient().pass();
            assertThat(Client.await(late)).isTrue();
            ways.awaitOtherHandle(former);
            assertThat(never.handle((done, failure) -> failure))
                    .succeedsWithin(SOON)
                    .isNotNull();
            assertThat(Client.await(lease.renew())).isTrue();
        }
    }

    @Test
    void everyKindOfRequestIsTimedAndItsAnswerNoticed() throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start();
                FaultProxy proxy = FaultProxy.to(server.endpoints().get(0));
                Client client = Client.connect(List.of(proxy.endpoint()), "n")) {
            Handle handle = client.itself().mainHandle();
            List<Function<Handle, CompletableFuture<?>>> requests = List.of(
                    Handle::asWhom,
                    Handle::ephemerals,
                    on -> on.roundTrip("/"),
                    on -> on.watch("/", AddWatchMode.PERSISTENT),
                    on -> on.barrier("/"),
                    on -> on.children("/"),
                    on -> on.numberOfChildren("/"),
                    on -> on.data("/"));
            for (Function<Handle, CompletableFuture<?>> request : requests) {
                proxy.serverToClient().hold();
                long received = handle.answers();
                CompletableFuture<?> answer = request.apply(handle);
                assertThat(handle.isWaiting()).isTrue();
                proxy.serverToClient().pass();
                answer.join();
                assertThat(handle.answers()).isGreaterThan(received);
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A client that has two ways to one server: a proxy, and the server's own address, where its main session is. */
    private static final class TwoWays implements AutoCloseable {
        final ManualTime time = new ManualTime();
        final ZooKeeperServer server = ZooKeeperServer.start();
        final FaultProxy proxy = FaultProxy.to(server.endpoints().get(0));
        volatile Runnable beforeEachHandle = () -> {};
        final ZooKeeperBackend backend = openPastProxy();

        private ZooKeeperBackend openPastProxy() {
            Client.Config config = Client.Config.of(
                            List.of(proxy.endpoint(), server.endpoints().get(0)), "n")
                    .withUser("user", "secret")
                    .withTimeouts(Duration.ofSeconds(20), Duration.ofSeconds(60))
                    .with(time, Runnable::run);
            BackendConfig hooked = (BackendConfig) Proxy.newProxyInstance(
                    BackendConfig.class.getClassLoader(),
                    new Class<?>[] {BackendConfig.class},
                    (self, method, arguments) -> {
                        if (method.getName().equals("password")) {
                            beforeEachHandle.run();
                        }
                        return method.invoke(config, arguments);
                    });
            while (true) {
                ZooKeeperBackend opened = new ZooKeeperBackend(hooked, Options.of(config));
                if (!isByProxy(opened.mainHandle())) {
                    return opened;
                }
                opened.close();
            }
        }

        private boolean isByProxy(Handle handle) {
            return handle.server("").endsWith(":" + proxy.endpoint().getPort());
        }

        Lease leaseByProxy() {
            while (true) {
                Lease lease = Client.await(backend.grantLease(Duration.ofSeconds(50)));
                if (isByProxy(leaseHandle())) {
                    return lease;
                }
                Client.await(lease.revoke());
            }
        }

        Handle leaseHandle() {
            return backend.leaseHandles().get(0);
        }

        /** Waits until another handle is connected in place of this one. */
        void awaitOtherHandle(Handle former) {
            Duration limit = time.elapsed().plusSeconds(20);
            await(() -> {
                if (time.elapsed().compareTo(limit) < 0) {
                    time.advance(Duration.ofMillis(10));
                }
                return leaseHandle() != former && leaseHandle().getState().isConnected();
            });
        }

        void await(BooleanSupplier condition) {
            long end = System.nanoTime() + SOON.toNanos();
            while (!condition.getAsBoolean()) {
                assertThat(System.nanoTime() - end)
                        .as("nanoseconds beyond the limit")
                        .isNegative();
                backend.mainHandle().roundTrip("/").join();
            }
        }

        @Override
        public void close() {
            beforeEachHandle = () -> {};
            proxy.close();
            backend.close();
            server.close();
        }
    }
}
