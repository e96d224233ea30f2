package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches over an undisturbed connection. */
class WatchBackendTest extends OneServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Backend backend;
    private Backend writer;

    @BeforeEach
    void connect() {
        backend = open();
        writer = open();
    }

    @Test
    void eachKindOfChangeIsAnnouncedToItsWatchesOnly() throws InterruptedException {
        Notices directory = new Notices();
        Notices entry = new Notices();
        Notices elsewhere = new Notices();
        watch(backend, whole("d"), directory);
        watch(backend, one("d", "a"), entry);
        watch(backend, whole("d/a"), elsewhere);
        watch(backend, one("d", "other"), elsewhere);

        put(writer, "d", "b", "1");
        put(writer, "d", "a", "1");
        // Each watch has a thread of its own for its notices.
        entry.await("a", PATIENCE);
        directory.await("a", PATIENCE);
        assertThat(entry.received()).containsOnly("a");
        assertThat(directory.received()).containsExactly("b", "a");

        List<Notices> both = List.of(directory, entry);
        both.forEach(Notices::forget);
        put(writer, "d", "a", "1");
        awaitAll(both);
        committed(writer, Commit.to("d").delete("a"));
        awaitAll(both);
        Lease lease = grant(writer, TTL);
        put(writer, "d", "a", lease);
        awaitAll(both);
        join(lease.revoke());
        awaitAll(both);
        long put = putForAMoment(writer, "d", "a").revision();
        directory.awaitBehind(put, "a", PATIENCE);
        entry.awaitBehind(put, "a", PATIENCE);
        assertThat(elsewhere.received()).isEmpty();
    }

    private static void awaitAll(List<Notices> all) throws InterruptedException {
        for (Notices notices : all) {
            notices.await("a", PATIENCE);
        }
        all.forEach(Notices::forget);
    }

    @Test
    void everyNameOfACommitIsAnnounced() throws InterruptedException {
        Notices notices = new Notices();
        watch(backend, whole("d"), notices);
        committed(
                writer,
                Commit.to("d")
                        .put("\u0001", Bytes.EMPTY)
                        .put("b c", Bytes.EMPTY)
                        .put("\u00e9/", Bytes.EMPTY));
        notices.await("\u00e9/", PATIENCE);
        assertThat(notices.received()).containsExactly("\u0001", "b c", "\u00e9/");
    }

    @Test
    void aNoticeComesWithTheRevisionAndAfterItsChangeCanBeRead() throws Exception {
        CompletableFuture<Long> noticed = new CompletableFuture<>();
        CompletableFuture<List<String>> read = new CompletableFuture<>();
        watch(backend, whole("d"), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                read.complete(names(backend, "d"));
                noticed.complete(revision);
            }

            @Override
            public void reset() {
                throw new AssertionError("nothing broke");
            }
        });
        long revision = put(writer, "d", "a", "1");
        assertThat(noticed.get(10, TimeUnit.SECONDS)).isEqualTo(revision);
        assertThat(read.get(10, TimeUnit.SECONDS)).containsExactly("a");
    }

    @Test
    void aThousandWatchesShareOneConnection() throws InterruptedException {
        List<Notices> all = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Notices notices = new Notices();
            watch(backend, one("d" + i % 10, "n" + i), notices);
            all.add(notices);
        }
        int connections = redis().clientList().split("\n").length;
        assertThat(connections).isLessThanOrEqualTo(6);
        for (int i = 0; i < 1_000; i++) {
            put(writer, "d" + i % 10, "n" + i, "1");
        }
        for (int i = 0; i < 1_000; i++) {
            all.get(i).await("n" + i, PATIENCE);
            assertThat(all.get(i).received()).containsExactly("n" + i);
        }
    }

    @Test
    void aBlockedListenerDelaysNoOtherAndItsNoticesBecomeAReset() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Notices slow = new Notices();
        watch(backend, whole("d"), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                slow.changed(name, revision);
            }

            @Override
            public void reset() {
                slow.reset();
            }
        });
        Notices other = new Notices();
        watch(backend, whole("d"), other);
        put(writer, "d", "first", "1");
        assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
        Lease lease = grant(backend, TTL);
        int written = 0;
        while (written < NoticeQueue.MAX_NAMES + 2) {
            Commit.Builder commit = Commit.to("d");
            for (int j = 0; j < 100; j++) {
                commit.put("n" + written++, Bytes.EMPTY);
            }
            committed(writer, commit);
        }
        // The other watch may get each notice first, so the slow watch has received all but the last.
        other.await("n" + (written - 1), PATIENCE);
        assertThat(join(lease.renew())).isTrue();
        release.countDown();
        slow.awaitReset(PATIENCE);
        assertThat(slow.received()).containsExactly("first", Notices.RESET);
    }

    @Test
    void aListenerThatThrowsIsCalledAgain() throws InterruptedException {
        Notices notices = new Notices();
        AtomicInteger thrown = new AtomicInteger();
        watch(backend, whole("d"), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                notices.changed(name, revision);
                if (thrown.getAndIncrement() == 0) {
                    throw new IllegalStateException("thrown on purpose by a listener");
                }
            }

            @Override
            public void reset() {
                notices.reset();
            }
        });
        put(writer, "d", "a", "1");
        notices.await("a", PATIENCE);
        put(writer, "d", "b", "1");
        notices.await("b", PATIENCE);
    }

    @Test
    void cancellingIsFinalAllowedInsideTheListenerAndMayBeRepeated() throws InterruptedException {
        CompletableFuture<Watch> own = new CompletableFuture<>();
        Notices received = new Notices();
        own.complete(watch(backend, whole("d"), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                own.join().cancel();
                own.join().cancel();
                received.changed(name, revision);
            }

            @Override
            public void reset() {
                throw new AssertionError("nothing broke");
            }
        }));
        Notices other = new Notices();
        watch(backend, whole("d"), other);
        committed(writer, Commit.to("d").put("a", Bytes.EMPTY).put("b", Bytes.EMPTY));
        put(writer, "d", "c", "1");
        other.await("c", PATIENCE);
        received.await("a", PATIENCE);
        assertThat(received.received()).containsExactly("a");
    }

    private static Target whole(String directory) {
        return new Target(directory, Optional.empty());
    }

    private static Target one(String directory, String name) {
        return new Target(directory, Optional.of(name));
    }
}
