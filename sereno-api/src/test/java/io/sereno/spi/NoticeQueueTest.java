package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NoticeQueueTest {
    private static final Target TARGET = new Target("any\nname", Optional.empty());
    private static final String RESET = "reset";
    /** Held, so that the level set here is not collected with it. */
    private static final Logger LOG = Logger.getLogger(NoticeQueue.class.getName());

    private final Queue<Runnable> handedOver = new ArrayDeque<>();
    private final Timers timers = new Timers();
    private final List<String> reported = new ArrayList<>();
    private final List<NoticeQueue> cancelled = new ArrayList<>();
    private final Logged logged = new Logged();
    /** Thrown by the executor while it is there. */
    private Optional<Throwable> refusal = Optional.empty();

    private final NoticeQueue queue = queue(reported::add);

    @Test
    void itShowsWhatItWatches() {
        assertThat(queue).hasToString("notices of " + TARGET);
    }

    private NoticeQueue queue(Consumer<String> received) {
        return queue(received, this::execute);
    }

    private NoticeQueue queue(Consumer<String> received, Executor executor) {
        return new NoticeQueue(TARGET, listener(received), executor, timers, cancelled::add);
    }

    private void execute(Runnable task) {
        if (refusal.isPresent()) {
            NoticeQueueTest.<RuntimeException>throwAny(refusal.get());
        }
        handedOver.add(task);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwAny(Throwable any) throws T {
        throw (T) any;
    }

    static WatchListener listener(Consumer<String> received) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                received.accept(name + "@" + revision);
            }

            @Override
            public void reset() {
                received.accept(RESET);
            }
        };
    }

    @BeforeEach
    void listen() {
        LOG.setUseParentHandlers(false);
        LOG.addHandler(logged);
    }

    @AfterEach
    void listenNoMore() {
        LOG.removeHandler(logged);
        LOG.setUseParentHandlers(true);
    }

    private void runAll() {
        while (!handedOver.isEmpty()) {
            handedOver.remove().run();
        }
    }

    @Test
    void noticesAreMergedByNameAndOneTaskDeliversAll() {
        queue.changed("a", 1);
        queue.changed("b", 2);
        queue.changed("a", 3);
        assertThat(handedOver).hasSize(1);
        runAll();
        assertThat(reported).containsExactly("a@3", "b@2");
        queue.changed("a", 4);
        runAll();
        assertThat(reported).endsWith("a@4");
    }

    @Test
    void aResetTakesThePlaceOfAllThatWaits() {
        queue.changed("a", 1);
        queue.reset();
        queue.changed("b", 2);
        runAll();
        assertThat(reported).containsExactly(RESET);
        queue.changed("b", 3);
        runAll();
        assertThat(reported).containsExactly(RESET, "b@3");
    }

    @Test
    void oneNameMoreThanTheBoundBecomesAReset() {
        for (int i = 0; i < NoticeQueue.MAX_NAMES; i++) {
            queue.changed("n" + i, i);
        }
        queue.changed("n0", 7);
        runAll();
        assertThat(reported).hasSize(NoticeQueue.MAX_NAMES).startsWith("n0@7", "n1@1");
        reported.clear();
        for (int i = 0; i <= NoticeQueue.MAX_NAMES; i++) {
            queue.changed("n" + i, i);
        }
        runAll();
        assertThat(reported).containsExactly(RESET);
    }

    @Test
    void theCallerWhoAddsTheFirstNoticeDeliversAll() {
        assertThat(queue.add("a", 1)).isTrue();
        assertThat(queue.add("b", 2)).isFalse();
        assertThat(queue.addReset()).isFalse();
        assertThat(handedOver).isEmpty();
        queue.deliver();
        runAll();
        assertThat(reported).containsExactly(RESET);
        assertThat(queue.addReset()).isTrue();
    }

    @Test
    void aNoticeAddedInsideTheListenerFollowsInTheSameTask() {
        List<NoticeQueue> own = new ArrayList<>();
        NoticeQueue chatty = queue(
                received -> {
                    reported.add("begin " + received);
                    if (received.equals("a@1")) {
                        own.get(0).changed("a", 2);
                        own.get(0).changed("b", 3);
                    }
                    reported.add("end " + received);
                },
                Runnable::run);
        own.add(chatty);
        chatty.changed("a", 1);
        assertThat(reported).containsExactly("begin a@1", "end a@1", "begin a@2", "end a@2", "begin b@3", "end b@3");
    }

    @Test
    void noNoticeBeginsAfterTheCancelAndTheBackendIsNotifiedOnce() {
        queue.changed("a", 1);
        queue.cancel();
        queue.cancel();
        queue.changed("b", 2);
        queue.reset();
        assertThat(queue.add("c", 3)).isFalse();
        assertThat(queue.addReset()).isFalse();
        runAll();
        assertThat(reported).isEmpty();
        assertThat(handedOver).isEmpty();
        assertThat(cancelled).containsExactly(queue);
    }

    @Test
    void aClosingBackendEndsTheQueueWithoutACallback() {
        queue.changed("a", 1);
        assertThat(queue.end()).isTrue();
        assertThat(queue.end()).isFalse();
        queue.cancel();
        runAll();
        assertThat(reported).isEmpty();
        assertThat(cancelled).isEmpty();
    }

    @Test
    void cancellingInsideTheListenerEndsTheNotices() {
        List<NoticeQueue> own = new ArrayList<>();
        NoticeQueue ending = queue(received -> {
            reported.add(received);
            own.get(0).cancel();
        });
        own.add(ending);
        ending.changed("a", 1);
        ending.changed("b", 2);
        runAll();
        assertThat(reported).containsExactly("a@1");
    }

    @Test
    void anExceptionOfAListenerIsLoggedAndTheNextNoticeFollows() {
        NoticeQueue throwing = queue(received -> {
            reported.add(received);
            if (reported.size() == 1) {
                throw new AssertionError("on purpose");
            }
            throw new IllegalStateException("on purpose");
        });
        throwing.changed("a", 1);
        throwing.changed("b", 2);
        throwing.changed("c", 3);
        runAll();
        assertThat(reported).containsExactly("a@1", "b@2", "c@3");
        assertThat(logged.lines)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line)
                        .startsWith("SEVERE the listener of Target[directory=any\\nname, name=Optional.empty] threw"));
    }

    @Test
    void refusedNoticesWaitAndAreOfferedAgainEachSecond() {
        for (Throwable thrown : List.of(
                new RejectedExecutionException("on purpose"), new IllegalStateException("on purpose"), new Error())) {
            reported.clear();
            refusal = Optional.of(thrown);
            queue.changed("a", 1);
            queue.changed("b", 2);
            timers.pass(Duration.ofSeconds(1));
            timers.pass(Duration.ofSeconds(1).minusNanos(1));
            refusal = Optional.empty();
            assertThat(handedOver).isEmpty();
            timers.pass(Duration.ofNanos(1));
            // No further notice has to be added for the notices to be delivered.
            runAll();
            assertThat(reported).containsExactly("a@1", "b@2");
            assertThat(timers.waiting).isEmpty();
        }
        assertThat(logged.lines)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line)
                        .isEqualTo(
                                "WARNING notices of Target[directory=any\\nname, name=Optional.empty] wait: the callback"
                                        + " executor refused them; they are offered again every second"));
    }

    @Test
    void theEndLeavesNoTimer() {
        refusal = Optional.of(new RejectedExecutionException("on purpose"));
        queue.changed("a", 1);
        assertThat(timers.waiting).hasSize(1);
        queue.cancel();
        assertThat(timers.waiting).isEmpty();
    }

    @Test
    void anExecutorThatTakesATaskAndThrowsBreaksNothing() {
        NoticeQueue robust = queue(reported::add, task -> {
            handedOver.add(task);
            throw new IllegalStateException("on purpose");
        });
        robust.changed("a", 1);
        runAll();
        robust.changed("b", 2);
        timers.pass(Duration.ofSeconds(1));
        runAll();
        robust.cancel();
        assertThat(reported).containsExactly("a@1", "b@2");
        assertThat(timers.waiting).isEmpty();
    }

    /** Collects what the queue logs. */
    private static final class Logged extends Handler {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void publish(LogRecord line) {
            if (line.getLevel().intValue() >= Level.WARNING.intValue()) {
                lines.add(line.getLevel() + " " + line.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** Time in the test's hands; a timer that is cancelled is gone. */
    static final class Timers implements TimeSource {
        record Timer(long due, Executor executor, Runnable task) {}

        final List<Timer> waiting = new ArrayList<>();
        private long now;

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public Instant wall() {
            return Instant.EPOCH.plusNanos(now);
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            Timer timer = new Timer(now + delay.toNanos(), executor, task);
            waiting.add(timer);
            return () -> waiting.remove(timer);
        }

        void pass(Duration duration) {
            now += duration.toNanos();
            for (Timer timer : List.copyOf(waiting)) {
                if (timer.due() - now <= 0 && waiting.remove(timer)) {
                    timer.executor().execute(timer.task());
                }
            }
        }
    }
}
