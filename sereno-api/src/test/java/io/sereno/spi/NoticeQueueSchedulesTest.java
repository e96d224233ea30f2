package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Races between adding, delivery, refusal and cancelling. Each method of the queue is one step under its monitor, apart
 * from its calls of the executor, the timer and the listener; so all orders of these steps are all schedules that
 * threads can make. All other events that may happen meanwhile also happen inside a call of the listener and of the
 * executor.
 */
class NoticeQueueSchedulesTest {
    private static final Target TARGET = new Target("any", Optional.empty());
    /** Held, so that the level set here is not collected with it. */
    private static final Logger LOG = Logger.getLogger(NoticeQueue.class.getName());

    @BeforeEach
    void quiet() {
        LOG.setLevel(Level.OFF);
    }

    @AfterEach
    void loud() {
        LOG.setLevel(null);
    }

    @Test
    void everyChangeIsAnnouncedInEveryOrder() {
        int schedules = explore(List.of("refuse", "add a", "add b", "add a", "reset"), false);
        assertThat(schedules).isGreaterThan(1_000);
    }

    @Test
    void noNoticeBeginsAfterTheCancelInAnyOrder() {
        int schedules = explore(List.of("refuse", "add a", "add b", "add a", "cancel"), true);
        assertThat(schedules).isGreaterThan(1_000);
    }

    /** Every order in which these steps, the tasks, and the timer can happen, of which those that are alike are tried once. */
    private static int explore(List<String> steps, boolean cancels) {
        Deque<Integer> choices = new ArrayDeque<>();
        int schedules = 0;
        do {
            schedules++;
            new Schedule(steps, cancels, List.copyOf(choices)).run(choices);
            // The next one in the order of a walk through the tree of choices.
            while (!choices.isEmpty() && choices.peekLast() == 0) {
                choices.removeLast();
            }
            if (!choices.isEmpty()) {
                choices.addLast(choices.removeLast() - 1);
            }
        } while (!choices.isEmpty());
        return schedules;
    }

    /** One order. A choice is the number of alternatives that are left beside the one that is tried. */
    private static final class Schedule {
        private final List<String> steps;
        private final boolean cancels;
        private final List<Integer> given;
        private final List<Integer> made = new ArrayList<>();
        private final List<String> amiss = new ArrayList<>();
        private final List<Runnable> handedOver = new ArrayList<>();
        private final NoticeQueueTest.Timers timers = new NoticeQueueTest.Timers();
        private final Map<String, Long> reported = new HashMap<>();
        private final Map<String, Long> changed = new HashMap<>();
        private final NoticeQueue queue = new NoticeQueue(
                TARGET,
                new WatchListener() {
                    @Override
                    public void changed(String name, long revision) {
                        receive(() -> reported.merge(name, revision, Math::max));
                    }

                    @Override
                    public void reset() {
                        Map<String, Long> all = Map.copyOf(changed);
                        receive(() -> all.forEach((name, revision) -> reported.merge(name, revision, Math::max)));
                    }
                },
                this::execute,
                timers,
                ended -> {});

        private int next;
        private int inside;
        private int refusals;
        private boolean cancelled;

        Schedule(List<String> steps, boolean cancels, List<Integer> given) {
            this.steps = steps;
            this.cancels = cancels;
            this.given = given;
        }

        void run(Deque<Integer> choices) {
            while (step()) {
                assertThat(amiss).isEmpty();
                if (cancelled) {
                    assertThat(timers.waiting).as("timers after the cancelling").isEmpty();
                }
            }
            choices.clear();
            choices.addAll(made);
            assertThat(handedOver).isEmpty();
            assertThat(timers.waiting).isEmpty();
            if (!cancels) {
                assertThat(reported).isEqualTo(changed);
            }
        }

        /** One thing that can happen now; false if nothing can. */
        private boolean step() {
            List<Runnable> possible = new ArrayList<>();
            if (next < steps.size()) {
                possible.add(() -> take(steps.get(next++)));
            }
            if (!handedOver.isEmpty()) {
                possible.add(() -> handedOver.remove(0).run());
            }
            if (!timers.waiting.isEmpty()) {
                possible.add(() -> timers.pass(Duration.ofSeconds(1)));
            }
            if (possible.isEmpty()) {
                return false;
            }
            possible.get(choose(possible.size())).run();
            return true;
        }

