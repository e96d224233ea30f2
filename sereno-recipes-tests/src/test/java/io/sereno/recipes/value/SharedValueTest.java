package io.sereno.recipes.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoClosedException;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The shared value as its callers see it. */
@Timeout(30)
class SharedValueTest {
    private static final String DIRECTORY = "value/x";

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient client = clients.connect("one", line);
    private final SharedValue<String> here = client.value("x", Codec.utf8());
    private final SharedValue<String> there = clients.connect("two").value("x", Codec.utf8());

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void itIsThereFromTheFirstChangeToTheDeletion() {
        assertThat(here.name()).isEqualTo("x");
        assertThat(here.get()).isEmpty();
        assertThat(here.setIfAbsent("a")).isTrue();
        assertThat(there.setIfAbsent("b")).isFalse();
        assertThat(text(there)).isEqualTo("a");
        here.set("");
        assertThat(text(there)).isEmpty();
        there.delete();
        assertThat(here.get()).isEmpty();
        clients.time.advance(Duration.ofMinutes(1));
        assertThat(clients.entries(DIRECTORY)).isEmpty();
        assertThat(here.setIfAbsent("c")).isTrue();
    }

    @Test
    void everyChangeMakesAnotherVersion() {
        here.set("a");
        Versioned<String> first = here.get().orElseThrow();
        assertThat(first.change()).isEqualTo(1);
        there.set("a");
        Versioned<String> second = here.get().orElseThrow();
        assertThat(second.incarnation()).isEqualTo(first.incarnation());
        assertThat(second.change()).isEqualTo(2);
        assertThat(second.isSameVersion(first)).isFalse();
        assertThat(here.compareAndSet(first, "b")).isFalse();
        assertThat(here.compareAndSet(second, "b")).isTrue();
        assertThat(there.compareAndSet(second, "c")).isFalse();
        assertThat(text(there)).isEqualTo("b");
    }

    @Test
    void aValueThatWasDeletedAndSetAgainIsAnother() {
        here.set("a");
        Versioned<String> before = there.get().orElseThrow();
        here.delete();
        assertThat(there.compareAndSet(before, "b")).isFalse();
        assertThat(there.get()).isEmpty();
        here.set("a");
        assertThat(there.compareAndSet(before, "b")).isFalse();
        Versioned<String> after = there.get().orElseThrow();
        assertThat(after.incarnation()).isGreaterThan(before.incarnation());
        assertThat(after.change()).isEqualTo(1);
    }

    /** Changes that travel together share a modRevision, so that cannot be the version. */
    @Test
    void changesOfOneCommitHaveDifferentVersions() throws Exception {
        here.set("first");
        Versioned<String> before = here.get().orElseThrow();
        AtomicInteger commits = new AtomicInteger();
        line.each(
                request -> Request.commitsTo(DIRECTORY).test(request) && commits.incrementAndGet() > 0,
                Fate.delayReply(Duration.ofMillis(40)));
        CompletableFuture<Void> ahead = here.setAsync("ahead").toCompletableFuture();
        List<CompletableFuture<Boolean>> exchanges = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String value = "b" + i;
            exchanges.add(Threads.inThread(() -> here.compareAndSet(before, value)));
        }
        CompletableFuture<Void> last = here.setAsync("last").toCompletableFuture();
        clients.passUntilDone(
                CompletableFuture.allOf(ahead, exchanges.get(0), exchanges.get(1), exchanges.get(2), last),
                Duration.ofSeconds(2));

