package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.IdGenerator;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import io.sereno.Message;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.WorkersLostException;
import io.sereno.testservers.EtcdCluster;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * All recipes at work on three members: the leader is killed, the next leader freezes, and another member is lost. All
 * calls are recorded, and checked afterwards.
 */
@Tag("servers")
class ClusterRecipesTest {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final int CLIENTS = 3;
    /** Only servers die: the ttl is longer than a slow machine needs to lose a server and to get it back. */
    private static final Duration TTL = Duration.ofMinutes(1);

    private final EtcdCluster cluster = EtcdCluster.start(3);
    private final List<Sereno> clients = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile boolean stop;

    /** How much of each kind of work was done. */
    private final Map<String, AtomicInteger> done = new ConcurrentHashMap<>();

    private final AtomicInteger unknown = new AtomicInteger();
    private final Queue<Belief> beliefs = new ConcurrentLinkedQueue<>();
    private final Queue<Added> added = new ConcurrentLinkedQueue<>();
    private final Map<Long, String> published = new ConcurrentHashMap<>();
    private final Queue<List<Long>> ids = new ConcurrentLinkedQueue<>();
    private final Queue<Member> left = new ConcurrentLinkedQueue<>();
    private final AtomicLong messages = new AtomicLong();
    private volatile boolean sessionLost;
    private volatile @Nullable Throwable failure;

    private record Added(long value, long invoked, long returned) {}

    @AfterEach
    void close() {
        stop = true;
        threads.shutdownNow();
        clients.forEach(Sereno::close);
        cluster.close();
    }

