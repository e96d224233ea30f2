package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.tck.proxy.FaultProxy;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** From opening to closing. */
class LifeTest {
    private static final Target TARGET = new Target("any", Optional.empty());

    private static Config config() {
        return Config.of(SharedEtcd.SERVER.endpoint());
    }

    @Test
    void isFoundByBothSchemes() {
        BackendProvider found = ServiceLoader.load(BackendProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(EtcdBackendProvider.class::isInstance)
                .findFirst()
                .orElseThrow();
        assertThat(found.schemes()).containsExactlyInAnyOrder("etcd", "etcds");
        assertThat(found.defaultUri()).contains("etcd://127.0.0.1:2379");
    }

    @Test
    void invalidSettingsAreRefusedBeforeAnyInputOrOutput() {
        // No server listens there, so a connection attempt would fail.
        Config config = Config.of(InetSocketAddress.createUnresolved("127.0.0.1", 1));
        assertRefused(config.parameters(Map.of("retries", "3")), "retries");
        assertRefused(Config.of(), "no host");
        assertRefused(config.trust(Path.of("ca.pem")), "etcds:");
        assertRefused(config.identity(Path.of("cert.pem"), Path.of("key.pem")), "etcds:");
        assertRefused(config.login(null, "s3cret"), "no user");
        assertRefused(config.scheme("etcds").trust(Path.of("missing.pem")), "missing.pem");
    }

    private static void assertRefused(Config config, String why) {
        assertThatThrownBy(config::open)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why)
                .hasMessageNotContaining("s3cret");
    }

    @Test
    @Tag("servers")
    void afterCloseEverythingFailsAtOnce() {
        Backend backend = config().open();
        Lease lease = await(backend.grantLease(Duration.ofSeconds(30)));
        Watch watch = await(backend.watch(TARGET, new Received()));
        backend.close();
        backend.close();
        watch.cancel();
        Commit commit = Commit.to("any").put("a", Bytes.EMPTY, lease.id()).build();
        List<CompletionStage<?>> refused = List.of(
                backend.read(new Query.All("any")),
                backend.commit(commit),
                backend.grantLease(Duration.ofSeconds(3)),
                backend.watch(TARGET, new Received()),
                lease.renew(),
                lease.revoke());
        for (CompletionStage<?> stage : refused) {
            assertThat(stage.toCompletableFuture()).isDone();
            BackendException failure = failure(stage);
            assertThat(failure).hasMessageContaining("closed");
            assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(failure.permanent()).isTrue();
        }
    }

    @Test
    @Tag("servers")
    void mayBeClosedInACallback() {
        Backend backend = config().open();
        await(backend.read(new Query.All("any")).thenRun(backend::close));
        failure(backend.read(new Query.All("any")));
    }

    @Test
    @Tag("servers")
    void aCallbackThatBlocksStallsNothingElse() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(SharedEtcd.SERVER.endpoint());
                Backend backend = config().at(proxy.endpoint()).open()) {
            CountDownLatch release = new CountDownLatch(1);
            Received received = new Received();
            await(backend.watch(TARGET, received));
            // A dependent of a stage that has ended runs here, in this thread; so these two have not ended yet.
            proxy.serverToClient().hold();
            CompletableFuture<Void> inAWatch = new CompletableFuture<>();
            CompletableFuture<Void> inARead = new CompletableFuture<>();
            CompletionStage<Void> stuck = backend.watch(new Target("other", Optional.empty()), new Received())
                    .thenRun(() -> block(inAWatch, release));
            CompletionStage<Void> stuckToo = backend.read(new Query.All("any")).thenRun(() -> block(inARead, release));
            proxy.heal();
            await(inAWatch);
            await(inARead);
            await(backend.commit(Commit.to("any").put("a", Bytes.EMPTY).build()));
            assertThat(received.next()).isEqualTo("a");
            release.countDown();
            await(stuck);
            await(stuckToo);
        }
    }

    private static void block(CompletableFuture<Void> blocked, CountDownLatch release) {
        blocked.complete(null);
        try {
            release.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Tag("servers")
    void leavesNoThreadAndNoTimer() {
        // Other threads may still be about to end.
        Set<Thread> before = threads(Set.of());
        int timersBefore = RealTime.INSTANCE.pending();
        for (int i = 0; i < 30; i++) {
            try (Backend backend = config().open()) {
                await(backend.watch(TARGET, new Received()));
                await(backend.commit(Commit.to("any").put("a", Bytes.EMPTY).build()));
            }
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!threads(before).isEmpty() && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        assertThat(threads(before)).isEmpty();
        assertThat(RealTime.INSTANCE.pending()).isLessThanOrEqualTo(timersBefore);
    }

    private static Set<Thread> threads(Set<Thread> without) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !without.contains(thread))
                .filter(thread -> thread.getName().startsWith("sereno-etcd")
                        || thread.getName().startsWith("grpc"))
                .collect(Collectors.toSet());
    }
}
