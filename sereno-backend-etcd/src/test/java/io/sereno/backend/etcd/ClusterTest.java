package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Counter;
import io.sereno.Grant;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.testservers.EtcdCluster;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three members, of which one is lost. */
@Tag("servers")
class ClusterTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    private final EtcdCluster cluster = EtcdCluster.start(3);

    @AfterEach
    void close() {
        cluster.close();
    }

    private Config config() {
        return Config.of(cluster.endpoints()).operationTimeout(Duration.ofSeconds(1));
    }

    private static Commit put(String name) {
        return Commit.to("any").put(name, Bytes.EMPTY).build();
    }

    /** Until it is done; what fails meanwhile may have been done, and is repeated. */
    private static void putAtLast(Backend backend, String name) {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                await(backend.commit(put(name)));
                return;
            } catch (CompletionException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    @Test
    void whoeverIsLostTheClientGoesOnWithAnotherOne() throws Exception {
        try (Backend backend = config().open()) {
            Heard heard = new Heard();
            await(backend.watch(new Target("any", Optional.empty()), heard));
            for (EtcdServer member : cluster.members()) {
                member.kill();
                putAtLast(backend, "without " + member);
                // The change, or that something may have been missed; and then no change more is missed.
                heard.upToAny("without " + member, Heard.RESET);
                member.restart();
            }
            for (EtcdServer member : cluster.members()) {
                member.pause();
                putAtLast(backend, "with a frozen " + member);
                member.resume();
            }
            putAtLast(backend, "last");
            heard.upToAny("last", Heard.RESET);
        }
    }

    /** It still believes that there is a leader, and knows the state of a moment ago. */
    @Test
    void aMemberThatIsCutOffAnswersNothingFromMemory() {
        EtcdServer alone = cluster.members().get(0);
        try (Backend backend = Config.of(alone.endpoint())
                .operationTimeout(Duration.ofSeconds(1))
                .open()) {
            long revision = ((Committed) await(backend.commit(put("a")))).revision();
            cluster.members().stream().filter(member -> member != alone).forEach(EtcdServer::pause);
            CompletionStage<CommitResult> check = backend.commit(
                    Commit.to("any").ifCreateRevision("a", revision).build());
            CompletionStage<?> read = backend.read(new Query.All("any"));
            failure(check);
            failure(read);
            cluster.members().forEach(EtcdServer::resume);
            putAtLast(backend, "b");
        }
    }

    /** Holders that a resource sees, and a counter, while leader after leader is lost. */
    @Test
    void recipesKeepTheirPromisesWhileLeadersComeAndGo() throws Exception {
        String hosts = cluster.endpoints().stream()
                .map(address -> address.getHostString() + ":" + address.getPort())
                .collect(Collectors.joining(","));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong greatest = new AtomicLong();
        AtomicLong counted = new AtomicLong();
        AtomicLong doubtful = new AtomicLong();
        AtomicLong refused = new AtomicLong();
        Semaphore sections = new Semaphore(0);
        Semaphore additions = new Semaphore(0);
        List<Sereno> clients = new ArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Sereno sereno = Sereno.builder()
                        .uri("etcd://" + hosts + "/cluster?operation-timeout=1s")
                        .connect();
                clients.add(sereno);
                work.add(threads.submit(() -> {
                    while (!stop.get()) {
                        try (Grant grant = sereno.mutex("close-month").acquire()) {
                            enter(greatest, grant.fencingToken());
                            sections.release();
                        }
                    }
                    return null;
                }));
                work.add(threads.submit(() -> {
                    Counter counter = sereno.counter("orders");
                    while (!stop.get()) {
                        try {
                            counter.incrementAndGet();
                            counted.incrementAndGet();
                            additions.release();
                        } catch (OutcomeUnknownException e) {
                            doubtful.incrementAndGet();
                        } catch (NotAppliedException e) {
                            // It counted nothing, and is tried again.
                            refused.incrementAndGet();
                        }
                    }
                }));
            }
            for (int i = 0; i < 3; i++) {
                EtcdServer leader = cluster.leader();
                if (i % 2 == 0) {
                    leader.kill();
                } else {
                    leader.pause();
                }
                awaitProgress(sections);
                awaitProgress(additions);
                if (i % 2 == 0) {
                    leader.restart();
                } else {
                    leader.resume();
                }
            }
            stop.set(true);
            for (Future<?> each : work) {
                each.get();
            }
            long value = clients.get(0).counter("orders").get();
            assertThat(value).isBetween(counted.get(), counted.get() + doubtful.get());
        } finally {
            stop.set(true);
            threads.shutdownNow();
            clients.forEach(Sereno::close);
        }
    }

    /** The resource: refuses whoever comes with a token that is not greater than all before. */
    private static void enter(AtomicLong greatest, long token) {
        long before = greatest.getAndAccumulate(token, Math::max);
        assertThat(token).isGreaterThan(before);
    }

    private static void awaitProgress(Semaphore done) throws InterruptedException {
        done.drainPermits();
        assertThat(done.tryAcquire(20, SOON.toSeconds(), TimeUnit.SECONDS))
                .as("things go on")
                .isTrue();
    }
}
