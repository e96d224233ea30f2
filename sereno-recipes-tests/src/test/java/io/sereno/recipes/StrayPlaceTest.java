package io.sereno.recipes;

import static io.sereno.recipes.Threads.inThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Permit;
import io.sereno.ScheduledTask;
import io.sereno.Slot;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.recipes.kernel.Card;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A queue has an entry of a client's live session that no place of this client put: it was put late, after its place was gone, since somebody had
 * removed the withdrawn entry that kept it out. The client removes the entry instead of waiting for itself. No time passes here, so a client that
 * waits for itself waits for ever.
 */
@Timeout(30)
class StrayPlaceTest {
    private final Clients clients = new Clients();
    private final Defects defects = new Defects();
    private final Backend line = clients.store.connect(clients.callbacks);
    private final SerenoClient one = clients.connect("one", line);

    @BeforeEach
    void openSession() throws Exception {
        one.mutex("other").acquire().close();
    }

    @AfterEach
    void close() {
        clients.close();
        defects.close();
        assertThat(defects.found()).isEmpty();
    }

    @Test
    void aMutexIsAcquired() throws Exception {
        arrives("lock/x");
        Grant grant = inThread(one.mutex("x")::acquire).get(10, TimeUnit.SECONDS);
        assertThat(clients.entries("lock/x")).hasSize(1);
        grant.release();
        arrives("lock/x");
        assertThat(one.mutex("x").tryAcquire()).hasValueSatisfying(Grant::close);
        assertThat(clients.entries("lock/x")).isEmpty();
    }

    /** An entry that does not say what it claims conflicts with all. */
    @Test
    void locksWithReadersAreAcquired() throws Exception {
        arrives("rwlock/x");
        inThread(one.readWriteMutex("x")::acquireRead).get(10, TimeUnit.SECONDS).release();
        arrives("rwlock/x");
        assertThat(one.readWriteMutex("x").tryAcquireWrite()).hasValueSatisfying(Grant::close);
        assertThat(clients.entries("rwlock/x")).isEmpty();
        arrives("lockset/x");
        inThread(() -> one.lockSet("x").acquire(Set.of("a")))
                .get(10, TimeUnit.SECONDS)
                .release();
        assertThat(clients.entries("lockset/x")).isEmpty();
    }

    /** A place that does not say how many permits it is for counts as more than there are. */
    @Test
    void permitsAreAcquired() throws Exception {
        arrives("semaphore/x");
        inThread(one.permitPool("x", 1)::acquire).get(10, TimeUnit.SECONDS).release();
        arrives("semaphore/x");
        assertThat(one.permitPool("x", 1).tryAcquire()).hasValueSatisfying(Permit::close);
    }

    /** A place that does not say which number it has keeps all behind it waiting. */
    @Test
    void slotsAreAcquired() throws Exception {
        arrives("slots/x");
        inThread(() -> one.slotPool("x", 1).acquire()).get(10, TimeUnit.SECONDS).release();
        arrives("slots/x");
        assertThat(one.slotPool("x", 1).tryAcquire()).hasValueSatisfying(Slot::close);
        assertThat(clients.entries("slots/x")).isEmpty();
    }

    /** A stray place with another party would be crossed with. */
    @Test
    void aPartyIsNotCrossedWith() throws Exception {
        arrives("barrier/x", "party stray\nparties 2\n");
        assertThat(inThread(() -> one.barrier("x", 2).await("here", Duration.ZERO))
                        .get(10, TimeUnit.SECONDS))
                .isFalse();
        arrives("barrier/x", "");
        assertThat(inThread(() -> one.barrier("x", 1).await("here", Duration.ZERO))
                        .get(10, TimeUnit.SECONDS))
                .isTrue();
        Threads.until(() -> one.barrier("x", 2).inspect().waiting().isEmpty());
    }

