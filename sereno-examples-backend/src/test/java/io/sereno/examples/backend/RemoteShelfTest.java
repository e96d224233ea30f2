package io.sereno.examples.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.blocking.BlockingCalls;
import io.sereno.examples.backend.Wire.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Watches that begin at a bad moment, which the kit meets by luck only. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD) // Reading from a socket cannot be interrupted.
class RemoteShelfTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String NAMESPACE = "market";
    private static final Target ALL = new Target("fruit", Optional.empty());

    private final ShelfServer server = new ShelfServer();
    private final ServerTime time = new ServerTime();

    @AfterEach
    void close() {
        server.release();
        server.close();
        time.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Request.class,
            names = {"ATTACH", "LISTEN"})
    void aWatchThatBeginsWhileItsClientConnectsIsNotForgotten(Request held) throws InterruptedException {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        server.hold(held);
        try (Backend backend = open()) {
            server.awaitArrival(held);
            CompletionStage<Watch> watch = backend.watch(ALL, new Hearing(heard));
            server.awaitAnswer(Request.WATCH);
            server.release();
            get(watch);

            put(backend, "apple");
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("apple");
        }
    }

    @Test
    void aWatchThatIsSetTwiceLosesNoNotice() throws IOException {
        ShelfLine line = new ShelfLine(server.endpoint(), NAMESPACE, TIMEOUT);
        line.ask(Request.ATTACH, out -> out.writeUTF("me"), in -> true);
        line.ask(
                Request.LISTEN,
                out -> {
                    out.writeInt(1);
                    out.writeLong(1);
                    Wire.write(out, ALL);
                },
                in -> true);
        server.pause();
        Backend other = server.store(NAMESPACE).client();
        put(other, "apple");
        put(other, "pear");
        // As if the request came once more, over another connection, before these notices leave.
        server.attached("me").forEach(session -> session.watch(1, ALL));
        server.resume();

        assertThat(List.of(next(line), next(line))).containsExactly("apple", "pear");
        line.close();
    }

    private Backend open() {
        BlockingCalls<ShelfLine> calls = BlockingCalls.builder(
                        "shelf",
                        new RemoteShelfProvider.Client(server.endpoint(), NAMESPACE),
                        time,
                        Runnable::run,
                        TIMEOUT,
                        TIMEOUT)
                .open(ShelfLine::requireOpen);
        return new RemoteShelfBackend(calls, time, Runnable::run);
    }

    private static void put(Backend backend, String name) {
        get(backend.commit(Commit.to(ALL.directory()).put(name, Bytes.utf8("1")).build()));
    }

    /** The name in the next notice. */
    private static String next(ShelfLine line) throws IOException {
        long number = 0; // The server says every second that it is there.
        String name = "";
        while (number == 0) {
            number = line.next(in -> in.readLong());
            name = line.next(in -> in.readUTF());
            long unused = line.next(in -> in.readLong());
        }
        return name;
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    }

    private record Hearing(BlockingQueue<String> heard) implements WatchListener {
        @Override
        public void changed(String name, long revision) {
            heard.add(name);
        }

        @Override
        public void reset() {
            heard.add("reset");
        }
    }
}
