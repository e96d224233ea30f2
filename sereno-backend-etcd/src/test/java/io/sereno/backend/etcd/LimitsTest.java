package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Servers with lower limits than usual. */
@Tag("servers")
class LimitsTest {
    private static final Bytes VALUE = Bytes.copyOf(new byte[32 << 10]);

    /** etcd applies the write that exceeds its quota, and reports it as "database space exceeded". */
    @Test
    void aCommitRefusedForLackOfSpaceIsUnknownAndReleasesWork() {
        try (EtcdServer etcd = EtcdServer.start("--quota-backend-bytes=8388608");
                Backend backend = Config.of(etcd.endpoint()).open()) {
            Lease lease = await(backend.grantLease(Duration.ofSeconds(60)));
            await(backend.commit(
                    Commit.to("lock").put("held", Bytes.EMPTY, lease.id()).build()));
            Queue<CompletionStage<CommitResult>> underWay = new ArrayDeque<>();
            int sent = 0;
            int refused = 0;
            while (refused < 100) {
                while (underWay.size() < 40) {
                    String name = "n" + sent++;
                    underWay.add(backend.commit(
                            Commit.to("full").ifAbsent(name).put(name, VALUE).build()));
                }
                CompletionStage<CommitResult> first = underWay.remove();
                try {
                    assertThat(await(first)).isInstanceOf(Committed.class);
                } catch (CompletionException e) {
                    assertThat(failure(first)).hasMessageContaining("database space exceeded");
                    assertThat(failure(first).outcome()).isEqualTo(Outcome.UNKNOWN);
                    assertThat(failure(first).permanent()).isFalse();
                    refused++;
                }
            }
            underWay.forEach(commit -> commit.toCompletableFuture()
                    .handle((result, failure) -> result)
                    .join());
            assertThat(await(lease.renew())).isTrue();
            assertThat(await(backend.commit(
                            Commit.to("lock").ifPresent("held").delete("held").build())))
                    .isInstanceOf(Committed.class);
            assertThat(await(backend.read(new Query.All("lock"))).entries()).isEmpty();
            await(lease.revoke());
        }
    }

    @Test
    void aServerWithSmallerLimitsRefusesByItselfAndStillWorks() {
        try (EtcdServer etcd = EtcdServer.start("--max-txn-ops=8", "--max-request-bytes=65536");
                Backend backend = Config.of(etcd.endpoint()).open()) {
            Commit.Builder many = Commit.to("any");
            IntStream.range(0, 9).forEach(i -> many.put("n" + i, Bytes.EMPTY));
            assertThat(failure(backend.commit(many.build())).outcome()).isEqualTo(Outcome.NOT_APPLIED);
            Commit large =
                    Commit.to("any").put("a", Bytes.copyOf(new byte[70_000])).build();
            assertThat(failure(backend.commit(large)).outcome()).isEqualTo(Outcome.NOT_APPLIED);
            // If the request exceeds the limit of gRPC on the server, the error does not say who refused, or why.
            Commit larger = Commit.to("any")
                    .put("a", Bytes.copyOf(new byte[500 << 10]))
                    .put("b", Bytes.copyOf(new byte[500 << 10]))
                    .build();
            failure(backend.commit(larger));
            assertThat(await(backend.read(new Query.All("any"))).entries()).isEmpty();
        }
    }

    /** Other clients may fill a directory. The memory of a client's read stays bounded, and its other calls succeed. */
    @Test
    void aDirectoryThatIsTooLargeIsRefusedBeforeItIsInMemory() {
        long declared = 16L << 20;
        Bytes large = Bytes.copyOf(new byte[512 << 10]);
        try (FaultProxy proxy = FaultProxy.to(SharedEtcd.SERVER.endpoint());
                // A busy server needs seconds for 40 MiB.
                Backend backend = Config.of(proxy.endpoint())
                        .operationTimeout(Duration.ofMinutes(2))
                        .open()) {
            for (int i = 0; i < 80; i++) {
                await(backend.commit(Commit.to("lock/a").put("n" + i, large).build()));
            }
            long before = proxy.serverToClient().traffic().delivered();
            CompletionStage<Snapshot> read = backend.read(new Query.All("lock/a"));
            assertThat(failure(read)).hasMessageContaining("'lock/a'").hasMessageContaining("read page by page");
            assertThat(failure(read).outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(failure(read).permanent()).isTrue();
            CompletionStage<CommitResult> commit = backend.commit(
                    Commit.to("lock/a").put("last", Bytes.EMPTY).returningAll().build());
            assertThat(failure(commit).outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(proxy.serverToClient().traffic().delivered() - before)
                    .as("bytes of two answers of 40 MiB that reached the client")
                    .isLessThan(declared);
            assertThat(await(backend.read(new Query.Range("lock/a", "", 10))).entries())
                    .hasSize(10);
            assertThat(await(backend.read(new Query.One("lock/a", "last"))).entries())
                    .hasSize(1);
        }
    }
}
