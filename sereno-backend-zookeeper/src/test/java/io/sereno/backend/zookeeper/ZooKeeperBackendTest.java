package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A walk through every method, over a real server. */
@Tag("servers")
@Timeout(120)
class ZooKeeperBackendTest {
    private static ZooKeeperServer server;

    @BeforeAll
    static void startServer() {
        server = ZooKeeperServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void everyMethodWorks() throws InterruptedException {
        try (Client client = connect("walk");
                Client other = connect("walk")) {
            Notes notes = new Notes();
            Watch watch = other.watch(new Target("queue", Optional.empty()), notes);
            Lease lease = client.lease(Duration.ofSeconds(5));

            Committed first = (Committed) client.commit(Commit.to("queue")
                    .ifAbsent("a")
                    .put("a", Bytes.utf8("1"), lease.id())
                    .returningAll());
            Entry a = new Entry("a", Bytes.utf8("1"), first.revision(), first.revision(), lease.id());
            assertThat(first.snapshot().orElseThrow().entries()).containsExactly(a);
            assertThat(other.all("queue").entries()).containsExactly(a);
            notes.await("a");

            Committed second = (Committed) other.commit(
                    Commit.to("queue").ifAbsent("b").put("b", Bytes.utf8("2")).returningAll());
            Entry b = new Entry("b", Bytes.utf8("2"), second.revision(), second.revision(), 0);
            assertThat(second.revision()).isGreaterThan(first.revision());
            assertThat(second.snapshot().orElseThrow().entries()).containsExactly(a, b);

            assertThat(other.commit(Commit.to("queue")
                            .ifAbsent("a")
                            .put("a", Bytes.EMPTY)
                            .returningOne("a")))
                    .isEqualTo(new Conflict(Optional.of(new Snapshot(List.of(a), false))));
            assertThat(other.commit(Commit.to("queue")
                            .ifCreateRevision("b", second.revision())
                            .ifAbsent("c")))
                    .isEqualTo(new Committed(0, Optional.empty()));

            Committed third = (Committed) other.commit(Commit.to("queue")
                    .ifModRevision("b", second.revision())
                    .put("b", Bytes.utf8("3"))
                    .returningOne("b"));
            assertThat(third.snapshot().orElseThrow().entries())
                    .containsExactly(new Entry("b", Bytes.utf8("3"), second.revision(), third.revision(), 0));

            assertThat(Client.await(lease.renew())).isTrue();
            Client.await(lease.revoke());
            assertThat(other.names("queue")).containsExactly("b");
            assertThat(Client.await(lease.renew())).isFalse();
            assertThat(client.commit(Commit.to("queue").put("d", Bytes.EMPTY, lease.id())))
                    .isEqualTo(new LeaseDead());

            watch.cancel();
            assertThat(other.commit(Commit.to("queue")
                            .ifCreateRevision("b", second.revision())
                            .delete("b")))
                    .isInstanceOf(Committed.class);
            assertThat(client.all("queue").entries()).isEmpty();
        }
    }

    @Test
    void failsAtOnceWhenItIsClosed() {
        Client client = connect("closed");
        client.close();
        assertThatThrownBy(() -> client.all("d"))
                .isInstanceOfSatisfying(BackendException.class, failure -> {
                    assertThat(failure.outcome()).isEqualTo(BackendException.Outcome.NOT_APPLIED);
                    assertThat(failure.permanent()).isTrue();
                })
                .hasMessageContaining("closed");
    }

    @Test
    void reportsTheServersRange() {
        try (Client client = connect("range")) {
            assertThat(client.backend().guarantees().greatestTtl()).isEqualTo(Duration.ofSeconds(60));
            assertThat(client.backend().guarantees().leastTtl()).isEqualTo(Duration.ofSeconds(1));
            assertThatThrownBy(() -> client.lease(Duration.ofSeconds(61))).hasMessageContaining("PT1M is accepted");
        }
    }

    private static Client connect(String namespace) {
        return Client.connect(server.endpoints(), namespace);
    }
}
