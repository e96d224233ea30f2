package io.sereno.spring.integration;

import static java.util.Objects.requireNonNull;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationEventPublisherAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.integration.leader.Candidate;
import org.springframework.integration.leader.Context;
import org.springframework.integration.leader.DefaultCandidate;
import org.springframework.integration.leader.event.DefaultLeaderEventPublisher;
import org.springframework.integration.leader.event.LeaderEventPublisher;

/**
 * Lets a {@link Candidate} stand for election in the role that it names, from the start of the application context to
 * its stop. Use it in the place of {@code LockRegistryLeaderInitiator} or of ZooKeeper's {@code LeaderInitiator}.
 *
 * <pre>{@code
 * @Bean
 * SerenoLeaderInitiator leaderInitiator(Sereno sereno, Candidate candidate) {
 *     return new SerenoLeaderInitiator(sereno, candidate);
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> Those of {@link LeaderElection}: one leader at a time, as the candidates see it, in the order of
 * candidacy. {@link Candidate#onGranted} and the {@code OnGrantedEvent} come when the store has granted the leadership,
 * {@link Candidate#onRevoked} and the {@code OnRevokedEvent} when it is lost or handed over: this class polls nothing,
 * and holds no thread while it waits or leads. Grants and revocations alternate. {@link Context#isLeader()} is false
 * from the loss on, even if the candidate has not been told yet. At {@link #stop()} and {@link Context#yield()} a
 * candidate whose {@code onGranted} has returned is told first, and the leadership is handed over after that.
 *
 * <p>{@code onGranted} may return at once, and the candidate remains the leader. If it does the work itself, it is
 * interrupted when the leadership ends, and {@code onRevoked} is called when it has returned; no event is published
 * then, unless it returns while it leads. If it throws, the leadership is handed over, and the candidate stands again at
 * the tail, after a pause of a second.
 *
 * <p><b>Not guaranteed.</b> That {@code onRevoked} waits for an {@code onGranted} that does not return within 5 s of
 * {@link #stop()}. That the candidate is told of a stop while a listener runs for longer than 5 s. That it is told if
 * the client is closed and this initiator is not stopped: stop it first, as the application context does. That endpoints in other threads stop before another process leads after a loss: let the
 * resource check {@link io.sereno.Grant#fencingToken()} of {@link #leadership()}. No
 * {@code OnFailedToAcquireMutexEvent} is published: a candidate that follows has not failed.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class SerenoLeaderInitiator implements SmartLifecycle, DisposableBean, ApplicationEventPublisherAware {
    private static final Logger LOG = System.getLogger(SerenoLeaderInitiator.class.getName());

    /** As of Spring's own initiators: after most beans have started, and before they stop. */
    private static final int PHASE = Integer.MAX_VALUE - 1000;

    private final Sereno sereno;
    private final Candidate candidate;
    private final Context context = new RoleContext();
    private final ReentrantLock lifecycle = new ReentrantLock();

    private volatile boolean autoStartup = true;
    private volatile int phase = PHASE;
    private volatile LeaderEventPublisher events = new DefaultLeaderEventPublisher();

    /** How long a stop waits for listeners. */
    private static final long PATIENCE_SECONDS = 5;

    /** How long a candidate that throws waits before it stands again, so that it does not write to the store in a loop. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Null unless running. Changed under the lock of the life cycle. */
    private volatile @Nullable LeaderElection election;

    /** Held while a listener or the candidate is told of something; not while {@code onGranted} runs. */
    private final ReentrantLock telling = new ReentrantLock();

    /** Changed under the lock of telling. */
    private volatile Term term = Term.NONE;

    /** The election of the term; guarded by the lock of telling. */
    private @Nullable LeaderElection termOf;

    /** What the candidate has been told of its leadership. */
    private enum Term {
        NONE,
        /** {@code onGranted} runs, or has thrown. */
        BEGINS,
        /** {@code onGranted} has returned, and the event was published. */
        GRANTED
    }

    /**
     * Makes an initiator whose candidate only logs, in the role {@code leader}: for applications that listen to the
     * events.
     *
     * @param sereno whose election it is; not closed by this initiator
     */
    public SerenoLeaderInitiator(Sereno sereno) {
        this(sereno, new DefaultCandidate());
    }

    /**
     * Makes an initiator. Does no I/O.
     *
     * @param sereno whose election it is; not closed by this initiator
     * @param candidate its role is the name of the election, and its id is in the metadata that others see, under
     *     {@code id}
     */
    public SerenoLeaderInitiator(Sereno sereno, Candidate candidate) {
        this.sereno = requireNonNull(sereno, "sereno");
        this.candidate = requireNonNull(candidate, "candidate");
    }

    /**
     * Sets what publishes the events. Default: the application context.
     *
     * @param publisher called in the threads of the callbacks; may block
     */
    public void setLeaderEventPublisher(LeaderEventPublisher publisher) {
        this.events = requireNonNull(publisher, "publisher");
    }

    @Override
    public void setApplicationEventPublisher(ApplicationEventPublisher publisher) {
        if (events instanceof DefaultLeaderEventPublisher usual) {
            usual.setApplicationEventPublisher(publisher);
        }
    }

    /**
     * Sets whether the application context starts this initiator. Default true.
     *
     * @param autoStartup false if the application calls {@link #start()}
     */
    public void setAutoStartup(boolean autoStartup) {
        this.autoStartup = autoStartup;
    }

    @Override
    public boolean isAutoStartup() {
        return autoStartup;
    }

    /**
     * Sets the phase in which the application context starts and stops this initiator. Default
     * {@code Integer.MAX_VALUE - 1000}.
     *
     * @param phase greater phases start later and stop earlier
     */
    public void setPhase(int phase) {
        this.phase = phase;
    }

    @Override
    public int getPhase() {
        return phase;
    }

    /**
     * The context that the candidate is given.
     *
     * @return always the same object
     */
    public Context getContext() {
        return context;
    }

    /**
     * The right to lead, with its fencing token and the signal of its loss. Does no I/O.
     *
     * @return empty if this candidate does not lead
     */
    public Optional<Leadership> leadership() {
        LeaderElection running = election;
        return running == null || running.state() == LeaderElection.State.CLOSED
                ? Optional.empty()
                : running.leadership();
    }

    @Override
    public boolean isRunning() {
        return election != null;
    }

    /** Stands for election. Returns at once; does nothing if it is running. */
    @Override
    public void start() {
        lifecycle.lock();
        try {
            if (election == null) {
                AtomicReference<LeaderElection> self = new AtomicReference<>();
                LeaderElection made = sereno.election(candidate.getRole())
                        .metadata(Map.of("id", candidate.getId()))
                        .onElectedLeader((leadership, topology) -> grant(requireNonNull(self.get())))
                        .onElectedFollower(topology -> revoke(requireNonNull(self.get())));
                self.set(made);
                election = made; // before a callback can ask for it
                try {
                    made.start();
                } catch (RuntimeException e) {
                    election = null;
                    throw e;
                }
            }
        } finally {
            lifecycle.unlock();
        }
    }

    /** Revokes the leadership and leaves the election. Waits for the candidate and for the store, 5 s at most for each. */
    @Override
    public void stop() {
        if (!isObtained(lifecycle, PATIENCE_SECONDS)) {
            return; // another thread stops it, and may wait for this one
        }
        try {
            LeaderElection running = election;
            if (running != null) {
                long patience = PATIENCE_SECONDS;
                try {
                    if (term == Term.GRANTED && !toldOfStop(running, patience)) {
                        patience = 0; // that was enough
                    }
                } finally {
                    running.close();
                    election = null;
                    // Of a leadership that came in between, or whose worker the close has interrupted.
                    if (!toldOfStop(running, patience)) {
                        LOG.log(
                                Level.WARNING,
                                "stopped while a listener was busy; the listeners are told when it returns");
                    }
                }
            }
        } finally {
            lifecycle.unlock();
        }
    }

    @Override
    public void destroy() {
        stop();
    }

    private boolean toldOfStop(LeaderElection stopped, long patienceSeconds) {
        if (!isObtained(telling, patienceSeconds)) {
            return false;
        }
        try {
            endTerm(stopped);
        } finally {
            telling.unlock();
        }
        return true;
    }

    /** False if another thread has it for longer, or this one is interrupted while it waits. */
    private static boolean isObtained(ReentrantLock lock, long patienceSeconds) {
        try {
            return lock.tryLock() || lock.tryLock(patienceSeconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void grant(LeaderElection made) {
        tell(() -> {
            if (election == made) {
                term = Term.BEGINS;
                termOf = made;
            }
        });
        if (election != made) {
            return; // stopped before the callback began
        }
        try {
            candidate.onGranted(context);
        } catch (Throwable e) {
            boolean led = leads(made);
            giveUp(made, led);
            if (e instanceof InterruptedException && !led) {
                return; // the loss interrupted it
            }
            if (e instanceof Error error) {
                throw error;
            }
            throw e instanceof RuntimeException thrown ? thrown : new IllegalStateException(e);
        }
        tell(() -> {
            if (term == Term.BEGINS && leads(made)) {
                term = Term.GRANTED;
                publish("OnGrantedEvent", () -> events.publishOnGranted(this, context, candidate.getRole()));
            }
        });
        if (!leads(made)) {
            revoke(made); // no other callback may come for a while
        }
    }

    /** {@code onGranted} has thrown. */
    private void giveUp(LeaderElection made, boolean led) {
        handOver(made);
        revoke(made);
        if (led) {
            pause(made);
        }
    }

    /** By the clock of the client. Ends early if the election or the client is closed. */
    private static void pause(LeaderElection made) {
        try {
            // The candidate enrols again only when this callback has returned, so no leadership ends the wait.
            var unused = made.awaitLeadership(PAUSE);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt(); // the callback ends here anyway
        } catch (NotAppliedException | SerenoClosedException | IllegalStateException over) {
            LOG.log(Level.DEBUG, "the pause after a failure of onGranted is over", over);
        }
    }

    /** Tells the candidate once that it no longer leads, if it was told that it does. */
    private void revoke(LeaderElection made) {
        tell(() -> endTerm(made));
    }

    /** Under the lock of telling. */
    private void endTerm(LeaderElection made) {
        Term before = term;
        if (before == Term.NONE || termOf != made) {
            return;
        }
        term = Term.NONE;
        try {
            candidate.onRevoked(context);
        } finally {
            if (before == Term.GRANTED) {
                publish("OnRevokedEvent", () -> events.publishOnRevoked(this, context, candidate.getRole()));
            }
        }
    }

    private void tell(Runnable news) {
        telling.lock();
        try {
            news.run();
        } finally {
            telling.unlock();
        }
    }

    private boolean leads(LeaderElection made) {
        return election == made && leadership().isPresent();
    }

    private static void handOver(LeaderElection made) {
        if (made.state() != LeaderElection.State.CLOSED) {
            made.resign();
        }
    }

    /** A listener that throws keeps the candidate from nothing. */
    private static void publish(String event, Runnable publication) {
        try {
            publication.run();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "publishing " + event + " failed", e);
        }
    }

    @Override
    public String toString() {
        return "SerenoLeaderInitiator[" + candidate.getRole() + "]";
    }

    private final class RoleContext implements Context {
        @Override
        public boolean isLeader() {
            return term != Term.NONE && leadership().isPresent();
        }

        @Override
        public String getRole() {
            return candidate.getRole();
        }

        @Override
        public void yield() {
            LeaderElection running = election;
            if (running == null) {
                return;
            }
            if (term == Term.GRANTED && isLeader()) {
                revoke(running);
            }
            handOver(running);
            tell(
                    () -> { // a term that began in between; one whose onGranted runs is ended when that has returned
                        if (term == Term.GRANTED && !leads(running)) {
                            endTerm(running);
                        }
                    });
        }

        @Override
        public String toString() {
            return "Context[role=" + candidate.getRole() + ", leader=" + isLeader() + "]";
        }
    }
}
