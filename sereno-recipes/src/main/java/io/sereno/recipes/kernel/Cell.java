package io.sereno.recipes.kernel;

import io.sereno.UnreadableEntryException;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One entry that many clients change, as seen by one client, whose callers' changes it applies. Each change is applied
 * exactly once, or its caller is notified that the outcome is unknown. Changes requested while a commit is under way go
 * into the next commit together.
 *
 * <p>Stored: the entry, from the first change until somebody deletes it; and the {@link OpRecord}, for as long as this client changes the entry.
 *
 * <p>Invariant: a caller gets only results that were true at a moment after its call began, from a state that was
 * committed or read after that.
 *
 * <ol>
 *   <li><b>Take</b> the requested changes, in the order of arrival: the batch. One batch is under way at a time.
 *   <li><b>Apply</b> the changes one after another to the state that the last commit or read showed. A change that cannot be applied fails alone.
 *   <li>If nothing changes: <b>read</b>, and apply again, so that no caller is answered from an old state.
 *   <li>If the entry is missing: <b>create</b> it with the initial state. That equals no entry, so no caller can see
 *       it.
 *   <li><b>Commit</b> under the entry's modRevision. If another client changed it first, go back to step 2 with the new state, for as long as
 *       it takes; what was requested meanwhile joins the batch.
 *   <li>If a caller's <b>time is up</b>, it is notified that nothing was changed; or that the outcome is unknown, if
 *       the commit with its change is under way.
 *   <li><b>Rest</b>: after a time without changes the record is removed, and nothing is kept here.
 * </ol>
 *
 * <p>All but {@link #ask}, {@link #attend}, {@link #isAsked} and {@link #close} is confined to the strand.
 */
final class Cell<S> {
    private record Known<S>(S state, long incarnation, long modRevision) {}

    /** The number of commits after a conflict that also ask for the state behind them, since more conflicts are to be expected. */
    private static final int WARY = 8;

    private final Kernel kernel;
    private final Sessions sessions;
    private final TimeSource time;
    private final Query.One entry;
    private final String directory;
    private final String name;
    private final Cells.Format<S> format;
    private final BiConsumer<Query.One, Cell<S>> onRest;
    private final Errors errors;
    private final Strand strand = new Strand();
    private final Requests requests;
    private final OpRecord opRecord;
    private final Receipt creation;
    private final Runnable begin = this::begin;

    private final Queue<Change<S, ?>> asked = new ConcurrentLinkedQueue<>();
    /** Whether a step that takes the requested changes is certain to follow. */
    private final AtomicBoolean due = new AtomicBoolean();

    private final CompletionQueue answers;

    // Confined to the strand.
    private boolean resting = true;
    private final List<Change<S, ?>> batch = new ArrayList<>();
    private @Nullable Known<S> known;
    /** Whether {@code known} was committed or read after the batch had been taken. */
    private boolean fresh;
    /** The modRevision under which a commit of the batch met a conflict; 0 for none. */
    private long overtakenAt;

    private int wary;
    private boolean closed;
    private long membership;
    private long newestDeadline;
    private final Timer tick = new Timer();

    /** {@code onRest} is called with the entry when nothing is kept here any more. A later request wakes the cell again. */
    Cell(
            Sessions sessions,
            Errors errors,
            Query.One entry,
            Cells.Format<S> format,
            BiConsumer<Query.One, Cell<S>> onRest) {
        this.kernel = sessions.kernel();
        this.sessions = sessions;
        this.errors = errors;
        this.time = kernel.time();
        this.entry = entry;
        this.directory = entry.directory();
        this.name = entry.name();
        this.format = format;
        this.onRest = onRest;
        this.requests = new Requests(kernel, strand, directory, new Failures(), this::step);
        this.opRecord = new OpRecord(requests, name);
        this.creation = new Receipt(requests);
        this.answers = new CompletionQueue(kernel, this::wakeIfAsked);
    }

    /** Queues a change; must be followed by {@link #attend}. */
    void ask(Change<S, ?> change) {
        asked.add(change);
    }

    boolean isAsked() {
        return !asked.isEmpty();
    }

    /** Makes sure that the change is processed. */
    void attend(Change<S, ?> change) {
        // A public change need not be started here while results are about to be reported: the reporting thread starts
        // it first.
        if (!change.isPublic() || !answers.areDue()) {
            wake();
        }
    }

    /** As above, and ends the change by a deadline that is before the change's own. */
    void attend(Change<S, ?> change, long deadline) {
        attend(change);
        TimedWait<Void> wait = new TimedWait<>(kernel, strand);
        wait.limit(kernel.until(deadline), () -> {
            boolean sent = opRecord.isChangeUnderWay() && batch.contains(change);
            timeOut(change, sent);
            if (!sent) {
                batch.remove(change);
                asked.remove(change);
            }
        });
        var unused = change.whenComplete((result, failure) -> wait.end());
    }

    private void wake() {
        if (!due.get() && due.compareAndSet(false, true)) {
            strand.execute(begin);
        }
    }

    private void wakeIfAsked() {
        if (isAsked()) {
            wake();
        }
    }

    /** Ends the operations that are under way. Everything in the store besides the entry is removed with the session. */
    void close() {
        strand.execute(() -> {
            closed = true;
            boolean sent = opRecord.isChangeUnderWay();
            batch.forEach(change -> fail(
                    change,
                    sent ? errors.outcomeUnknown(change.operation(), null) : errors.closed(change.operation())));
            batch.clear();
            refuseAll();
            forgetAll();
        });
    }

    private void begin() {
        if (closed) {
            refuseAll();
            return;
        }
        if (resting) {
            resting = false;
            // A change under way detects the end of its session by itself, and a later one begins under the next
            // session.
            membership = sessions.join(strand, this::step, session -> opRecord.uses(session) || creation.uses(session));
        }
        Change<S, ?> first = asked.peek();
        if (first != null) {
            tickBy(first.deadline());
        }
        step();
    }

    private void refuseAll() {
        due.set(false);
        for (Change<S, ?> change = asked.poll(); change != null; change = asked.poll()) {
            fail(change, errors.closed(change.operation()));
        }
    }

    /** Takes the next step, as long as a step can be taken now. */
    private void step() {
        boolean more = true;
        while (more && !closed && requests.isIdle()) {
            more = advance();
        }
    }

    private boolean advance() {
        if (opRecord.isChangeUnderWay()) {
            opRecord.step();
            return true;
        }
        if (creation.canSettle()) {
            creation.settle();
            return true;
        }
        creation.forget();
        if (batch.isEmpty()) {
            take();
        }
        Known<S> base = known;
        if (batch.isEmpty()) {
            return false;
        }
        if (base == null) {
            read();
            return true;
        }
        boolean alone = batch.get(0).isAlone();
        if (alone && overtakenAt != 0 && overtakenAt == base.modRevision()) {
            // The entry has not changed, so the other condition did not hold.
            batch.get(0).fail(batch.get(0).refused());
            answer(0);
            return true;
        }
        S next = apply(base);
        boolean failed = alone && batch.get(0).hasFailed();
        if (failed || (!alone && next.equals(base.state()))) {
            if (fresh) {
                answer(0);
            } else {
                read();
            }
        } else {
            Session under = sessions.current();
            if (under == null) {
                return false; // The opening of the next session calls step() again.
            }
            if (base.modRevision() == 0) {
                create(under);
            } else {
                commit(base, next, under);
            }
        }
        return true;
    }

    // Step 1.
    private void take() {
        // Before the queue is looked at: a later request schedules a step of its own.
        due.set(false);
        Change<S, ?> first = asked.peek();
        for (Change<S, ?> next = first; next != null; next = asked.peek()) {
            if (next.isAlone() && !batch.isEmpty()) {
                break;
            }
            batch.add(next);
            asked.remove();
            newestDeadline = next.deadline();
            if (next.isAlone()) {
                break;
            }
        }
        if (first != null) {
            fresh = false;
            overtakenAt = 0;
        }
    }

    // Step 5, after a conflict. New changes join only then, so the batch is answered after one read at most.
    private void takeMore() {
        if (batch.isEmpty() || batch.get(0).isAlone()) {
            return;
        }
        for (Change<S, ?> next = asked.peek(); next != null && !next.isAlone(); next = asked.peek()) {
            batch.add(next);
            asked.remove();
            newestDeadline = next.deadline();
            fresh = false;
        }
    }

    // Step 2.
    private S apply(Known<S> base) {
        S state = base.state();
        for (Change<S, ?> change : batch) {
            state = change.applyTo(state, base.incarnation());
        }
        return state;
    }

    // Step 3.
    private void read() {
        requests.read(name, this::learn);
    }

    private void learn(Snapshot snapshot) {
        Entry entry = View.first(snapshot);
        if (entry == null) {
            known = new Known<>(format.initial(), 0, 0);
        } else {
            try {
                known = new Known<>(format.decode(entry.value()), entry.createRevision(), entry.modRevision());
            } catch (UnreadableEntryException unreadable) {
                batch.forEach(change -> fail(change, Quote.again(unreadable)));
                batch.clear();
            }
        }
        fresh = true;
    }

    // Step 4.
    private void create(Session under) {
        known = null;
        Commit.Builder commit = Commit.to(directory).ifAbsent(name).put(name, format.encode(format.initial()));
        String record = opRecord.create(commit, under);
        creation.send(under, record, Receipt.Evidence.mark(record), commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                opRecord.created();
                known = new Known<>(format.initial(), outcome.revision(), outcome.revision());
            } else if (outcome.kind() == Outcome.Kind.NOT_APPLIED) {
                opRecord.dropName(); // It may be withdrawn.
            }
        });
    }

    // Step 5.
    private void commit(Known<S> base, S next, Session under) {
        Commit.Builder commit =
                Commit.to(directory).ifModRevision(name, base.modRevision()).put(name, format.encode(next));
        if (wary > 0) {
            commit.returningOne(name);
        }
        if (batch.get(0).isAlone()) {
            batch.get(0).write(commit, under, base.incarnation());
        }
        opRecord.commit(under, commit, base.incarnation(), result -> {
            if (result instanceof OpRecord.Applied applied) {
                applied(base, next, applied);
            } else if (result instanceof OpRecord.Overtaken overtaken) {
                batch.removeIf(Change::isEnded);
                wary = WARY;
                overtakenAt = base.modRevision();
                known = null;
                if (overtaken.snapshot() != null) {
                    learn(overtaken.snapshot());
                }
                takeMore();
            } else if (result instanceof OpRecord.Refused refused) {
                batch.removeIf(Change::isEnded);
                requests.pause(refused.why());
            } else if (result instanceof OpRecord.Unknown unknown) {
                known = null;
                failBatch(unknown.why(), true);
            }
        });
    }

    private void applied(Known<S> base, S next, OpRecord.Applied applied) {
        requests.calm();
        wary = Math.max(0, wary - 1);
        known = new Known<>(next, base.incarnation(), applied.revision());
        answer(applied.revision());
        if (applied.snapshot() != null) {
            learn(applied.snapshot());
        }
    }

    private void answer(long revision) {
        for (Change<S, ?> change : batch) {
            if (!change.isEnded()) {
                change.appliedAt(revision);
                end(change);
            } else if (revision != 0) {
                change.appliedLate(revision);
            }
        }
        batch.clear();
    }

    private void failBatch(@Nullable BackendException why, boolean sent) {
        batch.forEach(change -> fail(change, failure(change, why, sent)));
        batch.clear();
    }

    private RuntimeException failure(Change<S, ?> change, @Nullable BackendException why, boolean sent) {
        return sent ? errors.outcomeUnknown(change.operation(), why) : errors.notApplied(change.operation(), why);
    }

    private void fail(Change<S, ?> change, RuntimeException failure) {
        if (!change.isEnded()) {
            change.fail(failure);
            end(change);
        }
    }

    private void end(Change<S, ?> change) {
        change.end();
        if (change.isPublic()) {
            answers.add(change);
        } else {
            change.report();
        }
    }

    /** Deadlines are in the order of the calls, so a tick that is already scheduled is early enough. */
    private void tickBy(long when) {
        if (!tick.isSet()) {
            tick.set(time, kernel.until(when), strand, this::tick);
        }
    }

    // Step 6.
    private void tick() {
        if (closed) {
            return;
        }
        long now = time.nanoTime();
        boolean sent = opRecord.isChangeUnderWay();
        for (Change<S, ?> change : batch) {
            if (change.deadline() - now <= 0) {
                timeOut(change, sent);
            }
        }
        if (!sent) {
            batch.removeIf(Change::isEnded);
        }
        // As in take(): if the last change is gone, nothing else would process the next request.
        due.set(false);
        Change<S, ?> next = asked.peek();
        for (; next != null && next.deadline() - now <= 0; next = asked.peek()) {
            newestDeadline = next.deadline();
            asked.remove();
            timeOut(next, false);
        }
        for (Change<S, ?> change : batch) {
            if (!change.isEnded()) {
                tickBy(change.deadline());
                return;
            }
        }
        if (next != null) {
            tickBy(next.deadline());
        } else if (newestDeadline - now > 0) {
            tickBy(newestDeadline);
        } else if (!batch.isEmpty() || !requests.isIdle() || creation.isOpen()) {
            tickBy(now + kernel.store().limit().toNanos());
        } else {
            rest();
        }
    }

    private void timeOut(Change<S, ?> change, boolean sent) {
        fail(change, failure(change, sessions.failure(requests.failure()), sent));
    }

    // Step 7.
    private void rest() {
        opRecord.remove(() -> {
            boolean askedSince = tick.isSet();
            if (!askedSince && !closed) {
                forgetAll();
            }
        });
    }

    private void forgetAll() {
        opRecord.forget();
        creation.forget();
        requests.forget();
        known = null;
        wary = 0;
        tick.cancel();
        if (!resting) {
            resting = true;
            sessions.leave(membership);
        }
        onRest.accept(entry, this);
    }

    /** Callers learn of failures when their time is up. */
    private final class Failures implements Requests.OnFailure {
        @Override
        public void failed(BackendException why, boolean first) {}

        @Override
        public boolean givesUp(BackendException permanent) {
            boolean isUnknown = opRecord.isChangeUnderWay() || creation.isOpen();
            if (!isUnknown) {
                failBatch(permanent, false);
            }
            return !isUnknown;
        }
    }
}
