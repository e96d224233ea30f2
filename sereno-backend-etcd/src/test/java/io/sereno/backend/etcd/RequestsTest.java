package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.IdGenerator;
import io.sereno.LeaderElection;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * The cost of operations, by etcd's own count of the messages that it has received from all clients: requests, and the
 * watches that are begun and cancelled over a stream. Sessions are so long that hardly a renewal comes in between.
 */
@Tag("servers")
@TestInstance(Lifecycle.PER_CLASS)
class RequestsTest {
    private static final int TIMES = 50;
    private static final int IDLE = 20;

    private final EtcdServer etcd = EtcdServer.start();
    private final Map<String, Double> recorded = new LinkedHashMap<>();
    private Sereno one;
    private Sereno other;

    @BeforeAll
    void start() {
        one = connect();
        other = connect();
    }

    private Sereno connect() {
        return Sereno.connect("etcd://" + etcd.authority() + "/requests?session-ttl=40s");
    }

    @AfterAll
    void stop() {
        recorded.forEach((what, requests) -> System.out.printf("%-60s %.2f%n", what, requests));
        one.close();
        other.close();
        etcd.close();
    }

    private interface Work {
        void run() throws Exception;
    }

    /** Requests for each of the {@link #TIMES} that the work was done. */
    private double requests(String what, Work work) throws Exception {
        return requests(what, 1, work);
    }

    private double requests(String what, int inOneGo, Work work) throws Exception {
        work.run();
        long before = received();
        for (int i = 0; i < TIMES; i++) {
            work.run();
        }
        double each = (received() - before) / (double) TIMES / inOneGo;
        recorded.put(what, each);
        return each;
    }

    private long received() {
        return Metrics.of(etcd).received();
    }

    @Test
    void aFreeLockTakesTwo() throws Exception {
        Mutex mutex = one.mutex("alone");
        assertThat(requests(
                        "lock: acquire and release, without contention",
                        () -> mutex.acquire().release()))
                .isLessThanOrEqualTo(2.1);
    }

    /** Each idle client renews its lease and looks at its lock and its marker now and then; nothing depends on what others do. */
    @Test
    void aFreeLockTakesTheSameBesideClientsThatDoNothing() throws Exception {
        List<Sereno> idle = new ArrayList<>();
        try {
            for (int i = 0; i < IDLE; i++) {
                Sereno client = connect();
                idle.add(client);
                client.mutex("of" + i).acquire();
            }
            Mutex mutex = one.mutex("beside");
            long from = System.nanoTime();
            double each = requests(
                    "lock: acquire and release, beside " + IDLE + " idle clients",
                    () -> mutex.acquire().release());
            double seconds = (System.nanoTime() - from) / 1e9;
            assertThat(each * TIMES).isLessThan(2.1 * TIMES + IDLE * (2 + seconds));
        } finally {
            idle.forEach(Sereno::close);
        }
    }

    /** Each enqueues, watches the one in front, looks at it when it has gone, proves that it is first, cancels the watch, and leaves. */
    @Test
    void aLockThatTwoClientsWantAllTheTime() throws Exception {
        assertThat(requests("lock: acquire and release, two clients all the time", 20, () -> {
                    Thread rival = new Thread(() -> takeTenTimes(other.mutex("contended")));
                    rival.start();
                    takeTenTimes(one.mutex("contended"));
                    rival.join();
                }))
                .isLessThanOrEqualTo(6.5);
    }

    private static void takeTenTimes(Mutex mutex) {
        try {
            for (int i = 0; i < 10; i++) {
                mutex.acquire().release();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aCounterTakesOne() throws Exception {
        Counter counter = one.counter("orders");
        assertThat(requests("counter: add, by the client that added last", counter::incrementAndGet))
                .isLessThanOrEqualTo(1.1);
        assertThat(requests("counter: get", counter::get)).isLessThanOrEqualTo(1.1);
    }

    @Test
    void aMessageTakesOne() throws Exception {
        Topic<String> topic = one.topic("news", Codec.utf8());
        assertThat(requests("topic: publish, by the client that published last", () -> topic.publish("news")))
                .isLessThanOrEqualTo(1.1);
    }

    @Test
    void manyCallersShareTheRequests() throws Exception {
        Topic<String> topic = one.topic("together", Codec.utf8());
        Counter counter = one.counter("together");
        assertThat(requests("topic: publish, 100 at a time", 100, () -> {
                    List<CompletionStage<Long>> all = new ArrayList<>();
                    for (int i = 0; i < 100; i++) {
                        all.add(topic.publishAsync("news"));
                    }
                    all.forEach(Stages::await);
                }))
                .isLessThan(0.2);
        assertThat(requests("counter: add, 100 at a time", 100, () -> {
                    List<CompletionStage<Long>> all = new ArrayList<>();
                    for (int i = 0; i < 100; i++) {
                        all.add(counter.addAsync(1));
                    }
                    all.forEach(Stages::await);
                }))
                .isLessThan(0.2);
    }

    @Test
    void joiningAndLeavingAGroup() throws Exception {
        assertThat(requests(
                        "membership: join and leave",
                        () -> one.membership("workers")
                                .join("one", Duration.ofSeconds(40))
                                .close()))
                .isLessThanOrEqualTo(4.2);
    }

    @Test
    void aWorkerOfAWaitGroup() throws Exception {
        WaitGroup group = one.waitGroup("night");
        group.add(TIMES + 2);
        assertThat(requests("wait group: join and done", () -> {
                    Worker worker = group.join();
                    worker.done();
                }))
                .isLessThanOrEqualTo(3.1);
    }

    @Test
    void resigningAndBeingElectedAgain() throws Exception {
        LeaderElection candidate = one.election("alone").start();
        candidate.awaitLeadership();
        assertThat(requests("election: resign, and be elected again without rivals", () -> {
                    candidate.resign();
                    candidate.awaitLeadership();
                }))
                .isLessThanOrEqualTo(3.1);
        candidate.close();
    }

    @Test
    void idsTakeNoneWhileTheClaimLasts() throws Exception {
        IdGenerator ids = one.ids("messages");
        assertThat(requests("ids: one id", ids::nextId)).isLessThan(0.2);
    }
}
