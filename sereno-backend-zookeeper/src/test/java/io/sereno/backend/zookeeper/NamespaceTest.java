package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A namespace whose nodes are removed while clients use it: they recover by themselves. */
@Tag("servers")
@Timeout(180)
class NamespaceTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private ZooKeeperServer server;

    @BeforeEach
    void start() {
        server = ZooKeeperServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void anEmptyServerInThePlaceOfTheOldOneIsUsedByTheSameClient() throws InterruptedException {
        try (Client client = connect()) {
            Lease lease = client.lease(Duration.ofSeconds(3));
            long before = 0;
            for (int i = 0; i < 50; i++) {
                before = client.put("d", "a", lease);
            }
            Notes notes = new Notes();
            client.watch(new Target("d", Optional.empty()), notes);
            server.restartEmpty();
            assertThat(repeated(() -> client.names("d"))).isEmpty();
            notes.await(Notes.RESET);
            assertThat(repeated(() -> Client.await(lease.renew()))).isFalse();
            Lease next = repeated(() -> client.lease(Duration.ofSeconds(3)));
            notes.forget();
            long after = repeated(() -> client.put("d", "a", next));
            assertThat(after).isLessThan(before);
            notes.await("a");
        }
    }

    @Test
    void aSessionEndsAndAnotherFollowsOnTheEmptyServer() throws InterruptedException {
        BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();
        try (Sereno sereno = Sereno.connect("zookeeper://" + server.authority() + "/emptied?session-ttl=3s")) {
            sereno.onSessionState(states::add);
            Grant lost = sereno.mutex("m").acquire();
            server.restartEmpty();
            awaitState(states, SessionState.EXPIRED);
            awaitState(states, SessionState.CONNECTED);
            assertThat(lost.isHeld()).isFalse();
            sereno.mutex("m").tryAcquire(SOON).orElseThrow().release();
        }
    }

    @Test
    void aNamespaceThatWasRemovedIsCreatedAgain() throws Exception {
        BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();
        try (Sereno sereno = Sereno.connect("zookeeper://" + server.authority() + "/removed?session-ttl=3s");
                Sereno other = Sereno.connect("zookeeper://" + server.authority() + "/removed?session-ttl=3s")) {
            sereno.onSessionState(states::add);
            sereno.counter("c").addAndGet(5);
            assertThat(other.counter("c").get()).isEqualTo(5);
            Grant lost = sereno.mutex("m").acquire();
            bare(zooKeeper -> remove(zooKeeper, "/removed"));
            awaitState(states, SessionState.EXPIRED);
            awaitState(states, SessionState.CONNECTED);
            assertThat(lost.isHeld()).isFalse();
            other.mutex("m").tryAcquire(SOON).orElseThrow().release();
            assertThat(sereno.counter("c").incrementAndGet()).isEqualTo(1);
            assertThat(other.counter("c").incrementAndGet()).isEqualTo(2);
        }
    }

    /**
     * Guards count from the beginning when they are created again: versions remembered with the former guards are
     * forgotten when the new ones are first seen.
     */
    @Test
    void versionsRememberedWithTheFormerGuardsAreForgotten() throws Exception {
        try (Client client = connect();
                Client other = connect()) {
            long former = client.put("d", "a", "1");
            assertThat(client.commit(Commit.to("d").ifModRevision("a", former)))
                    .isInstanceOf(CommitResult.Committed.class);
            int shard = Paths.shard("d", "a");
            bare(zooKeeper -> remove(zooKeeper, "/n"));
            repeated(() -> other.put("d", "a", "2"));
            // As many creations under the guard as there were before, and as many sets of the entry.
            bare(zooKeeper -> assertThat(
                            zooKeeper.exists(new Paths("n").guard(shard), false).getVersion())
                    .isEqualTo(1));
            assertThat(client.entry("d", "b")).isEmpty();
            assertThat(client.commit(Commit.to("d").ifModRevision("a", former).put("a", Bytes.utf8("3"))))
                    .isInstanceOf(CommitResult.Conflict.class);
        }
    }

    @Test
    void aUserWhoMayNotCreateTheNodesGetsAnErrorAndContinuesWhenTheyExist() throws Exception {
        Id paul = new Id("digest", DigestAuthenticationProvider.generateDigest("paul:tr0ub4dor"));
        List<ACL> forPaul = new ArrayList<>(List.of(new ACL(ZooDefs.Perms.ALL, paul)));
        List<ACL> readOnly = new ArrayList<>(List.of(new ACL(
                ZooDefs.Perms.READ | ZooDefs.Perms.ADMIN | ZooDefs.Perms.DELETE, ZooDefs.Ids.ANYONE_ID_UNSAFE)));
        bare(zooKeeper -> {
            zooKeeper.create("/n", new byte[0], forPaul, CreateMode.PERSISTENT);
            zooKeeper.setACL("/", readOnly, -1);
        });
        try (Client client = new Client(config().withUser("paul", "tr0ub4dor"))) {
            client.put("d", "a", "1");
            bare(zooKeeper -> {
                zooKeeper.addAuthInfo("digest", "paul:tr0ub4dor".getBytes(UTF_8));
                remove(zooKeeper, "/n");
            });
            BackendException reported = refusal(() -> client.names("d"));
            assertThat(reported).hasMessageContaining("/n").hasMessageContaining("NOAUTH");
            assertThat(reported.outcome()).isEqualTo(BackendException.Outcome.NOT_APPLIED);
            bare(zooKeeper -> {
                zooKeeper.setACL("/", ZooDefs.Ids.OPEN_ACL_UNSAFE, -1);
                zooKeeper.create("/n", new byte[0], forPaul, CreateMode.PERSISTENT);
            });
            assertThat(repeated(() -> client.names("d"))).isEmpty();
            assertThat(client.put("d", "a", "1")).isPositive();
        }
    }

    private Client.Config config() {
        return Client.Config.of(server.endpoints(), "n");
    }

    private Client connect() {
        return new Client(config());
    }

    private static void awaitState(BlockingQueue<SessionState> states, SessionState wanted)
            throws InterruptedException {
        SessionState state;
        do {
            state = states.poll(SOON.toSeconds(), TimeUnit.SECONDS);
            assertThat(state).as("waiting for " + wanted).isNotNull();
        } while (state != wanted);
    }

    /** As a recipe does: a call that was not applied is repeated. */
    private static <T> T repeated(Supplier<T> call) {
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                return call.get();
            } catch (BackendException failure) {
                if (System.nanoTime() - end > 0) {
                    throw failure;
                }
            }
        }
    }

    /** Repeats the call until it fails permanently. */
    private static BackendException refusal(Supplier<?> call) {
        long end = System.nanoTime() + SOON.toNanos();
        while (System.nanoTime() - end < 0) {
            try {
                assertThat(call.get()).isNotNull();
            } catch (BackendException failure) {
                if (failure.permanent()) {
                    return failure;
                }
            }
        }
        throw new AssertionError("never refused");
    }

    private interface Work {
        void with(ZooKeeper zooKeeper) throws KeeperException, InterruptedException;
    }

    private void bare(Work work) throws Exception {
        ZooKeeper zooKeeper = new ZooKeeper(server.authority(), 30_000, event -> {});
        try {
            work.with(zooKeeper);
        } finally {
            zooKeeper.close();
        }
    }

    /** In one transaction, so that no client finds a part of it. */
    private static void remove(ZooKeeper zooKeeper, String path) throws KeeperException, InterruptedException {
        List<String> nodes = new ArrayList<>();
        collect(zooKeeper, path, nodes);
        zooKeeper.multi(nodes.stream().map(node -> Op.delete(node, -1)).toList());
    }

    private static void collect(ZooKeeper zooKeeper, String path, List<String> nodes)
            throws KeeperException, InterruptedException {
        for (String child : zooKeeper.getChildren(path, false)) {
            collect(zooKeeper, path + "/" + child, nodes);
        }
        nodes.add(path);
    }
}