        for (CompletableFuture<Boolean> exchange : exchanges) {
            assertThat(exchange.get(10, TimeUnit.SECONDS)).isFalse();
        }
        assertThat(commits.get()).isLessThan(5);
        assertThat(there.get().orElseThrow().change()).isEqualTo(3);
    }

    @Test
    void anUpdateIsComputedFromWhatIsThere() {
        assertThat(here.updateAndGet(before -> before.orElse("new"))).isEqualTo("new");
        AtomicInteger calls = new AtomicInteger();
        String result = here.updateAndGet(before -> {
            if (calls.getAndIncrement() == 0) {
                there.set("other");
            }
            return before.orElseThrow() + "!";
        });
        assertThat(result).isEqualTo("other!");
        assertThat(calls).hasValue(2);
        calls.set(0);
        result = here.updateAndGet(before -> {
            if (calls.getAndIncrement() == 0) {
                there.delete();
            }
            return before.orElse("gone");
        });
        assertThat(result).isEqualTo("gone");
    }

    @Test
    void anUpdateGivesUpWhenItsTimeIsOver() {
        here.set("a");
        assertThatThrownBy(() -> here.updateAndGet(before -> {
                    there.set("b");
                    clients.time.advance(Duration.ofSeconds(1));
                    return "c";
                }))
                .isInstanceOf(NotAppliedException.class)
                .hasMessage("updateAndGet of value 'x' on memory: other clients changed the value before each attempt;"
                        + " nothing was changed");
        assertThat(text(here)).isEqualTo("b");
    }

    @Test
    void badInputIsRefusedBeforeAnyRequest() {
        AtomicInteger requests = new AtomicInteger();
        line.each(request -> requests.incrementAndGet() > 0, Fate.pass());
        String large = "x".repeat(SharedValue.MAX_BYTES + 1);
        assertThatThrownBy(() -> here.set(large))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("set of value 'x' on memory: the value takes 61441 bytes, at most 61440 are accepted");
        assertThatThrownBy(() -> here.setAsync(large)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> here.setIfAbsent(large)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> here.compareAndSet(new Versioned<>("a", 1, 1), large))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> here.await(value -> true, Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeout is negative");
        assertThatThrownBy(() -> client.value("", Codec.utf8())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Versioned<>("a", 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("incarnation is 0 and change is 1; 1 or more is accepted for both");
        assertThat(requests).hasValue(0);
        here.set(large.substring(1));
        assertThat(text(there)).hasSize(SharedValue.MAX_BYTES);
    }

    @Test
    void aChangeWithoutReplyWhoseRecordIsGoneIsOfUnknownOutcome() throws Exception {
        here.set("a");
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        CompletableFuture<Void> change = here.setAsync("b").toCompletableFuture();
        clients.removeAll(DIRECTORY);
        clients.passUntilDone(change, Clients.OPERATION_TIMEOUT.plusSeconds(1));
        assertThatThrownBy(() -> change.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void aListenerGetsTheValueAndEachChangeAndTheEnd() throws Exception {
        BlockingQueue<Optional<String>> seen = new LinkedBlockingQueue<>();
        try (Subscription subscription = here.onChange(state -> seen.add(state.map(Versioned::value)))) {
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Optional.empty());
            there.set("a");
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Optional.of("a"));
            there.set("a");
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Optional.of("a"));
            there.delete();
            assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(Optional.empty());
            assertThat(subscription.ended().toCompletableFuture()).isNotDone();
        }
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    @Test
    void aWaitEndsWhenTheConditionHolds() throws Exception {
        here.set("a");
        assertThat(here.await("a"::equals, Duration.ZERO)).isTrue();
        assertThat(here.await("b"::equals, Duration.ZERO)).isFalse();
        BlockingQueue<String> judged = new LinkedBlockingQueue<>();
        CompletableFuture<Boolean> waiting = Threads.inThread(() -> here.await(
                value -> {
                    judged.add(value);
                    return value.equals("c");
                },
                Duration.ofDays(1)));
        assertThat(judged.poll(10, TimeUnit.SECONDS)).isEqualTo("a");
        there.set("b");
        assertThat(judged.poll(10, TimeUnit.SECONDS)).isEqualTo("b");
        there.delete();
        there.set("c");
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    @Test
    void aWaitEndsWithItsTime() throws Exception {
        here.set("a");
        CompletableFuture<Boolean> waiting = Threads.inThread(() -> here.await("b"::equals, Duration.ofSeconds(30)));
        clients.passUntilDone(waiting, Duration.ofSeconds(31));
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isFalse();
    }

    /** The condition is for values that were there during the call. */
    @Test
    void aWaitIsNotAnsweredFromWhatWasKnownBefore() throws Exception {
        here.set("a");
        try (var cached = here.cached()) {
            line.holdNotices();
            there.set("b");
            assertThat(cached.get().orElseThrow().value()).isEqualTo("a");
            assertThat(here.await("a"::equals, Duration.ZERO)).isFalse();
            assertThat(cached.get().orElseThrow().value()).isEqualTo("b");
        }
    }

    @Test
    void aWaitIsInterruptible() throws Exception {
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread waiter = new Thread(() -> {
            try {
                here.await(value -> true, Duration.ofDays(1));
            } catch (InterruptedException interrupted) {
                ended.complete(interrupted);
            }
        });
        waiter.start();
        waiter.interrupt();
        assertThat(ended.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(client.client().shared(ValueFeed.FEEDS).size()).isZero();
    }

    @Test
    void aValueThatRestsLeavesOneEntry() {
        here.set("a");
        there.set("b");
        clients.time.advance(Duration.ofMinutes(1));
        assertThat(clients.entries(DIRECTORY)).extracting(Entry::name).containsExactly("v");
        assertThat(client.client().shared(SharedValueRecipe.CELLS).size()).isZero();
    }

    @Test
    void aClosedClientRefusesEveryCall() {
        client.close();
        for (var call : List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                here::get,
                () -> here.set("a"),
                () -> here.setIfAbsent("a"),
                () -> here.updateAndGet(before -> "a"),
                () -> here.await(value -> true, Duration.ZERO),
                here::cached,
                () -> here.onChange(state -> {}),
                here::delete)) {
            assertThatThrownBy(call).isInstanceOf(SerenoClosedException.class);
        }
        assertThat(here.setAsync("a").toCompletableFuture()).isCompletedExceptionally();
    }

    private static String text(SharedValue<String> value) {
        return value.get().orElseThrow().value();
    }
}
