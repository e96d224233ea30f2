package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Barrier;
import io.sereno.CachedMap;
import io.sereno.Codec;
import io.sereno.From;
import io.sereno.IdGenerator;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.ScheduledTask;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.TaskRun;
import io.sereno.Topic;
import io.sereno.Versioned;
import io.sereno.WaitGroup;
import io.sereno.recipes.ids.IdWindow;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.membership.MemberCard;
import io.sereno.recipes.topic.TopicBatch;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Values of a later version, with lines that this one does not know: before, between and behind those that it knows. */
@Timeout(30)
class FormatGrowthTest {
    private final Clients clients = new Clients();
    private final Backend operator = clients.store.connect(Runnable::run);

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void cardsOfPlacesAndMembers() {
        Card card = new Card("a node", Instant.ofEpochMilli(7), Map.of("k", "v"));
        assertThat(Card.decode(grown(card.encode()))).isEqualTo(card);
        MemberCard member = new MemberCard(card, "3kd82jD0aXq-4", Duration.ofSeconds(30));
        assertThat(MemberCard.decode(grown(member.encode()))).isEqualTo(member);
    }

    @Test
    void withdrawnEntries() {
        assertThat(Card.isLive(new Entry("a", grown(Card.WITHDRAWN), 1, 1, 1))).isFalse();
        assertThat(Card.isLive(new Entry("a", Card.WITHDRAWN, 1, 1, 1))).isFalse();
        assertThat(Card.isLive(new Entry("a", Bytes.EMPTY, 1, 1, 1))).isTrue();
        assertThat(Card.isLive(new Entry("a", Bytes.utf8("sereno/1 withdrawn"), 1, 1, 1)))
                .isTrue();
    }

    @Test
    void windowsOfIds() {
        IdWindow window = new IdWindow("3kd82jD0aXq-4", 12, Long.MAX_VALUE);
        assertThat(IdWindow.decode(grown(window.encode()))).isEqualTo(window);
        for (String wrong : List.of(
                "",
                "sereno/1 card\nowner a\nfrom 1\nto 2\n",
                "sereno/1 window\nowner a\nfrom 1\n",
                "sereno/1 window\nowner a\nfrom 1\nto many\n",
                "sereno/1 window\nowner a\nfrom 1\nto 9999999999999999999\n")) {
            assertThat(IdWindow.decode(Bytes.utf8(wrong))).as(wrong).isNull();
        }
    }

    @Test
    void ids() throws Exception {
        IdGenerator first = clients.connect("one").ids("x");
        long before = Threads.inThread(first::nextId).get(10, TimeUnit.SECONDS);
        growAll("ids/x");
        IdGenerator second = clients.connect("two").ids("x");
        assertThat(Threads.inThread(second::nextId).get(10, TimeUnit.SECONDS)).isNotEqualTo(before);
    }

    @Test
    void countersAndWaitGroups() throws InterruptedException {
        clients.connect("one").counter("x").addAndGet(41);
        growAll("counter/x");
        assertThat(clients.connect("two").counter("x").incrementAndGet()).isEqualTo(42);
        WaitGroup group = clients.connect("three").waitGroup("x");
        group.add(2);
        growAll("waitgroup/x");
        WaitGroup there = clients.connect("four").waitGroup("x");
        there.done();
        there.done();
        assertThat(there.await(Duration.ZERO)).isTrue();
    }

    @Test
    void permitPools() throws InterruptedException {
        Backend line = clients.store.connect(clients.callbacks);
        Permit held = clients.connect("one", line).permitPool("x", 3).acquire(2);
        growAll(line, "semaphore/x");
        PermitPool there = clients.connect("two").permitPool("x", 1);
        assertThat(there.limit()).isEqualTo(3);
        assertThat(there.tryAcquire(2)).isEmpty();
        assertThat(there.tryAcquire(1)).isPresent();
        assertThat(held.isHeld()).isTrue();
    }

    @Test
    void slotPools() throws InterruptedException {
        Backend line = clients.store.connect(clients.callbacks);
        Slot held = clients.connect("one", line).slotPool("x", 2).acquire();
        growAll(line, "slots/x");
        SlotPool there = clients.connect("two").slotPool("x", 2);
        assertThat(there.inspect().holders()).containsOnlyKeys(0);
        assertThat(there.acquire(0).number()).isEqualTo(1);
        assertThat(held.isHeld()).isTrue();
    }

    @Test
    void barriers() throws Exception {
        Backend line = clients.store.connect(clients.callbacks);
        Barrier here = clients.connect("one", line).barrier("x", 2);
        Barrier there = clients.connect("two").barrier("x", 2);
        assertThat(clients.connect("three").barrier("x", 1).await("a", Duration.ZERO))
                .isTrue();
        CompletableFuture<Boolean> first = Threads.inThread(() -> here.await("a", Duration.ofHours(1)));
        Threads.until(() -> there.inspect().waiting().size() == 1);
        grow(line, "barrier/x", entry -> true);
        assertThat(there.inspect().waiting())
                .singleElement()
                .satisfies(place -> assertThat(place.party()).isEqualTo("a"));
        assertThat(there.await("b", Duration.ofHours(1))).isTrue();
        assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(there.inspect().crossings()).isEqualTo(2);
    }

