package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.From;
import io.sereno.SharedValue;
import io.sereno.Topic;
import io.sereno.UnreadableEntryException;
import io.sereno.WaitGroup;
import io.sereno.recipes.topic.TopicBatch;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An entry that this version cannot read, since another program or a later version wrote it: the call fails at once, nothing is changed,
 * and calls succeed once the entry is repaired. No time passes here, so a call that would end by a timeout does not end.
 */
@Timeout(30)
class ForeignEntriesTest {
    private final Clients clients = new Clients();
    private final Defects defects = new Defects();
    private final Backend operator = clients.store.connect(Runnable::run);

    @AfterEach
    void close() {
        clients.close();
        defects.close();
        assertThat(defects.found()).isEmpty();
    }

    @Test
    void aCounterThatIsNoNumber() {
        Counter counter = clients.connect("one").counter("x");
        put("counter/x", "v", "sereno/1 counter\nvalue many\n");
        refused(counter::get, "many");
        refused(counter::incrementAndGet, "many");
        refused(() -> counter.addAsync(1).toCompletableFuture().get(10, TimeUnit.SECONDS), "many");
        refused(
                () -> counter.onChange(value -> {})
                        .ended()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS),
                "many");
        put("counter/x", "v", "sereno/1 counter\nvalue 41\n");
        assertThat(counter.incrementAndGet()).isEqualTo(42);
    }

    @Test
    void aValueWithoutANumberOfChanges() {
        SharedValue<String> value = clients.connect("one", clients.line()).value("x", Codec.utf8());
        value.set("a");
        CachedValue<String> cached = value.cached();
        for (String head :
                new String[] {"sereno/1 value\nchange many", "sereno/1 value", "sereno/1 counter\nchange 1"}) {
            put("value/x", "v", head + "\n\na");
            refused(() -> called(value::get), head.substring(0, 14));
            refused(() -> called(() -> value.set("b")), head.substring(0, 14));
            refused(() -> value.setAsync("b").toCompletableFuture().get(10, TimeUnit.SECONDS), head.substring(0, 14));
            refused(() -> value.await("a"::equals, Duration.ofDays(1)), head.substring(0, 14));
            refused(
                    () -> value.onChange(changed -> {})
                            .ended()
                            .toCompletableFuture()
                            .get(10, TimeUnit.SECONDS),
                    head.substring(0, 14));
            assertThatThrownBy(cached::get).isInstanceOf(UnreadableEntryException.class);
        }
        put("value/x", "v", "sereno/1 value\nchange 41\n\nb");
        assertThat(value.get()).hasValueSatisfying(seen -> {
            assertThat(seen.value()).isEqualTo("b");
            assertThat(seen.change()).isEqualTo(41);
        });
        assertThat(cached.get()).isEqualTo(value.get());
        cached.close();
    }

    @Test
    void aWaitGroupOfUnknownWords() throws InterruptedException {
        WaitGroup group = clients.connect("one").waitGroup("x");
        for (String line : new String[] {"generation", "generation one", "policy retry", "pending 99999999999"}) {
            put("waitgroup/x", "h", "sereno/1 waitgroup\n" + line + "\n");
            refused(() -> called(() -> group.add(1)), line);
            refused(group::join, line);
            refused(() -> called(group::done), line);
            refused(group::inspect, line);
            refused(() -> group.await(Duration.ofDays(1)), line);
        }
        put("waitgroup/x", "h", "sereno/1 waitgroup\ngeneration 1\nstage open\npolicy fail\npending 1\njoined 0\n");
        group.done();
        assertThat(group.await(Duration.ZERO)).isTrue();
    }

    @Test
    void aTopicWhoseEndIsNotKnown() {
        Topic<String> topic = clients.connect("one").topic("x", Codec.utf8());
        put("topic/x", "header", "sereno/1 topic\nnext many\nlow 1\n");
        refused(() -> topic.publish("a"), "many");
        refused(() -> topic.publishAsync("b").toCompletableFuture().get(10, TimeUnit.SECONDS), "many");
        refused(() -> topic.subscribe(message -> {}), "many");
        put("topic/x", "header", "sereno/1 topic\nnext 1\nlow 1\n");
        assertThat(topic.publish("c")).isEqualTo(1);
    }

    /** A megabyte of garbage is reported by its beginning. */
    @Test
    void garbageIsQuotedByItsBeginning() {
        String garbage = "garbage\n" + "x".repeat(60_000);
        put("counter/x", "v", garbage);
        Counter counter = clients.connect("one").counter("x");
        refused(counter::get, "holds 'garbage\\nxxx");
        put("waitgroup/x", "h", garbage);
        refused(clients.connect("two").waitGroup("x")::inspect, "holds 'garbage\\nxxx");
        put("topic/x", "header", garbage);
        Topic<String> topic = clients.connect("three").topic("x", Codec.utf8());
        refused(() -> topic.publish("a"), "holds 'garbage\\nxxx");
        put("topic/x", "header", "sereno/1 topic\nnext " + "9".repeat(60_000) + "\nlow 1\n");
        refused(() -> topic.publish("a"), "holds 'next 999");
        put("topic/x", "header", "sereno/1 topic\nnext 2\nlow 1\n");
        put("topic/x", TopicBatch.nameOf(1), garbage + "\n\n");
        refused(() -> topic.reader(new From.Offset(1)).next(), "is not a batch of messages");
        for (String sizes : new String[] {"-5 8", "2147483647 2147483647", "many", ""}) {
            put("topic/x", TopicBatch.nameOf(1), "sereno/1 batch\nstream 1\nsizes " + sizes + "\n\nabc");
            refused(() -> topic.reader(new From.Offset(1)).next(), "is not a batch of messages");
        }
        put("ids/x", "layout", garbage);
        Future<Long> id = clients.callbacks.submit(clients.connect("four").ids("x")::nextId);
        assertThatThrownBy(() -> id.get(10, TimeUnit.SECONDS))
                .cause()
                .hasMessageContaining("Stored is 'garbage xxx")
                .satisfies(cause -> assertThat(cause.getMessage()).hasSizeLessThan(700));
    }

    /** In another thread, since a caller without an answer waits for a time that does not pass. */
    private void refused(Callable<?> call, String because) {
        Future<?> result = clients.callbacks.submit(call);
        assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS)).satisfies(thrown -> {
            Throwable cause = thrown;
            while (cause instanceof ExecutionException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            assertThat(cause).isInstanceOf(UnreadableEntryException.class).hasMessageContaining(because);
            assertThat(cause.getMessage()).hasSizeLessThan(500);
        });
    }

    private static boolean called(Runnable call) {
        call.run();
        return true;
    }

    private void put(String directory, String name, String text) {
        operator.commit(Commit.to(directory).put(name, Bytes.utf8(text)).build())
                .toCompletableFuture()
                .join();
    }
}
