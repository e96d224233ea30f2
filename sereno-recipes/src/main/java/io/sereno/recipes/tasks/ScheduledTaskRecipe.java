package io.sereno.recipes.tasks;

import io.sereno.ScheduledTask;
import io.sereno.SerenoException;
import io.sereno.TaskGrant;
import io.sereno.TaskRun;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The scheduled task as its users call it: collects the settings, and creates the {@link TaskRunner} at {@link #run}. */
public final class ScheduledTaskRecipe implements ScheduledTask {
    private record Settings(@Nullable Schedule schedule, IfRunnerLost ifRunnerLost) {}

    private final Scope scope;
    private final AtomicReference<Settings> settings = new AtomicReference<>(new Settings(null, IfRunnerLost.SKIP));
    private final AtomicReference<@Nullable TaskRunner> runner = new AtomicReference<>();
    private volatile boolean closed;

    public ScheduledTaskRecipe(Client client, String name, String directory) {
        this.scope = new Scope(client, TaskRunner.RECIPE, name, directory);
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public ScheduledTask every(Duration period) {
        return schedule("every", Schedule.every(checked("period", period)));
    }

    @Override
    public ScheduledTask withDelay(Duration delay) {
        return schedule("withDelay", Schedule.delay(checked("delay", delay)));
    }

    @Override
    public ScheduledTask next(Function<Instant, Optional<Instant>> next) {
        return schedule("next", new Schedule(Objects.requireNonNull(next, "next is null"), false));
    }

    private static Duration checked(String what, Duration duration) {
        Objects.requireNonNull(duration, () -> what + " is null");
        if (duration.compareTo(Duration.ofMillis(1)) < 0
                || duration.compareTo(MAX_PERIOD) > 0
                || duration.toNanosPart() % 1_000_000 != 0) {
            throw new IllegalArgumentException(what + " is " + duration + "; whole milliseconds from 1 ms to "
                    + MAX_PERIOD.toDays() + " days are accepted");
        }
        return duration;
    }

    private ScheduledTask schedule(String operation, Schedule schedule) {
        return change(operation, before -> {
            if (before.schedule != null) {
                throw new IllegalStateException(scope.about(operation)
                        + ": this task has a schedule already; set one of every, withDelay and next");
            }
            return new Settings(schedule, before.ifRunnerLost);
        });
    }

    @Override
    public ScheduledTask ifRunnerLost(IfRunnerLost policy) {
        Objects.requireNonNull(policy, "policy is null");
        return change("ifRunnerLost", before -> new Settings(before.schedule, policy));
    }

    private ScheduledTask change(String operation, UnaryOperator<Settings> change) {
        requireNotBegun(operation);
        settings.updateAndGet(change);
        return this;
    }

    @Override
    public ScheduledTask run(Consumer<TaskGrant> body) {
        Objects.requireNonNull(body, "body is null");
        requireNotBegun("run");
        Settings now = Objects.requireNonNull(settings.get());
        Schedule schedule = now.schedule;
        if (schedule == null) {
            throw new IllegalStateException(
                    scope.about("run") + ": this task has no schedule; call every, withDelay or next first");
        }
        TaskRunner begun = new TaskRunner(scope, schedule, now.ifRunnerLost == IfRunnerLost.RUN_AGAIN, body);
        if (!runner.compareAndSet(null, begun)) {
            throw begunBefore("run");
        }
        begun.stand();
        if (closed) {
            close(); // By another thread, which may not have seen the runner.
        }
        return this;
    }

    private void requireNotBegun(String operation) {
        scope.requireOpen(operation);
        if (closed) {
            throw new IllegalStateException(scope.about(operation) + ": this task was closed; create another one");
        }
        if (runner.get() != null) {
            throw begunBefore(operation);
        }
    }

    private IllegalStateException begunBefore(String operation) {
        return new IllegalStateException(scope.about(operation) + ": this task runs already; create another one");
    }

    @Override
    public Optional<TaskRun> lastRun() {
        Snapshot all = scope.readAll("lastRun");
        return Optional.ofNullable(LastRun.in(all.entries()))
                .map(entry -> LastRun.decode(entry).asRun(View.queue(all)));
    }

    @Override
    public void forgetRuns() {
        long deadline = scope.client().deadline();
        boolean done = false;
        while (!done) {
            Query query = new Query.One(scope.directory(), LastRun.NAME);
            Entry found = View.first(scope.read("forgetRuns", query, deadline));
            done = found == null || isRemoved(found, deadline);
        }
    }

    /** False if the entry has changed. */
    private boolean isRemoved(Entry found, long deadline) {
        TimedWait<Boolean> removal = new TimedWait<>(scope.kernel(), Runnable::run);
        Commit commit = Commit.to(scope.directory())
                .ifModRevision(found.name(), found.modRevision())
                .delete(found.name())
                .build();
        scope.kernel().store().commit(commit, Runnable::run, outcome -> removed(removal, outcome));
        removal.limit(scope.kernel().until(deadline), () -> removal.fail(scope.outcomeUnknown("forgetRuns", null)));
        return Await.uninterruptibly(removal.result());
    }

    private void removed(TimedWait<Boolean> removal, Outcome outcome) {
        BackendException why = outcome.failure();
        switch (outcome.kind()) {
            case COMMITTED -> removal.complete(true);
            case CONFLICT, LEASE_DEAD -> removal.complete(false);
            case NOT_APPLIED -> removal.fail(scope.notApplied("forgetRuns", why));
            case UNKNOWN -> removal.fail(scope.outcomeUnknown("forgetRuns", why));
        }
    }

    @Override
    public Optional<SerenoException> lastError() {
        TaskRunner begun = runner.get();
        if (begun == null || closed) {
            return Optional.empty();
        }
        return Optional.ofNullable(begun.failure()).map(why -> scope.notApplied("run", why));
    }

    @Override
    public void close() {
        closed = true;
        TaskRunner begun = runner.get();
        if (begun != null) {
            Await.uninterruptibly(scope.client().withinCloseLimit(begun.end()));
        }
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
