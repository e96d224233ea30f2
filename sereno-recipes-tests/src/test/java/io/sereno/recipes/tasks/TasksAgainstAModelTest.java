package io.sereno.recipes.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.TaskGrant;
import io.sereno.recipes.Bench;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Interruptible;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Nodes of one task that come and go at random, against a plain loop: while a node is there, each due time is begun when it comes, or when the run before
 * has ended; while none is there, the due times that pass become the latest of them.
 */
class TasksAgainstAModelTest {
    private static final int SEQUENCES = 150;
    private static final long PERIOD = 5_000;
    /** Longer than what a node needs to begin, and the nodes to take turns. */
    private static final long MOMENT = 300;

    /** Of the virtual time, in milliseconds. */
    private record Expected(long due, long notBefore) {}

    @Test
    void theRunsAreThoseOfAPlainLoop() {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            new Sequence(seed).run();
        }
    }

    private static final class Sequence {
        private final long seed;
        private final SplittableRandom random;
        private final Bench bench = new Bench("task/x", Wire.Notices.EXACT);
        private final List<TaskRunner> runners = new ArrayList<>();
        private final List<Expected> begun = new ArrayList<>();
        private int running;

        // The model.
        private @Nullable Long firstNodeAt;
        private long lastDue = -1;
        private long busyUntil;

        Sequence(long seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
        }

        void run() {
            for (String id : List.of("a", "b", "c")) {
                bench.connect(id).client().open();
            }
            step(1_000 + random.nextInt(2_000));
            for (int i = 0; i < 25; i++) {
                act();
            }
            while (!runners.isEmpty()) {
                close();
            }
            step(1_000);
            bench.closeAndExpectOnly(LastRun.NAME::equals);
            bench.close();
        }

        private void act() {
            int choice = random.nextInt(4);
            if (choice == 0 && runners.size() < 4) {
                open();
            } else if (choice == 1 && !runners.isEmpty() && running == 0) {
                close();
            } else {
                pass(random.nextInt(3) == 0 ? random.nextInt(40_000) : random.nextInt(9_000));
            }
        }

        private void open() {
            Bench.Node node = bench.nodes.get(random.nextInt(bench.nodes.size()));
            Scope scope = new Scope(node.client(), TaskRunner.RECIPE, "x", "task/x");
            TaskRunner runner = new TaskRunner(scope, Schedule.every(Duration.ofMillis(PERIOD)), false, grant -> {}) {
                @Override
                Interruptible call(TaskGrant grant, Consumer<Boolean> returned) {
                    long due = Duration.between(start(), grant.due()).toMillis();
                    begun.add(new Expected(due, now()));
                    running++;
                    long takes = random.nextInt(4) == 0 ? random.nextInt(13_000) : random.nextInt(1_000);
                    bench.later(Duration.ofMillis(takes), () -> {
                        running--;
                        returned.accept(true);
                    });
                    busyUntil = now() + takes;
                    return new Interruptible();
                }
            };
            if (firstNodeAt == null) {
                firstNodeAt = now();
            }
            runners.add(runner);
            runner.stand();
            step(MOMENT);
            check();
        }

        private void close() {
            var unused = runners.remove(random.nextInt(runners.size())).end();
            step(MOMENT);
            check();
            if (runners.isEmpty() && lastDue < 0) {
                firstNodeAt = null; // Nothing is stored: the next node begins anew.
            }
        }

        private void pass(long millis) {
            long end = now() + millis;
            while (now() < end) {
                step(Math.min(end - now(), 500));
                check();
            }
        }

        private void step(long millis) {
            Duration until = bench.time.elapsed().plusMillis(millis);
            while (bench.step(until)) {}
        }

        private long now() {
            return bench.time.elapsed().toMillis();
        }

        private Instant start() {
            return bench.time.wall().minus(bench.time.elapsed());
        }

        /** Each run is the one that the loop makes; and the loop makes none that is missing. */
        private void check() {
            for (Expected run : begun) {
                long base = lastDue >= 0 ? lastDue : firstNodeAt == null ? 0 : firstNodeAt;
                assertThat(run.due).as("due at %s, seed %s", run, seed).isGreaterThan(base);
                assertThat(run.due % PERIOD).as("due at %s, seed %s", run, seed).isZero();
                assertThat(run.due)
                        .as("the latest that has passed at %s, seed %s", run, seed)
                        .isEqualTo(run.notBefore / PERIOD * PERIOD);
                lastDue = run.due;
            }
            begun.clear();
            boolean free = running == 0 && now() - busyUntil > MOMENT;
            if (!runners.isEmpty() && free && firstNodeAt != null) {
                long latest = (now() - MOMENT) / PERIOD * PERIOD;
                boolean isDue = latest > (lastDue >= 0 ? lastDue : firstNodeAt);
                assertThat(isDue)
                        .as("at %s: a due time at %s that nobody has begun, seed %s", now(), latest, seed)
                        .isFalse();
            }
        }
    }
}