    @Test
    void keepTheirPromisesWhileMembersComeAndGo() throws Exception {
        String hosts = cluster.endpoints().stream()
                .map(address -> address.getHostString() + ":" + address.getPort())
                .collect(Collectors.joining(","));
        List<Callable<Void>> work = new ArrayList<>();
        List<KeepAlive> members = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Sereno sereno = Sereno.connect(
                    "etcd://" + hosts + "/cluster?operation-timeout=1s&session-ttl=" + TTL.toSeconds() + "s");
            clients.add(sereno);
            sereno.onSessionState(state -> sessionLost |= state == SessionState.EXPIRED);
            members.add(sereno.membership("nodes").join("node-" + i, TTL));
            String name = "client-" + i;
            work.add(repeat("mutex", () -> lock(sereno.mutex("resource"), name)));
            LeaderElection candidate = sereno.election("leader").start();
            work.add(repeat("election", () -> lead(candidate, name)));
            work.add(repeat("counter", () -> count(sereno.counter("orders"))));
            work.add(repeat("topic", () -> publish(topic(sereno), name)));
            IdGenerator generator = sereno.ids("messages");
            List<Long> own = new ArrayList<>();
            ids.add(own);
            work.add(repeat("ids", () -> own.add(generator.nextId())));
        }
        work.add(repeat("wait group", this::waitForWorkers));
        clients.get(0).membership("nodes").onChange(new MembershipListener() {
            @Override
            public void left(Member member, Members members) {
                left.add(member);
            }
        });
        List<Future<Void>> running = work.stream().map(threads::submit).toList();
        awaitProgress();
        loseAndRegain(cluster.leader(), EtcdServer::kill, EtcdServer::restart);
        loseAndRegain(cluster.leader(), EtcdServer::pause, EtcdServer::resume);
        EtcdServer leader = cluster.leader();
        EtcdServer follower = cluster.members().stream()
                .filter(member -> member != leader)
                .findFirst()
                .orElseThrow();
        loseAndRegain(follower, EtcdServer::kill, EtcdServer::restart);
        stop = true;
        for (Future<Void> each : running) {
            each.get();
        }
        List<Belief> all = List.copyOf(beliefs);
        Belief.assertOneAtATime("mutex", all);
        Belief.assertOneAtATime("election", all);
        assertAdditionsAreInOrder();
        assertTheTopicHasOneOrder();
        assertIdsAreUnique();
        if (!sessionLost) {
            assertThat(left).as("members that left").isEmpty();
        }
        assertThat(clients.get(1).membership("nodes").members().list()).hasSize(CLIENTS);
        members.forEach(KeepAlive::close);
    }

    private void loseAndRegain(EtcdServer member, Consumer<EtcdServer> lose, Consumer<EtcdServer> regain)
            throws InterruptedException {
        lose.accept(member);
        awaitProgress();
        regain.accept(member);
        awaitProgress();
    }

    private void awaitProgress() throws InterruptedException {
        Map<String, Integer> before = new HashMap<>();
        done.forEach((what, count) -> before.put(what, count.get()));
        long deadline = System.nanoTime() + SOON.toNanos();
        for (Map.Entry<String, AtomicInteger> each : done.entrySet()) {
            int wanted = before.getOrDefault(each.getKey(), 0) + 3;
            synchronized (each.getValue()) {
                while (each.getValue().get() < wanted) {
                    assertThat(failure).as("why one of the works ended").isNull();
                    assertThat(System.nanoTime())
                            .as("%s goes on", each.getKey())
                            .isLessThan(deadline);
                    each.getValue().wait(1_000);
                }
            }
        }
    }

    private interface Work {
        void once() throws InterruptedException;
    }

    /** Calls that were not applied are retried; calls of unknown outcome are counted. */
    private Callable<Void> repeat(String what, Work work) {
        AtomicInteger count = done.computeIfAbsent(what, name -> new AtomicInteger());
        return () -> {
            while (!stop) {
                try {
                    work.once();
                    synchronized (count) {
                        count.incrementAndGet();
                        count.notifyAll();
                    }
                } catch (NotAppliedException nothingHappened) {
                    // Retried for as long as the test lasts.
                } catch (OutcomeUnknownException e) {
                    unknown.incrementAndGet();
                } catch (RuntimeException | Error e) {
                    failure = e;
                    throw e;
                }
            }
            return null;
        };
    }

    private void lock(Mutex mutex, String by) throws InterruptedException {
        try (Grant grant = mutex.acquire()) {
            believe("mutex", grant, by);
        }
    }

    private void lead(LeaderElection candidate, String by) throws InterruptedException {
        Optional<Leadership> led = candidate.awaitLeadership(Duration.ofMillis(200));
        if (led.isPresent()) {
            believe("election", led.get(), by);
            candidate.resign();
        }
    }

    private void believe(String what, Grant grant, String by) {
        for (int i = 0; i < 10; i++) {
            long now = System.nanoTime();
            if (!grant.isHeld()) {
                return;
            }
            beliefs.add(new Belief(what, grant.fencingToken(), now, by));
        }
    }

    private void count(Counter counter) {
        long invoked = System.nanoTime();
        long value = counter.incrementAndGet();
        added.add(new Added(value, invoked, System.nanoTime()));
    }

    /** No message may have been dropped before it is checked. */
    private static Topic<String> topic(Sereno sereno) {
        return sereno.topic("news", Codec.utf8()).withRetention(new Retention(1_000_000, Optional.empty()));
    }

    private void publish(Topic<String> topic, String by) {
        String message = by + " " + messages.incrementAndGet();
        long offset = topic.publish(message);
        assertThat(published.put(offset, message))
                .as("the former message at offset " + offset)
                .isNull();
    }

    /** One generation: the wait ends when all expected workers are done, and not before. */
    private void waitForWorkers() throws InterruptedException {
        String name = "batch-" + messages.incrementAndGet();
        AtomicInteger finishing = new AtomicInteger();
        clients.get(0).waitGroup(name).add(CLIENTS);
        List<Future<?>> workers = new ArrayList<>();
        for (Sereno sereno : clients) {
            workers.add(threads.submit(() -> {
                try (Worker worker = sereno.waitGroup(name).join()) {
                    finishing.incrementAndGet();
                    worker.done();
                }
            }));
        }
        boolean allSaidSo = true;
        for (Future<?> worker : workers) {
            try {
                worker.get();
            } catch (ExecutionException e) {
                allSaidSo = false;
            }
        }
        WaitGroup group = clients.get(1).waitGroup(name);
        if (allSaidSo) {
            assertThat(group.await(SOON))
                    .as("all workers of %s are done, and the wait ends", name)
                    .isTrue();
            assertThat(finishing).hasValue(CLIENTS);
        } else {
            awaitInVain(group, finishing);
        }
        group.delete();
    }

    /**
     * A worker got an unknown outcome, or had no connection: it may still be done, or never, or it closed its place and
     * is lost.
     */
    private static void awaitInVain(WaitGroup group, AtomicInteger finishing) throws InterruptedException {
        try {
            if (group.await(Duration.ofMillis(100))) {
                assertThat(finishing).hasValue(CLIENTS);
            }
        } catch (WorkersLostException e) {
            assertThat(e).hasMessageContaining("workers were lost before they were done");
        }
    }

    /** Each value occurs once, later calls have greater values, and the sum is that of all additions. */
    private void assertAdditionsAreInOrder() {
        List<Added> byInvocation =
                added.stream().sorted(Comparator.comparingLong(Added::invoked)).toList();
        List<Added> byReturn =
                added.stream().sorted(Comparator.comparingLong(Added::returned)).toList();
        assertThat(added).extracting(Added::value).doesNotHaveDuplicates();
        int returned = 0;
        long greatest = 0;
        for (Added addition : byInvocation) {
            while (byReturn.get(returned).returned() < addition.invoked()) {
                greatest = Math.max(greatest, byReturn.get(returned++).value());
            }
            assertThat(addition.value()).as("the value of %s", addition).isGreaterThan(greatest);
        }
        assertThat(clients.get(0).counter("orders").get())
                .isBetween((long) added.size(), (long) added.size() + unknown.get());
    }

    private void assertTheTopicHasOneOrder() throws InterruptedException {
        Set<String> read = new HashSet<>();
        Map<Long, String> unseen = new HashMap<>(published);
        try (TopicReader<String> reader = topic(clients.get(2)).reader(new From.Earliest())) {
            for (long offset = 1; !unseen.isEmpty(); offset++) {
                Message<String> message = reader.next(SOON).orElseThrow();
                assertThat(message.offset()).isEqualTo(offset);
                assertThat(read.add(message.payload()))
                        .as("%s comes once", message)
                        .isTrue();
                String expected = unseen.remove(offset);
                if (expected != null) {
                    assertThat(message.payload()).isEqualTo(expected);
                }
            }
        }
    }

    private void assertIdsAreUnique() {
        assertThat(ids).allSatisfy(own -> assertThat(own).isSorted());
        assertThat(ids.stream().flatMap(List::stream).toList()).doesNotHaveDuplicates();
    }
}