    @Test
    void runsOfTasks() throws Exception {
        CountDownLatch ran = new CountDownLatch(1);
        ScheduledTask task =
                clients.connect("one").task("x").withDelay(Duration.ofHours(1)).run(grant -> ran.countDown());
        clients.time.advance(Duration.ofSeconds(1));
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
        task.close();
        ScheduledTask there = clients.connect("two").task("x");
        Optional<TaskRun> before = there.lastRun();
        growAll("task/x");
        assertThat(before).isPresent();
        assertThat(there.lastRun()).isEqualTo(before);
    }

    /** A later version may keep other entries beside the values of a map. */
    @Test
    void maps() {
        SharedMap<String> map = clients.connect("one").map("x", Codec.utf8());
        map.at("a").set("1");
        put(Commit.to("map/x").put("later", Bytes.utf8("alone")).put("l-1", Bytes.utf8("sereno/1 later")));
        put(Commit.to("map/x")
                .put(
                        "k-a",
                        Bytes.utf8(entry("map/x", "k-a")
                                .value()
                                .toUtf8()
                                .replace("change 1\n", "later 1 2\nchange 1\n"))));
        SharedMap<String> there = clients.connect("two").map("x", Codec.utf8());
        assertThat(there.getAll()).containsOnlyKeys("a");
        try (CachedMap<String> cached = there.cached()) {
            assertThat(cached.getAll()).isEqualTo(there.getAll()).isEqualTo(map.getAll());
        }
        there.delete();
        assertThat(map.getAll()).isEmpty();
        assertThat(entry("map/x", "later").value().toUtf8()).isEqualTo("alone");
    }

    @Test
    void values() {
        SharedValue<String> value = clients.connect("one").value("x", Codec.utf8());
        value.set("a\n\nb");
        Entry stored = entry("value/x", "v");
        String text = stored.value().toUtf8();
        put(Commit.to("value/x").put("v", Bytes.utf8(text.replace("change 1\n", "later 1 2\nchange 1\nalone\n"))));
        SharedValue<String> there = clients.connect("two").value("x", Codec.utf8());
        Versioned<String> seen = there.get().orElseThrow();
        assertThat(seen.value()).isEqualTo("a\n\nb");
        assertThat(there.compareAndSet(seen, "c")).isTrue();
    }

    @Test
    void topicsAndPositions() throws Exception {
        Topic<String> topic = clients.connect("one").topic("x", Codec.utf8());
        topic.publish("a");
        topic.publish("b");
        String value = "sereno/1 position\nlater one\nstream "
                + entry("topic/x", "header").createRevision() + "\nlater two\nnext 2\n";
        put(Commit.to("topic/x").put("position-d", Bytes.utf8(value)));
        Entry header = entry("topic/x", "header");
        put(Commit.to("topic/x").put("header", grown(header.value())));
        Entry batch = entry("topic/x", TopicBatch.nameOf(2));
        String text = batch.value().toUtf8();
        put(Commit.to("topic/x").put(batch.name(), Bytes.utf8(text.replace("\nsizes", "\nlater 1 2\nalone\nsizes"))));
        Topic<String> there = clients.connect("two").topic("x", Codec.utf8());
        assertThat(Threads.inThread(() -> there.reader(new From.Durable("d")).next())
                        .get(10, TimeUnit.SECONDS)
                        .payload())
                .isEqualTo("b");
        assertThat(there.publish("c")).isEqualTo(3);
    }

    @Test
    void aMarkerSaysWhereTheClientRuns() {
        clients.connect("one");
        String marker = operator.read(new Query.All("session"))
                .toCompletableFuture()
                .join()
                .entries()
                .get(0)
                .value()
                .toUtf8();
        assertThat(marker)
                .matches("sereno/1 card\nsince [0-9]+\nnode one\nhost [A-Za-z0-9._-]{1,100}\npid "
                        + ProcessHandle.current().pid() + "\nttl 9000\nversion [A-Za-z0-9._-]+\n");
        assertThat(Card.decode(Bytes.utf8(marker)).nodeId()).isEqualTo("one");
    }

    private static Bytes grown(Bytes value) {
        List<String> lines = new ArrayList<>();
        for (String line : value.toUtf8().strip().split("\n", -1)) {
            lines.add(line);
            lines.add("later-" + lines.size() + " one two");
            lines.add("later");
        }
        return Bytes.utf8(String.join("\n", lines) + "\n");
    }

    /** The text of every entry without a lease. */
    private void growAll(String directory) {
        grow(operator, directory, entry -> entry.leaseId() == 0);
    }

    /** The text of every entry. All leases are of clients with this connection. */
    private void growAll(Backend line, String directory) {
        grow(line, directory, entry -> true);
    }

    private void grow(Backend line, String directory, Predicate<Entry> which) {
        operator.read(new Query.All(directory)).toCompletableFuture().join().entries().stream()
                .filter(which)
                .map(entry -> Commit.to(directory).put(entry.name(), grown(entry.value()), entry.leaseId()))
                .forEach(commit ->
                        line.commit(commit.build()).toCompletableFuture().join());
    }

    private Entry entry(String directory, String name) {
        return operator.read(new Query.One(directory, name))
                .toCompletableFuture()
                .join()
                .entries()
                .get(0);
    }

    private void put(Commit.Builder commit) {
        operator.commit(commit.build()).toCompletableFuture().join();
    }
}
