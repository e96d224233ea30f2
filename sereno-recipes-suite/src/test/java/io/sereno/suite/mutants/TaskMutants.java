package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;

import io.sereno.LossCause;
import io.sereno.ScheduledTask;
import io.sereno.SerenoException;
import io.sereno.TaskGrant;
import io.sereno.TaskRun;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Tasks that run too often, too late, or beside each other. */
final class TaskMutants {
    private static final String KIND = "task";
    private static final String LAST = "last";

    private TaskMutants() {}

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    static void addTo(Mutants all) {
        all.backend("SCH-1", "the due time that was begun last is forgotten")
                .with(below -> new Hooks(below)
                        .reads(query -> below.read(query).thenApply(read -> forgetful(query, read)))
                        .commits(commit -> below.commit(unconditional(commit))));
        all.recipe("SCH-1", "the body is called twice").objects(ScheduledTask.class, task -> new Forwarding(task) {
            @Override
            public ScheduledTask run(Consumer<TaskGrant> body) {
                super.run(grant -> {
                    body.accept(grant);
                    body.accept(grant);
                });
                return this;
            }
        });
        all.recipe("SCH-2", "a runner that is cut off relies on its right until its body returns")
                .objects(ScheduledTask.class, task -> granting(task, TaskMutants::believing));
        all.recipe("SCH-2", "all runs have the same token")
                .objects(
                        ScheduledTask.class,
                        task -> granting(
                                task,
                                grant -> changed(
                                        TaskGrant.class,
                                        grant,
                                        (method, call) ->
                                                method.equals("fencingToken") ? (Object) 1_024L : call.go())));
        all.recipe("SCH-3", "the next due time is waited for, however far ahead it is")
                .objects(ScheduledTask.class, task -> new Forwarding(task) {
                    @Override
                    public ScheduledTask every(Duration period) {
                        return next(after -> Optional.of(after.plus(period).plus(lead(after))));
                    }
                });
        all.backend("SCH-4", "the places of nodes are bound to no lease")
                .requests(commit -> Commits.isTo(commit, KIND) ? Commits.leaseless(commit) : commit);
        all.recipe("SCH-4", "a lost run is skipped, whatever is wanted")
                .objects(ScheduledTask.class, task -> new Forwarding(task) {
                    @Override
                    public ScheduledTask ifRunnerLost(IfRunnerLost policy) {
                        return this;
                    }
                });
    }

    private static Snapshot forgetful(Query query, Snapshot read) {
        if (!query.directory().startsWith(KIND + "/")) {
            return read;
        }
        List<Entry> others = read.entries().stream()
                .filter(entry -> !entry.name().equals(LAST))
                .toList();
        return new Snapshot(others, read.more());
    }

    private static Commit unconditional(Commit commit) {
        return Commits.isTo(commit, KIND)
                ? Commits.without(
                        commit, condition -> condition.name().equals(LAST) && !(condition instanceof Condition.Present))
                : commit;
    }

    /** The world's time begins in 2026, and no test takes days. */
    private static Duration lead(Instant after) {
        Duration lead = Duration.between(Instant.parse("2026-01-05T00:00:00Z"), after);
        return lead.isNegative() ? Duration.ZERO : lead;
    }

    private static TaskGrant believing(TaskGrant grant) {
        return changed(TaskGrant.class, grant, (method, call) -> switch (method) {
            case "isHeld" -> true;
            case "lost" -> new CompletableFuture<LossCause>();
            default -> call.go();
        });
    }

    private static ScheduledTask granting(ScheduledTask task, UnaryOperator<TaskGrant> change) {
        return new Forwarding(task) {
            @Override
            public ScheduledTask run(Consumer<TaskGrant> body) {
                super.run(grant -> body.accept(change.apply(grant)));
                return this;
            }
        };
    }

    private static class Forwarding implements ScheduledTask {
        private final ScheduledTask task;

        Forwarding(ScheduledTask task) {
            this.task = task;
        }

        @Override
        public String name() {
            return task.name();
        }

        @Override
        public ScheduledTask every(Duration period) {
            task.every(period);
            return this;
        }

        @Override
        public ScheduledTask withDelay(Duration delay) {
            task.withDelay(delay);
            return this;
        }

        @Override
        public ScheduledTask next(Function<Instant, Optional<Instant>> next) {
            task.next(next);
            return this;
        }

        @Override
        public ScheduledTask ifRunnerLost(IfRunnerLost policy) {
            task.ifRunnerLost(policy);
            return this;
        }

        @Override
        public ScheduledTask run(Consumer<TaskGrant> body) {
            task.run(body);
            return this;
        }

        @Override
        public Optional<TaskRun> lastRun() {
            return task.lastRun();
        }

        @Override
        public void forgetRuns() {
            task.forgetRuns();
        }

        @Override
        public Optional<SerenoException> lastError() {
            return task.lastError();
        }

        @Override
        public void close() {
            task.close();
        }
    }
}
