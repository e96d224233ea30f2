package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** A server that is killed, restarted, frozen; and how a client ends then. */
@Tag("servers")
@Timeout(180)
@TestInstance(Lifecycle.PER_CLASS)
class ServerFaultTest {
    private ZooKeeperServer server;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aRestartKeepsEntriesRevisionsAndLeases(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        try (Client client = connect()) {
            long before = client.put(d, "a", "1");
            Lease lease = client.lease(Duration.ofSeconds(50));
            client.put(d, "b", lease);
            Notes notes = new Notes();
            client.watch(new Target(d, Optional.empty()), notes);
            server.kill();
            CompletionStage<CommitResult> meanwhile = client.backend()
                    .commit(Commit.to(d).ifAbsent("c").put("c", Bytes.EMPTY).build());
            server.restart();
            notes.await(Notes.RESET);
            assertThat(client.names(d)).startsWith("a", "b");
            assertThat(Client.await(lease.renew())).isTrue();
            assertThat(client.put(d, "a", "2")).isGreaterThan(before);
            assertThat(settle(client, d, meanwhile)).isTrue();
            Client.await(lease.revoke());
        }
    }

    /** The outcome of the commit agrees with the stored entries; with an unknown outcome, both states are correct. */
    private static boolean settle(Client client, String d, CompletionStage<CommitResult> commit) {
        boolean present = client.entry(d, "c").isPresent();
        try {
            return Client.await(commit) instanceof CommitResult.Committed && present;
        } catch (BackendException failure) {
            return failure.outcome() == Outcome.UNKNOWN || !present;
        }
    }

    @Test
    void aFrozenServerNeitherHoldsUpCloseNorKeepsItsThreads() throws InterruptedException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Client client = connect();
        Lease lease = client.lease(Duration.ofSeconds(20));
        client.put("frozen", "a", lease);
        client.watch(new Target("frozen", Optional.empty()), new Notes());
        server.pause();
        try {
            CompletionStage<CommitResult> write = client.backend()
                    .commit(Commit.to("frozen").put("b", Bytes.EMPTY).build());
            CompletionStage<?> read = client.backend().read(new Query.All("frozen"));
            long begun = System.nanoTime();
            client.backend().close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
            assertThatThrownBy(() -> Client.await(write))
                    .isInstanceOfSatisfying(
                            BackendException.class,
                            failure -> assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN));
            assertThatThrownBy(() -> Client.await(read))
                    .isInstanceOfSatisfying(
                            BackendException.class,
                            failure -> assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED));
            assertThat(client.time().pending()).isZero();
            client.close();
            assertNoThreadIsLeft(before);
        } finally {
            server.resume();
        }
    }

    @Test
    void aClientLeavesNoThreadBehind() throws InterruptedException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        for (int i = 0; i < 10; i++) {
            try (Client client = connect()) {
                Lease lease = client.lease(Duration.ofSeconds(20));
                client.put("threads", "a" + i, lease);
                Client.await(lease.revoke());
                client.lease(Duration.ofSeconds(20));
            }
        }
        assertNoThreadIsLeft(before);
    }

    private static void assertNoThreadIsLeft(Set<Thread> before) throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!before.contains(thread) && isOfZooKeeper(thread)) {
                thread.join(10_000);
            }
        }
        List<String> left = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && isOfZooKeeper(thread))
                .map(Thread::getName)
                .toList();
        assertThat(left).isEmpty();
    }

    private static boolean isOfZooKeeper(Thread thread) {
        return thread.getName().contains("SendThread")
                || thread.getName().contains("EventThread")
                || thread.getName().contains("Curator")
                || thread.getName().contains("ConnectionState");
    }

    @Test
    void anEmptiedDirectoryLeavesNoNode(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        try (Client client = connect();
                Client other = connect()) {
            Handle bare = client.itself().mainHandle();
            int before = bare.getAllChildrenNumber("/servers");
            for (int i = 0; i < 20; i++) {
                long revision = client.committed(
                        Commit.to(d + i).ifAbsent("a").put("a", Bytes.EMPTY).returningAll());
                client.committed(
                        Commit.to(d + i).ifCreateRevision("a", revision).delete("a"));
                // Two clients, one after the other, as in a queue.
                long first = client.committed(
                        Commit.to(d + i).ifAbsent("a").put("a", Bytes.EMPTY).returningAll());
                long second = other.committed(
                        Commit.to(d + i).ifAbsent("b").put("b", Bytes.EMPTY).returningAll());
                client.committed(Commit.to(d + i).ifCreateRevision("a", first).delete("a"));
                assertThat(other.entry(d + i, "a")).isEmpty();
                other.committed(Commit.to(d + i).ifCreateRevision("b", second).delete("b"));
            }
            assertThat(bare.getAllChildrenNumber("/servers")).isEqualTo(before);
            assertThat(client.names(d + 1)).isEmpty();
        }
    }

    private Client connect() {
        return new Client(Client.Config.of(server.endpoints(), "servers")
                .withTimeouts(Duration.ofSeconds(30), Duration.ofSeconds(10)));
    }
}