    @Test
    void aTaskIsRun() throws Exception {
        arrives("task/x");
        CountDownLatch ran = new CountDownLatch(1);
        ScheduledTask task = one.task("x").withDelay(Duration.ofHours(1)).run(grant -> ran.countDown());
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
        task.close();
    }

    @Test
    void aCandidateIsElected() throws Exception {
        one.election("x").start().close();
        arrives("election/x");
        LeaderElection candidate = one.election("x").start();
        Leadership leadership = inThread(candidate::awaitLeadership).get(10, TimeUnit.SECONDS);
        assertThat(leadership.isHeld()).isTrue();
        assertThat(candidate.topology().peers()).hasSize(1);
        assertThat(clients.entries("election/x")).hasSize(1);
    }

    @Test
    void aDurableReaderReads() throws Exception {
        Topic<String> topic = one.topic("x", Codec.utf8());
        topic.publish("first");
        arrives("reader/d/x");
        try (TopicReader<String> reader = topic.reader(new From.Durable("d"))) {
            assertThat(inThread(reader::next).get(10, TimeUnit.SECONDS).payload())
                    .isEqualTo("first");
            assertThat(clients.entries("reader/d/x")).hasSize(1);
        }
    }

    /** Each has a place of its own under the one session, and takes new ones as it resigns. */
    @Test
    void candidatesOfOneClientDoNotRemoveEachOther() throws Exception {
        LeaderElection first = one.election("x").start();
        LeaderElection second = one.election("x").start();
        while (clients.entries("election/x").size() < 2) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < 20; i++) {
            for (LeaderElection candidate : new LeaderElection[] {first, second}) {
                Leadership leadership = inThread(candidate::awaitLeadership).get(10, TimeUnit.SECONDS);
                assertThat(clients.entries("election/x")).hasSize(2);
                leadership.release();
            }
        }
        first.close();
        assertThat(inThread(second::awaitLeadership).get(10, TimeUnit.SECONDS).isHeld())
                .isTrue();
        assertThat(clients.entries("election/x")).hasSize(1);
    }

    /** The client puts many names in vain while it gives the place back. The place is then not taken for a stray by another candidate. */
    @Test
    void aPlaceThatIsGivenBackIsNoStrayHoweverManyNamesFollow() throws Exception {
        FaultyBackend faulty = clients.line();
        SerenoClient two = clients.connect("two", faulty);
        LeaderElection first = two.election("x").start();
        Leadership leadership = inThread(first::awaitLeadership).get(10, TimeUnit.SECONDS);
        Runnable outage = faulty.each(
                request -> request instanceof Request.Commit commit
                        && commit.commit().directory().equals("election/x")
                        && commit.commit().writes().size() == 2, // One deletes the place, the other puts the next one.
                Fate.refuse());
        CompletableFuture<Boolean> released = inThread(() -> {
            leadership.release();
            return true;
        });
        clients.passUntilDone(released, Clients.OPERATION_TIMEOUT.multipliedBy(2));
        clients.time.advance(Duration.ofSeconds(60));

        String givenBack = clients.entries("election/x").get(0).name();
        LeaderElection second = two.election("x").start();
        assertThat(clients.entries("election/x"))
                .hasSize(2)
                .extracting(Entry::name)
                .contains(givenBack);
        outage.run();
        clients.time.advance(Duration.ofSeconds(4)); // The longest pause takes 2 s.
        assertThat(inThread(second::awaitLeadership).get(10, TimeUnit.SECONDS).isHeld())
                .isTrue();
        assertThat(clients.entries("election/x"))
                .hasSize(2)
                .extracting(Entry::name)
                .doesNotContain(givenBack);
    }

    private void arrives(String directory) {
        arrives(directory, "");
    }

    private void arrives(String directory, String lines) {
        Entry marker = clients.entries("session").get(0);
        line.commit(Commit.to(directory)
                        .put(
                                marker.name() + "-zzz",
                                new Card("one", Instant.EPOCH, Map.of()).encode(lines),
                                marker.leaseId())
                        .build())
                .toCompletableFuture()
                .join();
    }
}
