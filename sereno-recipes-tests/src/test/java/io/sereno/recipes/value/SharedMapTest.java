package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.CachedMap;
import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoClosedException;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.Versioned;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.kernel.PagedView;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SharedMapTest {
    private static final String DIRECTORY = "map/x";

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient client = clients.connect("one", line);
    private final SharedMap<String> here = client.map("x", Codec.utf8());
    private final SharedMap<String> there = clients.connect("two").map("x", Codec.utf8());

    private static boolean reads(Request request) {
        return request instanceof Request.Read read && read.query().directory().equals(DIRECTORY);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    private static Map<String, String> texts(Map<String, Versioned<String>> values) {
        Map<String, String> texts = new LinkedHashMap<>();
        values.forEach((key, value) -> texts.put(key, value.value()));
        return texts;
    }

    @Test
    void eachKeyHasAValueOfItsOwn() {
        assertThat(here.getAll()).isEmpty();
        here.at("b").set("1");
        here.at("a").set("2");
        there.at("a").set("3");
        Versioned<String> before = here.at("b").get().orElseThrow();
        assertThat(texts(there.getAll())).containsExactly(Map.entry("a", "3"), Map.entry("b", "1"));
        assertThat(there.at("a").name()).isEqualTo("a");
        there.at("a").delete();
        assertThat(here.getAll()).containsOnlyKeys("b");
        assertThat(here.at("b").get()).contains(before);
        assertThat(here.at("b").compareAndSet(before, "4")).isTrue();
        assertThat(there.at("a").setIfAbsent("5")).isTrue();
        assertThat(texts(here.getAll())).isEqualTo(Map.of("a", "5", "b", "4"));
    }

    @Test
    void allCharactersMakeKeysThatDiffer() {
        List<String> keys =
                List.of("a", "A", "a/b", "a%2Fb", " ", "k-a", "o-1", "\u00e9", "e\u0301", "\uffee", "\ud83d\ude00");
        keys.forEach(key -> here.at(key).set(key));
        assertThat(texts(there.getAll()))
                .hasSize(keys.size())
                .allSatisfy((key, value) -> assertThat(value).isEqualTo(key));
        assertThat(client.map("x/a", Codec.utf8()).getAll()).isEmpty();
    }

    @Test
    void aMapOfSeveralPagesIsReadFollowedAndDeleted() throws Exception {
        int size = 2 * PagedView.PAGE + 3;
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            there.at("key " + i).set("v" + i);
            all.put("key " + i, "v" + i);
        }
        assertThat(texts(here.getAll())).isEqualTo(all);
        try (CachedMap<String> cached = here.cached()) {
            assertThat(texts(cached.getAll())).isEqualTo(all);
            AtomicInteger reads = new AtomicInteger();
            line.each(request -> reads(request) && reads.incrementAndGet() > 0, Fate.pass());
            there.at("key 77").set("changed");
            there.at("key 78").delete();
            all.put("key 77", "changed");
            all.remove("key 78");
            assertThat(texts(cached.getAll())).isEqualTo(all);
            assertThat(reads).as("reads of two entries").hasValueLessThanOrEqualTo(4);
            assertThat(here.await(map -> map.size() == size - 1, Duration.ZERO)).isTrue();
            here.delete();
            assertThat(cached.getAll()).isEmpty();
            assertThat(there.getAll()).isEmpty();
        }
        clients.time.advance(Duration.ofMinutes(1));
        assertThat(clients.entries(DIRECTORY)).isEmpty();
    }

    @Test
    void anOwnChangeIsShownByTheMapAndByItsValue() throws Exception {
        here.at("a").set("1");
        try (CachedMap<String> cached = here.cached();
                CachedValue<String> one = here.at("a").cached()) {
            line.holdNotices();
            here.at("a").set("2");
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("a", "2"));
            assertThat(one.get().orElseThrow().value()).isEqualTo("2");
            here.at("b").setAsync("3").toCompletableFuture().get(10, TimeUnit.SECONDS);
            assertThat(cached.get("b").orElseThrow().value()).isEqualTo("3");
            here.at("a").delete();
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("b", "3"));
            assertThat(one.get()).isEmpty();
            here.at("a").set("4");
            here.delete();
            assertThat(cached.getAll()).isEmpty();
            assertThat(one.get()).isEmpty();
            assertThat(cached.isCurrent()).isTrue();
        }
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    /** The read of all was on its way when the change was made, and its answer comes after the change was shown. */
    @Test
    void aReadOfAllThatIsOlderThanAnOwnChangeDoesNotTakeItBack() throws Exception {
        here.at("a").set("1");
        try (CachedMap<String> cached = here.cached()) {
            AtomicInteger late = new AtomicInteger();
            line.next(
                    request -> reads(request)
                            && ((Request.Read) request).query() instanceof Query.Range
                            && late.incrementAndGet() > 0,
                    Fate.delayReply(Duration.ofMillis(100)));
            CompletableFuture<Boolean> looking = Threads.inThread(() -> here.await(
                    map -> map.get("a") != null && map.get("a").value().equals("3"), Duration.ofDays(1)));
            while (late.get() == 0) {
                Thread.onSpinWait();
            }
            here.at("a").set("2");
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("a", "2"));
            clients.time.advance(Duration.ofSeconds(1));
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("a", "2"));
            assertThat(cached.isCurrent()).isTrue();
            here.at("a").set("3");
            assertThat(looking.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void unchangedValuesAreDecodedOnce() {
        AtomicInteger decoded = new AtomicInteger();
        SharedMap<String> counted =
                client.map("x", Codec.of(text -> Codec.utf8().encode(text), octets -> {
                    decoded.incrementAndGet();
                    return Codec.utf8().decode(octets);
                }));
        there.at("a").set("1");
        there.at("b").set("1");
        try (CachedMap<String> cached = counted.cached()) {
            for (int i = 0; i < 100; i++) {
                assertThat(cached.get("a")).isPresent();
                assertThat(cached.get("c")).isEmpty();
            }
            assertThat(decoded).hasValue(1);
            there.at("a").set("2");
            assertThat(cached.get("a").orElseThrow().value()).isEqualTo("2");
            assertThat(decoded).hasValue(2);
        }
    }

    @Test
    void aListenerGetsTheMapAndEachChange() throws Exception {
        BlockingQueue<Map<String, String>> seen = new LinkedBlockingQueue<>();
        try (Subscription subscription = here.onChange(map -> seen.add(texts(map)))) {
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Map.of());
            there.at("a").set("1");
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Map.of("a", "1"));
            there.at("b").set("2");
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Map.of("a", "1", "b", "2"));
            there.at("a").delete();
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Map.of("b", "2"));
            assertThat(subscription.ended().toCompletableFuture()).isNotDone();
        }
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    @Test
    void aWaitEndsWhenTheConditionHolds() throws Exception {
        here.at("a").set("1");
        CompletableFuture<Boolean> waiting =
                Threads.inThread(() -> here.await(map -> map.size() == 2, Duration.ofDays(1)));
        assertThat(here.await(map -> map.size() == 2, Duration.ZERO)).isFalse();
        there.at("b").set("2");
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
    }

    /** An operator or another program has put what is no value. */
    @Test
    void oneUnreadableValueSpoilsNoOther() {
        here.at("a").set("1");
        here.at("b").set("2");
        try (CachedMap<String> cached = here.cached()) {
            clients.line()
                    .commit(Commit.to(DIRECTORY)
                            .put("k-a", Bytes.utf8("rubbish"))
                            .build())
                    .toCompletableFuture()
                    .join();
            assertThat(cached.get("b").orElseThrow().value()).isEqualTo("2");
            assertThatThrownBy(() -> cached.get("a")).isInstanceOf(UnreadableEntryException.class);
            assertThatThrownBy(cached::getAll).isInstanceOf(UnreadableEntryException.class);
            assertThatThrownBy(here::getAll).isInstanceOf(UnreadableEntryException.class);
            assertThat(here.at("b").get()).isPresent();
            here.at("a").delete();
            assertThat(cached.getAll()).containsOnlyKeys("b");
        }
    }

    @Test
    void aDeletionLeavesTheRecordsOfChangesUnderWay() throws Exception {
        here.at("a").set("1");
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        CompletableFuture<Void> change = here.at("a").setAsync("2").toCompletableFuture();
        there.delete();
        clients.passUntilDone(change, Clients.OPERATION_TIMEOUT);
        assertThat(change).as("its outcome is certain").isCompleted();
        assertThat(there.getAll()).isEmpty();
    }

    /** A deletion leaves the record of a client that sets the value again and again. */
    @Test
    void noRecordsPileUp() {
        for (int i = 0; i < 20; i++) {
            here.at("a").set("1");
            there.delete();
            there.at("a").set("2");
            there.at("a").delete();
        }
        assertThat(clients.entries(DIRECTORY)).as("one record of each client").hasSizeLessThanOrEqualTo(2);
        clients.time.advance(Duration.ofMinutes(1));
        assertThat(clients.entries(DIRECTORY)).isEmpty();
    }

    @Test
    void aDeletionThatIsCutOffMayBeMadeInPart() throws Exception {
        for (int i = 0; i < 40; i++) {
            here.at("key " + i).set("v");
        }
        AtomicInteger commits = new AtomicInteger();
        line.each(
                request -> Request.commitsTo(DIRECTORY).test(request) && commits.incrementAndGet() > 1,
                Fate.loseRequest());
        CompletableFuture<Throwable> deletion = Threads.inThread(() -> {
            try {
                here.delete();
                return new AssertionError("deleted");
            } catch (OutcomeUnknownException unknown) {
                return unknown;
            }
        });
        clients.passUntilDone(deletion, Clients.OPERATION_TIMEOUT.plusSeconds(1));
        assertThat(deletion.get(10, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
        assertThat(there.getAll()).hasSize(9);
        there.at("key 1").set("new");
        clients.time.advance(Duration.ofMinutes(1));
        assertThat(there.getAll()).hasSize(10);
    }

    /** Of the first page, two are gone when they are to be deleted. */
    @Test
    void deletionsAtTheSameTimeDeleteAll() {
        for (int i = 0; i < 40; i++) {
            here.at("key " + i).set("v");
        }
        AtomicInteger late = new AtomicInteger();
        line.next(
                request -> Request.commitsTo(DIRECTORY).test(request) && late.incrementAndGet() > 0,
                Fate.delayRequest(Duration.ofMillis(50)));
        CompletableFuture<Boolean> slow = Threads.inThread(() -> {
            here.delete();
            return true;
        });
        while (late.get() == 0) {
            Thread.onSpinWait();
        }
        there.at("key 10").delete();
        there.at("key 11").delete();
        there.at("key 11").set("new");
        clients.passUntilDone(slow, Clients.OPERATION_TIMEOUT);
        assertThat(slow).isCompletedWithValue(true);
        assertThat(texts(there.getAll())).isEqualTo(Map.of("key 11", "new"));
    }

    @Test
    void badInputIsRefusedBeforeAnyRequest() {
        AtomicInteger requests = new AtomicInteger();
        line.each(request -> requests.incrementAndGet() > 0, Fate.pass());
        assertThatThrownBy(() -> here.at(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("key of map 'x' takes 0 bytes of UTF-8; 1 to 400 are accepted");
        assertThatThrownBy(() -> here.at("x".repeat(401)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key of map 'x' takes 401 bytes of UTF-8; 1 to 400 are accepted");
        assertThatThrownBy(() -> here.at("a\u0000b")).isInstanceOf(IllegalArgumentException.class);
        SharedMap<String> named = client.map("n".repeat(400), Codec.utf8());
        assertThatThrownBy(() -> named.at("x".repeat(107)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "entry name takes 109 bytes of UTF-8 and its directory 404; together at most 512");
        assertThatThrownBy(() -> here.await(map -> true, Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> here.at("a").set("x".repeat(SharedValue.MAX_BYTES + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("set of map 'x/a' on memory: the value takes 61441 bytes");
        assertThatThrownBy(() -> client.map("", Codec.utf8())).isInstanceOf(IllegalArgumentException.class);
        assertThat(requests).hasValue(0);
        named.at("x".repeat(106)).set("a");
        assertThat(named.getAll()).hasSize(1);
    }

    @Test
    void aMapThatCannotBeReadIsNotCached() throws Exception {
        line.each(SharedMapTest::reads, Fate.delayReply(Duration.ofHours(1)));
        CompletableFuture<CachedMap<String>> opening = Threads.inThread(here::cached);
        clients.passUntilDone(opening, Clients.OPERATION_TIMEOUT.plusMillis(300));
        assertThatThrownBy(() -> opening.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    @Test
    void anOutageIsKnownWithinHalfATtlAndTheLastStateIsReachedAfterIt() {
        here.at("a").set("1");
        try (CachedMap<String> cached = here.cached()) {
            line.cutOff(Duration.ofMillis(100));
            there.at("b").set("2");
            there.at("a").delete();
            clients.time.advance(Clients.TTL.dividedBy(2).plusMillis(100));
            assertThat(cached.isCurrent()).isFalse();
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("a", "1"));
            line.heal();
            clients.passUntil(cached::isCurrent, Clients.TTL.multipliedBy(3));
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("b", "2"));
        }
    }

    @Test
    void aWatchThatDiedInSilenceCostsOneTtl() {
        try (CachedMap<String> cached = here.cached()) {
            line.holdNotices();
            there.at("a").set("1");
            clients.time.advance(Clients.TTL.multipliedBy(5).dividedBy(4).plusMillis(10));
            assertThat(texts(cached.getAll())).isEqualTo(Map.of("a", "1"));
        }
    }

    @Test
    void aMapThatRestsLeavesOneEntryForEachKey() {
        here.at("a").set("1");
        there.at("b").set("2");
        clients.time.advance(Duration.ofMinutes(1));
        assertThat(clients.entries(DIRECTORY)).extracting(Entry::name).containsExactly("k-a", "k-b");
        assertThat(client.client().shared(SharedValueRecipe.CELLS).size()).isZero();
    }

    @Test
    void aClosedClientRefusesEveryCall() {
        client.close();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                here::getAll,
                here::cached,
                () -> here.at("a").get(),
                () -> here.await(map -> true, Duration.ZERO),
                () -> here.onChange(map -> {}),
                here::delete)) {
            assertThatThrownBy(call).isInstanceOf(SerenoClosedException.class);
        }
    }
}