        private int choose(int alternatives) {
            int left = made.size() < given.size() ? given.get(made.size()) : alternatives - 1;
            made.add(left);
            return alternatives - 1 - left;
        }

        /** Something of others, or nothing, happens while a call of the queue is under way. */
        private void meanwhile() {
            while (choose(2) == 1 && step()) {
                // Perhaps more.
            }
        }

        private void take(String step) {
            if (step.equals("refuse")) {
                refusals++;
            } else if (step.equals("cancel")) {
                queue.cancel();
                cancelled = true;
            } else if (step.equals("reset")) {
                queue.reset();
            } else {
                String name = step.substring("add ".length());
                long revision = next;
                changed.put(name, revision);
                boolean mine = queue.add(name, revision);
                // The store's lock is released in between.
                meanwhile();
                if (mine) {
                    queue.deliver();
                }
            }
        }

        private void execute(Runnable task) {
            boolean refuses = refusals > 0;
            if (!refuses || choose(2) == 1) {
                // An executor may take a task and throw all the same.
                handedOver.add(task);
            }
            meanwhile();
            if (refuses) {
                refusals--;
                throw new RejectedExecutionException("on purpose");
            }
        }

        private void receive(Runnable what) {
            // Not thrown: the queue would log it.
            if (cancelled) {
                amiss.add("a notice began after the cancelling");
            }
            if (++inside > 1) {
                amiss.add("a notice began while another one was running");
            }
            meanwhile();
            what.run();
            inside--;
        }
    }

    /** The same with threads. The time limit ends a test that hangs; none passes by it. */
    @Test
    @Timeout(60)
    void threadsThatAddAndRefuseLoseNothing() throws Exception {
        int threads = 4;
        int changes = 5_000;
        ExecutorService pool = Executors.newFixedThreadPool(threads * 2);
        AtomicInteger inside = new AtomicInteger();
        AtomicBoolean overlapped = new AtomicBoolean();
        AtomicLong refused = new AtomicLong();
        AtomicLong stored = new AtomicLong();
        AtomicLong seen = new AtomicLong();
        Semaphore end = new Semaphore(0);
        ConcurrentTimers timers = new ConcurrentTimers();
        NoticeQueue queue = new NoticeQueue(
                TARGET,
                NoticeQueueTest.listener(received -> {
                    overlapped.compareAndSet(false, inside.incrementAndGet() != 1);
                    seen.set(stored.get());
                    if (seen.get() == (long) threads * changes) {
                        end.release();
                    }
                    inside.decrementAndGet();
                }),
                task -> {
                    if (refused.incrementAndGet() % 3 == 0) {
                        throw new RejectedExecutionException("on purpose");
                    }
                    pool.execute(task);
                },
                timers,
                ended -> {});
        for (int i = 0; i < threads; i++) {
            String name = "n" + i;
            pool.execute(() -> {
                for (int j = 0; j < changes; j++) {
                    queue.changed(name, stored.incrementAndGet());
                }
            });
        }
        while (!end.tryAcquire(1, TimeUnit.MILLISECONDS)) {
            timers.runAll();
        }
        queue.cancel();
        pool.shutdown();
        assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(overlapped).isFalse();
        assertThat(seen).hasValue((long) threads * changes);
    }

    /** Timers that are due whenever the test says so. */
    private static final class ConcurrentTimers implements TimeSource {
        private final NoticeQueueTest.Timers timers = new NoticeQueueTest.Timers();
        private final List<Runnable> tasks = new ArrayList<>();

        @Override
        public long nanoTime() {
            return timers.nanoTime();
        }

        @Override
        public java.time.Instant wall() {
            return timers.wall();
        }

        @Override
        public Runnable schedule(Duration delay, java.util.concurrent.Executor executor, Runnable task) {
            synchronized (tasks) {
                tasks.add(task);
            }
            return () -> {
                synchronized (tasks) {
                    tasks.remove(task);
                }
            };
        }

        void runAll() {
            List<Runnable> due;
            synchronized (tasks) {
                due = List.copyOf(tasks);
                tasks.clear();
            }
            due.forEach(Runnable::run);
        }
    }
}
