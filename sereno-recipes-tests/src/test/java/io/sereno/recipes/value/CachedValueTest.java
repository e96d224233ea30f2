package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.SharedValue;
import io.sereno.Versioned;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client knows of a value, and whether it knows that it knows. */
@Timeout(30)
class CachedValueTest {
    private static final Fate NEVER = Fate.delayReply(Duration.ofHours(1));

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient client = clients.connect("one", line);
    private final SharedValue<String> here = client.value("x", Codec.utf8());
    private final SharedValue<String> there =
            clients.connect("two", clients.line()).value("x", Codec.utf8());

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void itShowsEachChangeWithoutAsking() {
        try (CachedValue<String> cached = here.cached()) {
            assertThat(cached.get()).isEmpty();
            assertThat(cached.isCurrent()).isTrue();
            there.set("a");
            assertThat(text(cached)).isEqualTo("a");
            there.delete();
            assertThat(cached.get()).isEmpty();
            there.set("b");
            AtomicInteger requests = new AtomicInteger();
            line.each(request -> requests.incrementAndGet() > 0, Fate.pass());
            Optional<Versioned<String>> state = cached.get();
            for (int i = 0; i < 100; i++) {
                assertThat(cached.get()).isSameAs(state);
            }
            assertThat(requests).hasValue(0);
        }
    }

    @Test
    void allObjectsOfANameShareOneWatch() {
        AtomicInteger watches = new AtomicInteger();
        line.each(request -> request instanceof Request.OpenWatch && watches.incrementAndGet() > 0, Fate.pass());
        CachedValue<String> first = here.cached();
        CachedValue<String> second = client.value("x", Codec.utf8()).cached();
        here.onChange(state -> {}).close();
        assertThat(watches).hasValue(1);
        first.close();
        there.set("a");
        assertThat(text(second)).isEqualTo("a");
        assertThat(first.isCurrent()).isFalse();
        second.close();
        second.close();
        there.set("b");
        assertThat(text(second)).isEqualTo("a");
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    /** Notices and reads of the cache are held back; the change is shown when its call returns. */
    @Test
    void itShowsWhatItsOwnClientHasChanged() throws Exception {
        here.set("a");
        try (CachedValue<String> cached = here.cached()) {
            line.holdNotices();
            here.set("b");
            assertThat(text(cached)).isEqualTo("b");
            assertThat(here.compareAndSet(here.get().orElseThrow(), "c")).isTrue();
            assertThat(text(cached)).isEqualTo("c");
            CompletableFuture<Void> change = here.setAsync("d").toCompletableFuture();
            change.get(10, TimeUnit.SECONDS);
            assertThat(text(cached)).isEqualTo("d");
            here.delete();
            assertThat(cached.get()).isEmpty();
            here.set("e");
            assertThat(text(cached)).isEqualTo("e");
        }
    }

    /** The read was on its way when the change was made, and its answer comes after the change was shown. */
    @Test
    void aReadThatIsOlderThanAnOwnChangeIsRepeated() throws Exception {
        here.set("a");
        try (CachedValue<String> cached = here.cached()) {
            line.next(request -> request instanceof Request.Read, Fate.delayReply(Duration.ofMillis(100)));
            there.set("b");
            here.set("c");
            assertThat(text(cached)).isEqualTo("c");
            clients.time.advance(Duration.ofMillis(99));
            assertThat(text(cached)).isEqualTo("c");
            clients.time.advance(Duration.ofSeconds(1));
            assertThat(text(cached)).isEqualTo("c");
        }
    }

    /** What comes after a deletion cannot be told by its revision. So the call returns when a read has told, or is not current. */
    @Test
    void aChangeAfterADeletionIsShownByARead() throws Exception {
        try (CachedValue<String> cached = here.cached()) {
            line.holdNotices();
            Runnable slow = line.each(
                    request -> request instanceof Request.Read read
                            && read.query().directory().equals("value/x"),
                    Fate.delayReply(Duration.ofMillis(200)));
            CompletableFuture<Boolean> change = Threads.inThread(() -> {
                here.set("a");
                return text(cached).equals("a") && cached.isCurrent();
            });
            clients.passUntilDone(change, Duration.ofSeconds(1));
            assertThat(change.get(10, TimeUnit.SECONDS)).isTrue();
            slow.run();
        }
    }

    @Test
    void aChangeReturnsInTimeThoughNoReadIsAnswered() throws Exception {
        try (CachedValue<String> cached = here.cached()) {
            line.holdNotices();
            AtomicInteger reads = new AtomicInteger();
            // The first read is that of the change.
            line.each(request -> request instanceof Request.Read && reads.incrementAndGet() > 1, NEVER);
            CompletableFuture<Boolean> change = Threads.inThread(() -> {
                here.set("b");
                return cached.isCurrent();
            });
            clients.passUntilDone(change, Clients.OPERATION_TIMEOUT.plusMillis(300));
            assertThat(change.get(10, TimeUnit.SECONDS)).isFalse();
            assertThat(text(there)).isEqualTo("b");
        }
    }

    @Test
    void anOutageIsKnownWithinHalfATtlAndTheLastStateIsReachedAfterIt() {
        here.set("a");
        try (CachedValue<String> cached = here.cached()) {
            line.cutOff(Duration.ofMillis(100));
            there.set("b");
            clients.time.advance(Clients.TTL.dividedBy(2).plusMillis(100));
            assertThat(cached.isCurrent()).isFalse();
            assertThat(text(cached)).isEqualTo("a");
            clients.time.advance(Clients.TTL.multipliedBy(3));
            assertThat(text(cached)).isEqualTo("a");
            line.heal();
            clients.passUntil(cached::isCurrent, Clients.TTL.multipliedBy(3));
            assertThat(text(cached)).isEqualTo("b");
        }
    }

    @Test
    void aWatchThatDiedInSilenceCostsOneTtl() {
        here.set("a");
        try (CachedValue<String> cached = here.cached()) {
            line.holdNotices();
            there.set("b");
            clients.time.advance(Clients.TTL.multipliedBy(5).dividedBy(4).plusMillis(10));
            assertThat(text(cached)).isEqualTo("b");
        }
    }

    @Test
    void aValueThatCannotBeReadIsNotCached() throws Exception {
        line.each(request -> request instanceof Request.Read, NEVER);
        CompletableFuture<CachedValue<String>> opening = Threads.inThread(here::cached);
        clients.passUntilDone(opening, Clients.OPERATION_TIMEOUT.plusMillis(300));
        assertThatThrownBy(() -> opening.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(NotAppliedException.class);
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    @Test
    void itShowsWhatHasBecomeOfIt() {
        CachedValue<String> cached = here.cached();
        assertThat(cached).hasToString("cached of value 'x' on memory, current");
        cached.close();
        assertThat(cached).hasToString("cached of value 'x' on memory, closed");
    }

    private static String text(CachedValue<String> cached) {
        return cached.get().orElseThrow().value();
    }

    private static String text(SharedValue<String> value) {
        return value.get().orElseThrow().value();
    }
}
