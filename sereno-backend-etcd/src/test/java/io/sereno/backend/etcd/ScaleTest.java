package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.testservers.EtcdServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thousand watches or locks in one client. Prints the figures of docs/etcd.md. */
@Tag("servers")
@Timeout(120)
class ScaleTest {
    private static final int MANY = 1_000;

    private final EtcdServer etcd = EtcdServer.start();

    @AfterEach
    void close() {
        etcd.close();
    }

    private static void print(String what, Metrics before, Metrics after, long since) {
        System.out.printf(
                "%s: %d ms; the server's memory %.1f -> %.1f MiB%n",
                what, (System.nanoTime() - since) / 1_000_000, before.memory() / 1048576.0, after.memory() / 1048576.0);
    }

    @Test
    void aThousandWatchesShareOneStreamAndEachGetsItsOwnNotices() throws Exception {
        Config config = Config.of(etcd.endpoint());
        try (Backend watcher = config.open();
                Backend writer = config.open()) {
            Metrics before = Metrics.of(etcd);
            long since = System.nanoTime();
            List<Received> all = new ArrayList<>();
            List<CompletionStage<Watch>> opening = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                Received one = new Received();
                all.add(one);
                Target target = i % 2 == 0
                        ? new Target("lock/orders", Optional.of("n" + i))
                        : new Target("directory" + i, Optional.empty());
                opening.add(watcher.watch(target, one));
            }
            opening.forEach(Stages::await);
            Metrics after = Metrics.of(etcd);
            print(MANY + " watches", before, after, since);
            assertThat(after.begun("Watch") - before.begun("Watch")).isEqualTo(1);
            assertThat(after.memory() - before.memory()).isLessThan(50L << 20);
            List<CompletionStage<?>> writing = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                writing.add(writer.commit(Commit.to(i % 2 == 0 ? "lock/orders" : "directory" + i)
                        .put("n" + i, Bytes.EMPTY)
                        .build()));
            }
            writing.forEach(Stages::await);
            for (int i = 0; i < MANY; i++) {
                assertThat(all.get(i).next()).isEqualTo("n" + i);
            }
        }
    }

    @Test
    void aThousandHeldLocksCostWhatOneDoes() throws Exception {
        String uri = "etcd://" + etcd.authority() + "/locks?session-ttl=4s";
        try (Sereno holder = Sereno.connect(uri)) {
            Metrics before = Metrics.of(etcd);
            long since = System.nanoTime();
            List<Grant> held = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                held.add(holder.mutex("lock-" + i).tryAcquire().orElseThrow());
            }
            print(MANY + " locks taken one after another", before, Metrics.of(etcd), since);
            // Each place is read once, when it has lasted a third of the ttl, and watched from then on.
            awaitBegun("Txn", before, 2L * MANY);
            Metrics quiet;
            Metrics after;
            long renewals;
            long checks;
            do {
                since = System.nanoTime();
                quiet = Metrics.of(etcd);
                awaitBegun("LeaseKeepAlive", quiet, 3);
                after = Metrics.of(etcd);
                renewals = after.begun("LeaseKeepAlive") - quiet.begun("LeaseKeepAlive");
                checks = after.begun("Txn") - quiet.begun("Txn");
                // A slow machine has not read all of them yet.
            } while (checks > renewals + 1);
            print(MANY + " locks held, " + renewals + " renewals and " + checks + " checks", quiet, after, since);
            assertThat(held).allMatch(Grant::isHeld);
            assertThat(after.begun("Range") - quiet.begun("Range")).isZero();
            assertThat(after.memory() - before.memory()).isLessThan(100L << 20);
        }
        try (Sereno next = Sereno.connect(uri)) {
            assertThat(next.mutex("lock-7").tryAcquire().map(Grant::isHeld)).contains(true);
        }
    }

    private void awaitBegun(String method, Metrics since, long count) {
        while (Metrics.of(etcd).begun(method) < since.begun(method) + count) {
            Thread.onSpinWait();
        }
    }
}
