package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("servers")
@Timeout(180)
class DetourTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** Listeners that block hold every thread of the application's executor; what is handed to it waits. */
    @Test
    void theSessionOfALeaseGoesOnWhileTheExecutorOfListenersIsBlocked() {
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
                // The client sees that its socket is closed when it sends.
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
}
