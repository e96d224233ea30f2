package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.Lease;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/**
 * The cost of operations: requests that the server has counted. It counts the pings of idle sessions too, one in some
 * seconds, so there is some room.
 */
@Tag("servers")
@Timeout(180)
@TestInstance(Lifecycle.PER_CLASS)
class RequestsTest {
    private static final Pattern RECEIVED = Pattern.compile("Received: (\\d+)");
    private static final int TIMES = 200;

    private ZooKeeperServer server;
    private Client client;
    private Client other;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
        client = Client.connect(server.endpoints(), "requests");
        other = Client.connect(server.endpoints(), "requests");
    }

    @AfterAll
    void stop() {
        client.close();
        other.close();
        server.close();
    }

    @Test
    void compareAndSetByTheClientThatPutLastTakesOneRequest(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        client.put(d, "n", "0");
        assertThat(requests(() -> {
                    long revision = client.put(d, "n", "1");
                    for (int i = 0; i < TIMES; i++) {
                        revision = client.committed(
                                Commit.to(d).ifModRevision("n", revision).put("n", Bytes.utf8("" + i)));
                    }
                }))
                .isLessThanOrEqualTo(1.1);
    }

    @Test
    void compareAndSetByTurnsTakesThree(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        client.put(d, "n", "0");
        assertThat(requests(() -> {
                    long revision = client.put(d, "n", "1");
                    for (int i = 0; i < TIMES; i++) {
                        revision = (i % 2 == 0 ? other : client)
                                .committed(Commit.to(d)
                                        .ifModRevision("n", revision)
                                        .put("n", Bytes.utf8("" + i)));
                    }
                }))
                .isLessThanOrEqualTo(3.2);
    }

    /** A barrier and a look. The look decides whether the conditions hold, and shows what the check returns. */
    @Test
    void aCheckOfWhatAnotherClientPutTakesTwo(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        client.put(d, "stays", "");
        assertThat(requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        long put = client.put(d, "n" + i, "");
                        Commit.Builder check = Commit.to(d)
                                .ifCreateRevision("n" + i, put)
                                .ifAbsent("gone")
                                .returningOne("n" + i);
                        assertThat(other.commit(check)).isInstanceOfSatisfying(Committed.class, committed -> {
                            assertThat(committed.revision()).isZero();
                            assertThat(committed.snapshot().orElseThrow().entries())
                                    .singleElement()
                                    .satisfies(entry ->
                                            assertThat(entry.createRevision()).isEqualTo(put));
                        });
                    }
                }))
                .as("the put and its check")
                .isLessThanOrEqualTo(3.2);
        assertThat(requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        long put = client.put(d, "m" + i, "");
                        Commit.Builder check = Commit.to(d).ifAbsent("m" + i).returningOne("m" + i);
                        assertThat(other.commit(check))
                                .isInstanceOfSatisfying(
                                        Conflict.class,
                                        conflict -> assertThat(conflict.snapshot()
                                                        .orElseThrow()
                                                        .entries())
                                                .singleElement()
                                                .satisfies(entry -> assertThat(entry.createRevision())
                                                        .isEqualTo(put)));
                    }
                }))
                .as("the put and its check, which finds a conflict")
                .isLessThanOrEqualTo(3.2);
    }

    @Test
    void aRenewalTakesOneAndSoDoesACheck(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        Lease lease = client.lease(Duration.ofSeconds(50));
        assertThat(requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        assertThat(Client.await(lease.renew())).isTrue();
                    }
                }))
                .isLessThanOrEqualTo(1.1);
        long marker = client.put(d, "marker", lease);
        assertThat(requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        assertThat(client.commit(Commit.to(d).ifCreateRevision("marker", marker)))
                                .isInstanceOf(Committed.class);
                    }
                }))
                .isLessThanOrEqualTo(1.1);
        Client.await(lease.revoke());
    }

    @Test
    void readsTakeTwo(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        client.put(d, "a", "1");
        assertThat(requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        other.entry(d, "a");
                    }
                }))
                .isLessThanOrEqualTo(2.1);
        assertThat(requests(() -> {
                    for (int i = 0; i < TIMES; i++) {
                        other.all(d);
                    }
                }))
                .isLessThanOrEqualTo(3.1);
    }

    /**
     * The one in front leaves; a waiter looks at it, and proves by another look that it is first. How many wait behind is the same to it. But their places
     * have changed the guards, so the delete is planned once more, after a look.
     */
    @Test
    void handingOnALockCostsNoMoreWhenManyWait(TestInfo test) throws Exception {
        double few = handOver(test.getDisplayName() + "/few", 100);
        double many = handOver(test.getDisplayName() + "/many", 1_000);
        assertThat(few).isLessThanOrEqualTo(6.5);
        assertThat(many).isLessThanOrEqualTo(few + 3.5).isLessThanOrEqualTo(9);
    }

    /** The same by the recipe itself: from the release on until the next one holds, with so many places behind. */
    @Test
    void handingOnAMutexCostsNoMoreWhenAThousandWait() throws Exception {
        String uri = "zookeeper://" + server.authority() + "/requests?session-ttl=40s";
        try (Sereno ann = Sereno.connect(uri);
                Sereno bob = Sereno.connect(uri)) {
            double few = handOnMutex(ann, bob, "few", 10);
            double many = handOnMutex(ann, bob, "many", 1_000);
            assertThat(many).isLessThanOrEqualTo(few + 4).isLessThanOrEqualTo(10);
        }
    }

    private double handOnMutex(Sereno ann, Sereno bob, String name, int waiting) throws Exception {
        int rounds = 10;
        long requests = 0;
        for (int round = 0; round < rounds; round++) {
            String lock = name + round;
            Grant grant = ann.mutex(lock).acquire();
            FutureTask<Grant> next = new FutureTask<>(() -> bob.mutex(lock).acquire());
            new Thread(next).start();
            long begun = System.nanoTime();
            while (client.names("lock/" + lock).size() < 2) {
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
            }
            for (int i = 0; i < waiting; i += 50) {
                Commit.Builder others = Commit.to("lock/" + lock);
                for (int k = i; k < Math.min(waiting, i + 50); k++) {
                    others.put(
                            "other" + k + "-1",
                            Bytes.utf8("sereno/1 card\nsince 1795426496123\nnode other" + k + "\n"));
                }
                client.committed(others);
            }
            long before = received();
            grant.release();
            next.get(30, TimeUnit.SECONDS);
            requests += received() - before - 1;
        }
        return requests / (double) rounds;
    }

    private double handOver(String d, int waiting) throws Exception {
        List<Long> queue = new ArrayList<>();
        for (int i = 0; i < waiting; i++) {
            queue.add(client.put(d, "e" + i, "waits"));
        }
        return requests(() -> {
                    for (int i = 0; i < 50; i++) {
                        client.committed(Commit.to(d)
                                .ifCreateRevision("e" + i, queue.get(i))
                                .delete("e" + i));
                        assertThat(other.entry(d, "e" + i)).isEmpty();
                        assertThat(other.commit(Commit.to(d)
                                        .ifCreateRevision("e" + (i + 1), queue.get(i + 1))
                                        .ifAbsent("e" + i)))
                                .isInstanceOf(Committed.class);
                    }
                })
                * TIMES
                / 50;
    }

    /** For each of the {@link #TIMES} that the work was done. */
    private double requests(Work work) throws Exception {
        long before = received();
        work.run();
        return (received() - before - 1) / (double) TIMES;
    }

    private long received() throws IOException {
        return received(server);
    }

    /** The requests that the server has counted so far, this one included. */
    static long received(ZooKeeperServer server) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(server.endpoints().get(0));
            socket.getOutputStream().write("srvr".getBytes(UTF_8));
            Matcher received =
                    RECEIVED.matcher(new String(socket.getInputStream().readAllBytes(), UTF_8));
            assertThat(received.find()).isTrue();
            return Long.parseLong(received.group(1));
        }
    }

    private interface Work {
        void run() throws Exception;
    }
}
