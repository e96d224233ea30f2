package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** WAT on a connection that holds. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class WatchTest {
    private ZooKeeperServer server;
    private Client client;
    private Client other;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
        client = Client.connect(server.endpoints(), "watches");
        other = Client.connect(server.endpoints(), "watches");
    }

    @AfterAll
    void stop() {
        client.close();
        other.close();
        server.close();
    }

    @Test
    void putsDeletesAndTheEndOfALeaseAreAnnounced(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Notes all = new Notes();
        Notes one = new Notes();
        client.watch(new Target(d, Optional.empty()), all);
        client.watch(new Target(d, Optional.of("b")), one);
        Lease lease = other.lease(Duration.ofSeconds(30));
        other.put(d, "a", "1");
        assertThat(all.await("a")).containsExactly("a");
        all.forget();
        other.put(d, "b", lease);
        assertThat(all.await("b")).containsExactly("b");
        assertThat(one.await("b")).containsExactly("b");
        all.forget();
        one.forget();
        other.put(d, "a", "2");
        other.committed(Commit.to(d).delete("a").put("c", Bytes.EMPTY));
        all.await(received -> received.contains("a") && received.contains("c"));
        all.forget();
        Client.await(lease.revoke());
        assertThat(all.await("b")).containsExactly("b");
        assertThat(one.await("b")).containsExactly("b");
    }

    @Test
    void aNoticeIsNotOlderThanWhatIsReadOnIt(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Notes end = new Notes();
        Watch watch = client.watch(new Target(d, Optional.of("n")), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                Entry seen = client.entry(d, name).orElseThrow();
                if (seen.modRevision() < revision) {
                    end.changed("a read older than its notice", revision);
                }
                end.changed(seen.value().toUtf8(), revision);
            }

            @Override
            public void reset() {}
        });
        for (int i = 0; i < 300; i++) {
            other.put(d, "n", String.valueOf(i));
        }
        assertThat(end.await("299")).doesNotContain("a read older than its notice");
        watch.cancel();
    }

    @Test
    void aWatchOfOneEntryGetsNoNoticeOfAnother(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Notes one = new Notes();
        Notes inside = new Notes();
        client.watch(new Target(d, Optional.of("a")), one);
        client.watch(new Target(d + "/x", Optional.empty()), inside);
        for (String name : List.of("a2", "b", "A", "a/b")) {
            other.put(d, name, "");
        }
        other.put(d + "/x", "a", "");
        inside.await("a");
        other.put(d, "a", "");
        assertThat(one.await("a")).containsExactly("a");
        assertThat(inside.received()).containsExactly("a");
    }

    @Test
    void cancelIsFinalAndLeavesTheOtherWatchesOfTheTarget(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        Target target = new Target(d, Optional.empty());
        Notes first = new Notes();
        Notes second = new Notes();
        Watch cancelled = client.watch(target, first);
        Watch kept = client.watch(target, second);
        cancelled.cancel();
        cancelled.cancel();
        other.put(d, "a", "");
        second.await("a");
        assertThat(first.received()).isEmpty();
        kept.cancel();
        Notes third = new Notes();
        client.watch(target, third);
        other.put(d, "b", "");
        third.await("b");
        assertThat(second.received()).containsExactly("a");
    }

    @Test
    void aListenerMayThrowBlockCancelAndCallTheBackend(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<@Nullable Watch> own = new AtomicReference<>();
        Notes notes = new Notes();
        client.watch(new Target(d, Optional.of("blocks")), listener(name -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        client.watch(new Target(d, Optional.of("throws")), listener(name -> {
            notes.changed(name + client.entry(d, name).orElseThrow().value().toUtf8(), 0);
            throw new IllegalStateException("on purpose");
        }));
        own.set(client.watch(new Target(d, Optional.of("cancels")), listener(name -> {
            Objects.requireNonNull(own.get()).cancel();
            notes.changed(name, 0);
        })));
        other.put(d, "blocks", "");
        other.put(d, "throws", "1");
        notes.await("throws1");
        other.put(d, "throws", "2");
        notes.await("throws2");
        other.put(d, "cancels", "1");
        notes.await("cancels");
        other.put(d, "cancels", "2");
        other.put(d, "throws", "3");
        notes.await("throws3");
        release.countDown();
        assertThat(notes.received().stream().filter("cancels"::equals)).hasSize(1);
    }

    private static WatchListener listener(Consumer<String> onChange) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                onChange.accept(name);
            }

            @Override
            public void reset() {}
        };
    }

    @Test
    void aListenerThatDoesNotReturnCostsBoundedMemory(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Notes notes = new Notes();
        client.watch(new Target(d, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                entered.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                notes.changed(name, revision);
            }

            @Override
            public void reset() {
                notes.reset();
            }
        });
        other.put(d, "first", "");
        entered.await();
        Notes last = new Notes();
        client.watch(new Target(d, Optional.empty()), last);
        for (int i = 0; i < 1_100; i += 50) {
            Commit.Builder commit = Commit.to(d);
            for (int j = i; j < i + 50; j++) {
                commit.put("e" + j, Bytes.EMPTY);
            }
            other.committed(commit);
        }
        // On a machine that is slow even this one may get a reset in place of too many names.
        last.await(received -> received.contains("e1099") || received.contains(Notes.RESET));
        release.countDown();
        notes.await(Notes.RESET);
        assertThat(notes.received().size()).isLessThan(100);
    }

    @Test
    void aThousandWatchesWork(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        List<Notes> notes = new ArrayList<>();
        List<CompletionStage<Watch>> watches = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            notes.add(new Notes());
            watches.add(client.backend().watch(new Target(d, Optional.of("e" + i)), notes.get(i)));
        }
        watches.forEach(Client::await);
        for (int i = 0; i < 1_000; i += 50) {
            Commit.Builder commit = Commit.to(d);
            for (int j = i; j < i + 50; j++) {
                commit.put("e" + j, Bytes.EMPTY);
            }
            other.committed(commit);
        }
        for (int i = 0; i < 1_000; i++) {
            assertThat(notes.get(i).await("e" + i)).containsExactly("e" + i);
        }
        watches.forEach(watch -> Client.await(watch).cancel());
    }
}
