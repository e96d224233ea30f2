package io.sereno.compatibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.DuplicateMemberException;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Grant;
import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LockView;
import io.sereno.Member;
import io.sereno.Membership;
import io.sereno.Membership.IfPresent;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Mutex;
import io.sereno.Peer;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.Topology;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.WorkersLostException;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The present build on a store that {@link Tour} filled with a former one: it reads what it finds, changes it while the former
 * processes seem to live, again after their leases have ended, and lets another client read the result.
 */
final class NextBuild implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration TTL = Duration.ofSeconds(20);
    private static final Pattern NODE = Pattern.compile("(?m)^node (\\S+)$");
    private static final long PLACES = 1024;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final SpiForm spi;
    private final Sereno next;
    private final Sereno again;
    private final List<Future<?>> begun = new ArrayList<>();

    NextBuild(String uri) {
        this.spi = new SpiForm(uri);
        this.next = Sereno.builder().uri(uri).nodeId("next").sessionTtl(TTL).connect();
        this.again = Sereno.builder().uri(uri).nodeId("again").sessionTtl(TTL).connect();
    }

    /** Runs all steps; {@code endLeases} ends the leases of the former build. */
    void readChangeAndReadAgain(Runnable endLeases) throws Exception {
        // The present clients open their sessions in the background.
        spi.await("session", entries -> entries.size() == 6);
        assertThat(nodes("session").subList(0, 4)).containsExactly("alpha", "beta", "gamma", "beta");
        assertThat(nodes("session").subList(4, 6)).containsExactlyInAnyOrder("next", "again");
        Callable<Void> mutex = mutex();
        Callable<Void> election = election();
        counter();
        plainWaitGroup();
        Callable<Void> trackedWaitGroups = trackedWaitGroups();
        Callable<Void> topic = topic();
        Callable<Void> membership = membership();
        Callable<Void> ids = ids();

        endLeases.run();
        mutex.call();
        election.call();
        trackedWaitGroups.call();
        topic.call();
        membership.call();
        ids.call();
        spi.await("session", entries -> nodes("session").stream().allMatch(List.of("next", "again")::contains));
    }

    private Callable<Void> mutex() {
        String directory = "lock/" + Tour.MUTEX;
        Mutex mutex = next.mutex(Tour.MUTEX);
        List<Entry> former = spi.entries(directory);
        LockView view = mutex.inspect();
        assertThat(nodes(view.holders())).containsExactly("alpha");
        assertThat(nodes(view.waiters())).containsExactly("beta", "gamma");
        assertThat(view.holders().get(0).fencingToken()).hasValue(former.get(0).createRevision() * PLACES);
        assertThat(mutex.tryAcquire()).isEmpty();
        Future<Grant> waiting = inThread(mutex::acquire);
        spi.await(directory, entries -> nodes(mutex.inspect().waiters()).equals(List.of("beta", "gamma", "next")));
        return () -> {
            Grant grant = soon(waiting);
            assertThat(grant.fencingToken()).isGreaterThan(former.get(2).createRevision() * PLACES);
            grant.release();
            Grant later = soon(inThread(again.mutex(Tour.MUTEX)::acquire));
            assertThat(later.fencingToken()).isGreaterThan(grant.fencingToken());
            later.release();
            return null;
        };
    }

    private static List<String> nodes(List<LockView.Place> places) {
        return places.stream().map(LockView.Place::nodeId).toList();
    }

    private Callable<Void> election() throws Exception {
        String directory = "election/" + Tour.ELECTION;
        List<Entry> former = spi.entries(directory);
        CompletableFuture<Topology> following = new CompletableFuture<>();
        LeaderElection candidate = next.election(Tour.ELECTION)
                .metadata(Map.of("zone", "c"))
                .onElectedFollower(following::complete)
                .start();
        Topology topology = soon(following);
        Peer alpha = new Peer("alpha", former.get(0).createRevision(), Map.of("zone", "a b"));
        Peer beta = new Peer("beta", former.get(1).createRevision(), Map.of("zone", "\u00fc"));
        Peer self = topology.self().orElseThrow();
        assertThat(topology.peers()).containsExactly(alpha, beta, self);
        assertThat(topology.leader()).contains(alpha);
        assertThat(candidate.leadership()).isEmpty();
        return () -> {
            Leadership leadership = candidate.awaitLeadership(LIMIT).orElseThrow();
            assertThat(leadership.fencingToken()).isGreaterThan(beta.incarnation() * PLACES);
            CompletableFuture<Topology> behind = new CompletableFuture<>();
            LeaderElection successor = again.election(Tour.ELECTION)
                    .onElectedFollower(behind::complete)
                    .start();
            assertThat(soon(behind).leader()).contains(self);
            candidate.close();
            assertThat(successor.awaitLeadership(LIMIT).orElseThrow().fencingToken())
                    .isGreaterThan(leadership.fencingToken());
            successor.close();
            return null;
        };
    }

    private void counter() {
        Counter counter = next.counter(Tour.COUNTER);
        assertThat(counter.get()).isEqualTo(42);
        assertThat(counter.getAndAdd(8)).isEqualTo(42);
        assertThat(counter.compareAndSet(50, 51)).isTrue();
        assertThat(again.counter(Tour.COUNTER).incrementAndGet()).isEqualTo(52);
        assertThat(counter.get()).isEqualTo(52);
        Counter child = next.withNamespace(Tour.CHILD).counter(Tour.COUNTER);
        assertThat(child.decrementAndGet()).isEqualTo(6);
        child.delete();
        assertThat(again.withNamespace(Tour.CHILD).counter(Tour.COUNTER).get()).isZero();
    }

    private void plainWaitGroup() throws InterruptedException {
        WaitGroup group = next.waitGroup(Tour.PLAIN_GROUP);
        assertThat(group.inspect()).isEqualTo(new WaitGroup.View(2, 3, List.of(), List.of()));
        assertThat(group.await(Duration.ZERO)).isFalse();
        group.done();
        group.done();
        WaitGroup there = again.waitGroup(Tour.PLAIN_GROUP);
        assertThat(there.inspect().pending()).isEqualTo(1);
        there.done();
        assertThat(group.await(LIMIT)).isTrue();
        group.add(2);
        assertThat(there.inspect()).isEqualTo(new WaitGroup.View(3, 2, List.of(), List.of()));
    }

    private Callable<Void> trackedWaitGroups() {
        WaitGroup failing = next.waitGroup(Tour.FAILING_GROUP);
        WaitGroup.View view = failing.inspect();
        assertThat(view.generation()).isEqualTo(1);
        assertThat(view.pending()).isEqualTo(2);
        assertThat(view.lost()).isEmpty();
        assertThat(view.joined()).hasSize(1);
        Worker ours = failing.join();
        assertThat(again.waitGroup(Tour.FAILING_GROUP).inspect().joined())
                .containsExactlyInAnyOrder(view.joined().get(0), ours.id());
        ours.done();
        Future<List<String>> lost = inThread(() -> {
            try {
                failing.await(LIMIT);
                return List.of();
            } catch (WorkersLostException e) {
                return e.workers();
            }
        });

        WaitGroup counting = next.waitGroup(Tour.COUNTING_GROUP);
        counting.done();
        assertThat(counting.inspect().pending()).isEqualTo(1);
        return () -> {
            assertThat(soon(lost)).isEqualTo(view.joined());
            assertThat(again.waitGroup(Tour.COUNTING_GROUP).await(LIMIT)).isTrue();
            assertThat(counting.inspect().pending()).isZero();
            return null;
        };
    }

    private Callable<Void> topic() throws Exception {
        Topic<String> topic = next.topic(Tour.TOPIC, Codec.utf8());
        try (TopicReader<String> reader = topic.reader(new From.Offset(1))) {
            assertThatExceptionOfType(MessagesLostException.class)
                    .isThrownBy(reader::next)
                    .satisfies(e -> assertThat(e.gap()).isEqualTo(new Gap(1, 2)));
            for (int offset = 3; offset <= 6; offset++) {
                assertIs(reader, offset, "invoice " + offset, "alpha");
            }
        }
        try (TopicReader<String> reader = topic.reader(new From.Durable(Tour.DURABLE))) {
            assertIs(reader, 5, "invoice 5", "alpha");
            assertIs(reader, 6, "invoice 6", "alpha");
            assertThat(topic.publish("invoice 7")).isEqualTo(7);
            assertIs(reader, 7, "invoice 7", "next");
            spi.await(
                    "topic/" + Tour.TOPIC,
                    entries -> entries.stream()
                            .anyMatch(entry -> entry.name().equals("position-" + Tour.DURABLE)
                                    && entry.value().toUtf8().contains("next 7\n")));
        }
        TopicReader<String> held = topic.reader(new From.Durable(Tour.HELD_DURABLE));
        assertThat(held.next(Duration.ZERO)).isEmpty();
        return () -> {
            assertIs(held, 4, "invoice 4", "alpha");
            held.close();
            Topic<String> there = again.topic(Tour.TOPIC, Codec.utf8());
            assertThat(there.publish("invoice 8")).isEqualTo(8);
            try (TopicReader<String> reader = there.reader(new From.Durable(Tour.DURABLE))) {
                assertIs(reader, 7, "invoice 7", "next");
                assertIs(reader, 8, "invoice 8", "again");
            }
            try (TopicReader<String> reader = there.reader(new From.Earliest())) {
                assertIs(reader, 3, "invoice 3", "alpha");
            }
            return null;
        };
    }

    private static void assertIs(TopicReader<String> reader, long offset, String payload, String publisher)
            throws InterruptedException {
        Message<String> message = reader.next(LIMIT).orElseThrow();
        assertThat(List.of(message.offset(), message.payload(), message.publisher()))
                .containsExactly(offset, payload, publisher);
    }

    private Callable<Void> membership() throws Exception {
        String directory = "member/" + Tour.GROUP;
        Membership group = next.membership(Tour.GROUP);
        List<Entry> former = spi.entries(directory);
        Member w1 = new Member("w1", former.get(0).createRevision(), Map.of("address", "10.0.0.1:80"));
        Member w2 = new Member("w2", former.get(1).createRevision(), Map.of());
        assertThat(group.members().list()).containsExactlyInAnyOrder(w1, w2);
        assertThatExceptionOfType(DuplicateMemberException.class)
                .isThrownBy(() -> group.join("w1", TTL, Map.of(), IfPresent.FAIL));
        KeepAlive w3 = group.join("w3", TTL);
        Future<KeepAlive> successor = inThread(() -> group.join("w2", TTL));
        return () -> {
            KeepAlive there = soon(successor);
            assertThat(there.incarnation()).isGreaterThan(w2.incarnation());
            spi.await(
                    directory,
                    entries -> entries.stream().noneMatch(entry -> entry.name().equals("m-w1")));
            assertThat(again.membership(Tour.GROUP).members().list())
                    .containsExactlyInAnyOrder(
                            new Member("w2", there.incarnation(), Map.of()),
                            new Member("w3", w3.incarnation(), Map.of()));
            return null;
        };
    }

    private Callable<Void> ids() {
        String directory = "ids/" + Tour.IDS;
        IdGenerator ids = next.ids(Tour.IDS);
        List<Integer> taken = slots(directory);
        assertThat(taken).hasSize(2);
        IdLayout.Parts ours = ids.layout().decode(ids.nextId());
        assertThat(taken).doesNotContain(ours.slot());
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> again.ids(Tour.IDS, Tour.ONE_SLOT).nextId())
                .withMessageContaining("another layout");
        // The clock of the client that reserved its only slot was 20 years ahead, so there is no id for now.
        IdGenerator ahead = next.ids(Tour.IDS_AHEAD, Tour.ONE_SLOT);
        Future<OptionalLong> none = inThread(() -> ahead.tryNextId(LIMIT));
        return () -> {
            spi.await(directory, entries -> slots(directory).equals(List.of(ours.slot())));
            assertThat(ids.layout().decode(ids.nextId()).slot()).isEqualTo(ours.slot());
            assertThat(spi.entries(directory).stream().map(Entry::name))
                    .contains("layout", "hw-" + taken.get(0), "hw-" + taken.get(1), "hw-" + ours.slot());
            assertThat(none.isDone() ? soon(none) : OptionalLong.empty()).isEmpty();
            return null;
        };
    }

    private List<Integer> slots(String directory) {
        return spi.entries(directory).stream()
                .map(Entry::name)
                .filter(name -> name.startsWith("slot-"))
                .map(name -> Integer.valueOf(name.substring(5)))
                .toList();
    }

    private List<String> nodes(String directory) {
        return spi.entries(directory).stream()
                .map(entry -> {
                    Matcher node = NODE.matcher(entry.value().toUtf8());
                    return node.find() ? node.group(1) : "";
                })
                .toList();
    }

    private <T> Future<T> inThread(Callable<T> call) {
        Future<T> future = threads.submit(call);
        begun.add(future);
        return future;
    }

    private static <T> T soon(Future<T> future) throws Exception {
        return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        begun.forEach(future -> future.cancel(true));
        next.close();
        again.close();
        spi.close();
        threads.shutdownNow();
    }
}
