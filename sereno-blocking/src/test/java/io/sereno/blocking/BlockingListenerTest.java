package io.sereno.blocking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The thread that keeps a connection for what the server sends by itself. */
class BlockingListenerTest extends SupportTest {
    private final BlockingQueue<Integer> begun = new LinkedBlockingQueue<>();

    private int next() {
        try {
            Integer line = begun.poll(30, TimeUnit.SECONDS);
            assertThat(line).as("the line of the next connection").isNotNull();
            return line;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The first is that of the calls. */
    @Test
    void aConnectionThatBreaksIsOpenedAgain() {
        BlockingCalls<Line> calls = open();
        calls.listen((line, listener) -> {
            begun.add(line.number);
            line.freeze();
        });
        assertThat(next()).isEqualTo(2);
        lines.opened.get(1).aborted.complete(null);
        untilPausing();
        time.advance(Duration.ofSeconds(1));
        assertThat(next()).isEqualTo(3);
        get(lines.opened.get(1).closed);
    }

    /** Otherwise a server that breaks off each connection would be asked without end. */
    @Test
    void aConnectionThatLastedIsOpenedAgainAtOnce() {
        BlockingCalls<Line> calls = open();
        calls.listen((line, listener) -> {
            begun.add(line.number);
            line.freeze();
        });
        assertThat(next()).isEqualTo(2);
        time.advance(Duration.ofSeconds(1));
        lines.opened.get(1).aborted.complete(null);
        assertThat(next()).isEqualTo(3);
    }

    @Test
    void aListenerReachesAServerThatNeedsLongerForAConnection() {
        BlockingCalls<Line> calls = open();
        lines.needs = Duration.ofSeconds(3);
        calls.listen((line, listener) -> {
            begun.add(line.number);
            line.freeze();
        });
        until(() -> {
            pausing().ifPresent(time::advance);
            return !begun.isEmpty();
        });
        assertThat(next()).isEqualTo(2);
    }

    @Test
    void aStepThatTakesTooLongBreaksTheConnection() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Exception> thrown = new CompletableFuture<>();
        calls.listen((line, listener) -> {
            try {
                calls.within(line, Duration.ofSeconds(2), same -> {
                    begun.add(same.number);
                    return same.freeze();
                });
            } catch (IOException e) {
                thrown.complete(e);
                throw e;
            }
        });
        assertThat(next()).isEqualTo(2);
        time.advance(Duration.ofSeconds(2));
        assertThat(get(thrown)).hasMessage("the socket was closed");
    }

    @Test
    void aPauseEndsByItsTimeByAWakeAndByTheEnd() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        BlockingListener<Line> listener = calls.listen((line, self) -> {
            for (int i = 0; !self.isClosed(); i++) {
                begun.add(i);
                self.pause(Duration.ofMillis(500));
            }
            closed.complete(self.isClosed());
        });
        assertThat(next()).isZero();
        listener.wake();
        assertThat(next()).isEqualTo(1);
        untilPausing();
        time.advance(Duration.ofSeconds(1));
        assertThat(next()).isEqualTo(2);
        calls.close();
        assertThat(get(closed)).isTrue();
    }

    /** An author wakes the listener for each new watch, in an outage too. */
    @Test
    void aWakeDuringAnOutageEndsNoBackoffAndIsNotForgotten() {
        BlockingCalls<Line> calls = open();
        lines.connecting = Lines.refusing();
        CompletableFuture<Boolean> woken = new CompletableFuture<>();
        BlockingListener<Line> listener = calls.listen((line, self) -> {
            self.pause(Duration.ofHours(1));
            woken.complete(true);
            line.freeze();
        });
        untilPausing();
        lines.connecting = () -> true;
        listener.wake();
        time.advance(Duration.ofMillis(500));
        assertThat(get(woken)).isTrue();
    }

    @Test
    void anInterruptThatAClientLeavesEndsNoPause() {
        BlockingCalls<Line> calls = open();
        CompletableFuture<Thread> pausing = new CompletableFuture<>();
        CompletableFuture<Duration> length = new CompletableFuture<>();
        calls.listen((line, self) -> {
            Thread.currentThread().interrupt();
            pausing.complete(Thread.currentThread());
            self.pause(Duration.ofMillis(500));
            length.complete(time.elapsed());
            line.freeze();
        });
        Thread thread = get(pausing);
        untilPausing();
        until(() -> !thread.isInterrupted());
        thread.interrupt();
        until(() -> !thread.isInterrupted());
        time.advance(Duration.ofMillis(500));
        assertThat(get(length)).isEqualTo(Duration.ofMillis(500));
    }
}
