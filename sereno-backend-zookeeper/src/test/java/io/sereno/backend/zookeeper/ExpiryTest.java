package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Grant;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import io.sereno.Sereno;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The recipes when their ZooKeeper sessions expire: while clients wait, hold, and listen. */
@Tag("servers")
@Timeout(120)
class ExpiryTest {
    private ZooKeeperServer server;
    private Client annsClient;
    private Client bobsClient;
    private Sereno ann;
    private Sereno bob;

    @BeforeEach
    void start() {
        server = ZooKeeperServer.start();
        annsClient = Client.connect(server.endpoints(), "expiry");
        bobsClient = Client.connect(server.endpoints(), "expiry");
        ann = Sereno.over(annsClient.backend());
        bob = Sereno.over(bobsClient.backend());
    }

    @AfterEach
    void stop() {
        ann.close();
        bob.close();
        annsClient.close();
        bobsClient.close();
        server.close();
    }

    /** As if the time of the sessions of all its leases were over. */
    private void expireLeases(Client client) {
        client.itself()
                .leaseHandles()
                .forEach(handle -> server.expireSession(handle.getSessionId(), handle.getSessionPasswd()));
    }

    @Test
    void theHolderIsNotifiedAndTheNextWaiterHolds() throws Exception {
        Grant lost = ann.mutex("m").acquire();
        LeaderElection annsElection = ann.election("e").start();
        Leadership deposed = annsElection.awaitLeadership();
        LeaderElection bobsElection = bob.election("e").start();
        CompletableFuture<Grant> waiting = async(() -> bob.mutex("m").acquire());
        awaitQueue("lock/m", 2);
        awaitQueue("election/e", 2);

        expireLeases(annsClient);

        assertThat(Client.await(lost.lost())).isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(Client.await(deposed.lost())).isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(lost.isHeld()).isFalse();
        Grant next = Client.await(waiting);
        assertThat(next.fencingToken()).isGreaterThan(lost.fencingToken());
        assertThat(bobsElection.awaitLeadership().fencingToken()).isGreaterThan(deposed.fencingToken());
        next.release();
        // Ann has another session by now.
        Grant again = ann.mutex("m").acquire();
        assertThat(again.fencingToken()).isGreaterThan(next.fencingToken());
        // Her candidate has queued again too; otherwise the one that resigns would lead again.
        awaitQueue("election/e", 2);
        bobsElection.resign();
        assertThat(annsElection.awaitLeadership().fencingToken()).isGreaterThan(deposed.fencingToken());
    }

    @Test
    void waitersContinueInAnotherSession() throws Exception {
        Grant held = ann.mutex("m").acquire();
        CompletableFuture<Grant> waiting = async(() -> bob.mutex("m").acquire());
        awaitQueue("lock/m", 2);
        List<String> before = annsClient.names("lock/m");

        expireLeases(bobsClient);

        // Another name, since it belongs to another session.
        await(() -> {
            List<String> now = annsClient.names("lock/m");
            return now.size() == 2 && !now.equals(before);
        });
        assertThat(waiting).isNotDone();
        held.release();
        Grant next = Client.await(waiting);
        assertThat(next.isHeld()).isTrue();
        assertThat(next.fencingToken()).isGreaterThan(held.fencingToken());
    }

    /** The sessions of the leases, and the main session, on which the watches are. */
    @Test
    void listenersMissNothing() throws Exception {
        BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        BlockingQueue<Long> values = new LinkedBlockingQueue<>();
        BlockingQueue<String> members = new LinkedBlockingQueue<>();
        bob.topic("t", Codec.utf8()).subscribe(message -> messages.add(message.payload()));
        bob.counter("c").onChange(values::add);
        bob.membership("g").onChange(new MembershipListener() {
            @Override
            public void joined(Member member, Members all) {
                members.add(member.id());
            }
        });
        ann.topic("t", Codec.utf8()).publish("first");
        assertThat(messages.poll(30, TimeUnit.SECONDS)).isEqualTo("first");

        expireLeases(bobsClient);
        Handle main = bobsClient.itself().mainHandle();
        server.expireSession(main.getSessionId(), main.getSessionPasswd());

        for (int i = 0; i < 20; i++) {
            ann.topic("t", Codec.utf8()).publish("m" + i);
        }
        ann.counter("c").set(42);
        try (KeepAlive listed = ann.keepAlive("g", "ann", Duration.ofSeconds(10))) {
            assertThat(listed.state()).isEqualTo(KeepAlive.State.LISTED);
            for (int i = 0; i < 20; i++) {
                assertThat(messages.poll(30, TimeUnit.SECONDS)).isEqualTo("m" + i);
            }
            Long value;
            do {
                value = values.poll(30, TimeUnit.SECONDS);
                assertThat(value).as("the last value that Bob receives").isNotNull();
            } while (value != 42);
            assertThat(members.poll(30, TimeUnit.SECONDS)).isEqualTo("ann");
        }
    }

    private void awaitQueue(String directory, int size) {
        await(() -> annsClient.names(directory).size() == size);
    }

    private static void await(BooleanSupplier condition) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        }
    }

    private static <T> CompletableFuture<T> async(Callable<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.call();
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                task -> new Thread(task).start());
    }
}
