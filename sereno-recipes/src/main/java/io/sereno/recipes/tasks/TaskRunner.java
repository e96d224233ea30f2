package io.sereno.recipes.tasks;

import io.sereno.LossCause;
import io.sereno.SerenoMeter.NotGranted;
import io.sereno.TaskGrant;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.CallbackFailures;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Backoff;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Interruptible;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Timer;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One node of a task, from {@code run()} to {@code close()}; the Javadoc of the package has its steps.
 *
 * <p>Invariant: a run is begun only by a commit on condition that the own place exists and that {@code last} is the one that the plan was made for. Its
 * body runs at most once for each such commit, and the place is given back only when the body has returned.
 *
 * <p>All but {@link #stand}, {@link #end}, {@link #failure} and {@link #takeBack} is confined to the strand.
 */
class TaskRunner implements Open, Turn.Owner, Hold.Giver {
    static final String RECIPE = "task";

    /** While it waits for a due time, it reads the wall clock so often, since that may be set. */
    private static final Duration CLOCK_CHECK = Duration.ofSeconds(1);

    private enum Phase {
        /** Not the first in the queue. */
        QUEUED,
        /** The last run is to be read. */
        LOOKING,
        /** The schedule is asked, or there is no due time any more. */
        PLANNING,
        SLEEPING,
        BEGINNING,
        RUNNING,
        ENDING
    }

    /** The entry {@code last} as it was read or written; without a run if there is none. */
    private record Known(@Nullable LastRun run, long modRevision) {}

    private final Kernel kernel;
    private final Scope scope;
    private final Schedule schedule;
    private final boolean runAgain;
    private final Consumer<TaskGrant> body;
    private final Strand strand = new Strand();
    private final Turn turn;
    private final Requests requests;
    private final Callbacks callbacks;
    private final Instant since;

    // Confined to the strand.
    private Phase phase = Phase.QUEUED;
    private @Nullable Session session;
    private Known known = new Known(null, 0);
    private Schedule.@Nullable Plan plan;
    private @Nullable LastRun current;
    private @Nullable Hold hold;
    /** The body that runs, also after its place was lost; null if none does. */
    private @Nullable Interruptible running;

    private boolean closed;
    private boolean unreadableReported;
    /** Distinguishes the waits for a due time, so that an answer of the schedule that is not wanted any more is ignored. */
    private int planning;

    private final Timer alarm = new Timer();
    private final Backoff patience;
    private boolean queues;
    /** By the clock, if there is an observer or a meter. */
    private long queuesSince;

    TaskRunner(Scope scope, Schedule schedule, boolean runAgain, Consumer<TaskGrant> body) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.schedule = schedule;
        this.runAgain = runAgain;
        this.body = body;
        this.since = kernel.time().wall();
        this.patience = kernel.backoff();
        this.turn = new Turn(scope.client().sessions(), strand, scope.directory(), this);
        this.requests = new Requests(kernel, strand, scope.directory(), this::failed, this::step);
        this.callbacks = new Callbacks(kernel.callbacks(), new CallbackFailures(scope));
    }

    void stand() {
        strand.execute(this::enter);
        scope.client().opened(this);
    }

    private void enter() {
        queue();
        turn.enter();
    }

    private void queue() {
        if (!queues) {
            queues = true;
            queuesSince = kernel.events().now();
            kernel.events().waiting(RECIPE, scope.name());
        }
    }

    /** Why this node does not take part; null if it does. For every thread. */
    @Nullable
    BackendException failure() {
        BackendException why = requests.failure();
        return why != null ? why : turn.failure();
    }

    @Override
    public void granted(Session under, long createRevision) {
        session = under;
        phase = Phase.LOOKING;
        step();
    }

    private void step() {
        Session under = session;
        if (under == null || !under.isAlive() || !requests.isIdle()) {
            return; // In the first two cases the turn is lost, or is about to be.
        }
        switch (phase) {
            case LOOKING -> look();
            case BEGINNING -> begin();
            case ENDING -> storeEnd();
            default -> {}
        }
    }

    private Place own() {
        return new Place(turn.placeName(), turn.incarnation());
    }

    private void look() {
        requests.readEntry(LastRun.NAME, entry -> {
            if (phase != Phase.LOOKING) {
                return;
            }
            LastRun last;
            try {
                last = entry == null ? null : LastRun.decode(entry);
            } catch (UnreadableEntryException unreadable) {
                if (!unreadableReported) {
                    unreadableReported = true;
                    scope.retrying("run", unreadable);
                }
                requests.pause(null);
                return;
            }
            unreadableReported = false;
            known = new Known(last, entry == null ? 0 : entry.modRevision());
            if (last != null && last.ended().isEmpty() && last.place().equals(own())) {
                begun(last);
            } else {
                plan();
            }
        });
    }

    /** Asks the schedule, which may be a user's code. */
    private void plan() {
        phase = Phase.PLANNING;
        int mine = ++planning;
        LastRun last = known.run();
        CompletableFuture<Optional<Schedule.Plan>> answer = new CompletableFuture<>();
        Interruptible unused = callbacks.submit(
                "next",
                () -> answer.complete(
                        schedule.plan(last, runAgain, since, kernel.time().wall())),
                () -> strand.execute(() -> {
                    if (mine != planning || phase != Phase.PLANNING || closed) {
                        return;
                    }
                    if (!answer.isDone()) {
                        // Perhaps the schedule of another node works.
                        alarm.set(kernel.time(), patience.next(), strand, this::giveBack);
                    } else {
                        patience.reset();
                        plan = answer.join().orElse(null);
                        if (plan != null) {
                            sleep(plan);
                        }
                    }
                }));
    }

    private void sleep(Schedule.Plan planned) {
        phase = Phase.SLEEPING;
        Instant now = kernel.time().wall();
        long began = kernel.time().nanoTime();
        Duration left = Duration.between(now, planned.at());
        if (left.isNegative() || left.isZero()) {
            phase = Phase.BEGINNING;
            step();
            return;
        }
        Duration nap = left.compareTo(CLOCK_CHECK) < 0 ? left : CLOCK_CHECK;
        alarm.set(kernel.time(), nap, strand, () -> {
            Instant expected = now.plusNanos(kernel.time().nanoTime() - began);
            Duration step = Duration.between(expected, kernel.time().wall()).abs();
            if (step.compareTo(CLOCK_CHECK) < 0) {
                sleep(planned);
            } else {
                plan(); // The clock was set.
            }
        });
    }

    private void begin() {
        Schedule.Plan planned = plan;
        if (planned == null) {
            return;
        }
        LastRun next = new LastRun(
                planned.due(),
                planned.attempt(),
                own(),
                kernel.nodeId(),
                kernel.time().wall(),
                Optional.empty(),
                false);
        Commit.Builder commit = ifFirst();
        if (known.run() == null) {
            commit.ifAbsent(LastRun.NAME);
        } else {
            commit.ifModRevision(LastRun.NAME, known.modRevision());
        }
        requests.commitOrPause(commit.put(LastRun.NAME, next.encode()), outcome -> {
            if (phase != Phase.BEGINNING) {
                return;
            }
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                known = new Known(next, outcome.revision());
                begun(next);
            } else {
                // Applied before, or the place is gone; the turn notices that, and until then the pauses become longer.
                phase = Phase.LOOKING;
                requests.pause(null);
            }
        });
    }

    private Commit.Builder ifFirst() {
        Place own = own();
        return Commit.to(scope.directory()).ifCreateRevision(own.name(), own.createRevision());
    }

    private void begun(LastRun run) {
        Session under = session;
        if (under == null || !under.isAlive() || closed) {
            return; // The runner is lost.
        }
        requests.calm();
        phase = Phase.RUNNING;
        current = run;
        Hold held = new Hold(
                kernel,
                this,
                under,
                RECIPE,
                scope.name(),
                FencingToken.of(run.place().createRevision(), 0));
        hold = held;
        queues = false;
        held.reportGrant(queuesSince);
        running = call(new HeldRun(held, run), success -> strand.execute(() -> returned(held, success)));
        held.interruptedByLoss(running);
    }

    /** Calls the body; {@code returned} is notified when it has returned, with true, or thrown. */
    Interruptible call(TaskGrant grant, Consumer<Boolean> returned) {
        AtomicBoolean success = new AtomicBoolean();
        return callbacks.submit(
                "run",
                () -> {
                    body.accept(grant);
                    success.set(true);
                },
                () -> returned.accept(success.get()));
    }

    private void returned(Hold held, boolean success) {
        running = null;
        LastRun run = current;
        if (held != hold || run == null) {
            // It was lost meanwhile.
            if (!closed) {
                enter();
            }
            return;
        }
        hold = null;
        var unused = held.surrender();
        if (closed && !success) {
            turn.leave();
            return;
        }
        current = run.ending(kernel.time().wall(), success);
        phase = Phase.ENDING;
        step();
    }

    private void storeEnd() {
        LastRun end = current;
        if (end == null) {
            return;
        }
        Commit.Builder commit =
                ifFirst().ifModRevision(LastRun.NAME, known.modRevision()).put(LastRun.NAME, end.encode());
        requests.commitOrPause(commit, outcome -> {
            if (phase == Phase.ENDING) {
                // After a conflict an earlier copy was applied, or the place or the entry is gone.
                requests.calm();
                giveBack();
            }
        });
    }

    private void giveBack() {
        forget();
        if (closed) {
            turn.leave();
        } else {
            queue();
            turn.rollOver();
        }
    }

    private void forget() {
        phase = Phase.QUEUED;
        planning++;
        plan = null;
        current = null;
        session = null;
        alarm.cancel();
        requests.forget();
    }

    /** The body gives up its protection; the place stays until it returns. */
    @Override
    public CompletableFuture<Void> takeBack(Hold released) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void lost(LossCause cause) {
        forget();
        Hold held = hold;
        hold = null;
        if (held != null) {
            held.lose(cause);
        }
        if (closed || running != null) {
            turn.leave(); // It enters again when the body has returned.
        } else {
            enter();
        }
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            scope.retrying("run", why);
        }
    }

    /** Leaves; completes when the store has no entry of this node and no callback runs, inside a callback at once. */
    CompletableFuture<Void> end() {
        return end(null);
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        return end(LossCause.SERENO_CLOSED);
    }

    private CompletableFuture<Void> end(@Nullable LossCause cause) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        scope.client().closed(this);
        strand.execute(() -> {
            closed = true;
            if (queues) {
                queues = false;
                NotGranted reason = cause == null ? NotGranted.WITHDRAWN : NotGranted.CLOSED;
                kernel.events().gaveUp(RECIPE, scope.name(), reason, queuesSince);
            }
            if (cause != null) {
                Hold held = hold;
                hold = null;
                forget();
                if (held != null) {
                    held.lose(cause);
                }
                turn.abandon();
                gone.complete(null);
                return;
            }
            turn.whenGone(null, gone);
            if (phase != Phase.RUNNING && phase != Phase.ENDING) {
                forget();
                turn.leave();
            }
        });
        CompletableFuture<Void> quiet = callbacks.close();
        return Interruptible.runsHere()
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.allOf(gone, quiet);
    }
}
