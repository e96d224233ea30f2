package io.sereno.spring;

import static java.util.Objects.requireNonNull;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Sereno;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one candidate of this process in an election, and the methods that run while it leads. Methods of two leaderships
 * never run at the same time.
 */
final class Candidacy {
    /** How long a stop waits for methods, as long as {@link LeaderElection#close()} waits for a callback. */
    private static final long PATIENCE_SECONDS = 5;

    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    // All of these are guarded by the lock.
    private @Nullable LeaderElection election;
    private @Nullable ElectedMethod elected;
    private @Nullable Tenure tenure;
    private boolean stopping;

    Candidacy(String name) {
        this.name = name;
    }

    /** Sets the method that is called when a leadership begins. */
    void elected(ElectedMethod method) {
        lock.lock();
        try {
            if (elected != null) {
                throw new IllegalStateException("@OnElected(\"" + name + "\") is on " + elected + " and on " + method
                        + "; one method for each election is accepted");
            }
            if (election != null) {
                throw new IllegalStateException("@OnElected(\"" + name + "\") on " + method
                        + ": its bean was made after the application had started; a bean that is not lazy is accepted");
            }
            elected = method;
        } finally {
            lock.unlock();
        }
    }

    void start(Sereno sereno) {
        lock.lock();
        try {
            stopping = false;
            tenure = null;
            election = sereno.election(name).onElectedLeader((leadership, topology) -> lead(leadership));
            election.start();
        } finally {
            lock.unlock();
        }
    }

    private void lead(Leadership leadership) {
        ElectedMethod method;
        Tenure.Run run;
        try {
            lock.lockInterruptibly();
            try {
                method = elected;
                while (method != null && isBusyBefore(leadership)) {
                    ended.await();
                }
                if (method == null || stopping) {
                    return;
                }
                run = under(leadership).begin();
            } finally {
                lock.unlock();
            }
        } catch (InterruptedException e) {
            return; // the leadership ended, or the candidate was closed
        }
        try {
            method.call(leadership);
        } catch (InterruptedException e) {
            if (leadership.isHeld()) {
                throw new IllegalStateException(method + " was interrupted while this process leads", e);
            }
        } finally {
            end(run);
        }
    }

    /** A method of another leadership still runs. */
    private boolean isBusyBefore(Leadership leadership) {
        return tenure != null && tenure.grant().fencingToken() != leadership.fencingToken() && tenure.isBusy();
    }

    private Tenure under(Leadership leadership) {
        if (tenure == null || tenure.grant().fencingToken() != leadership.fencingToken()) {
            tenure = new Tenure(Tenure.Recipe.ELECTION, name, leadership);
        }
        return tenure;
    }

    /** Null if this process does not lead, stops, or still runs a method of an earlier leadership. Does not wait. */
    Tenure.@Nullable Run begin() {
        lock.lock();
        try {
            Optional<Leadership> leadership = election == null || stopping ? Optional.empty() : election.leadership();
            return leadership.isEmpty() || isBusyBefore(leadership.get())
                    ? null
                    : under(leadership.get()).begin();
        } finally {
            lock.unlock();
        }
    }

    void end(Tenure.Run run) {
        run.close();
        lock.lock();
        try {
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts what runs, and lets nothing begin. Does not wait. */
    void beginStop() {
        lock.lock();
        try {
            stopping = true;
            if (tenure != null) {
                tenure.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for what runs, then leaves the election. */
    void endStop() {
        LeaderElection left;
        lock.lock();
        try {
            long nanos = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            boolean inside = Tenure.of(Tenure.Recipe.ELECTION, name).isPresent();
            while (!inside && nanos > 0 && tenure != null && tenure.isBusy()) {
                nanos = ended.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            left = requireNonNull(election);
            election = null;
            lock.unlock();
        }
        left.close();
    }
}
