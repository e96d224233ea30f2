package io.sereno.spring.integration;

import static java.util.Objects.requireNonNull;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Sereno;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
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
 * interrupted when the leadership ends, and {@code onRevoked} is called when it has returned. If it throws, the
 * leadership is handed over, and the candidate stands again at the tail.
 *
 * <p><b>Not guaranteed.</b> That endpoints in other threads stop before another process leads after a loss: let the
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

    /** Null unless running. Changed under the lock of the life cycle. */
    private volatile @Nullable LeaderElection election;

    /** Held while a listener or the candidate is told of something; not while {@code onGranted} runs. */
    private final ReentrantLock telling = new ReentrantLock();

    /** Changed under the lock of telling. */
    private volatile Term term = Term.NONE;

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
                LeaderElection made = sereno.election(candidate.getRole())
                        .metadata(Map.of("id", candidate.getId()))
                        .onElectedLeader((leadership, topology) -> grant())
                        .onElectedFollower(topology -> revoke());
                election = made; // before a callback can ask for it
                made.start();
            }
        } finally {
            lifecycle.unlock();
        }
    }

    /** Revokes the leadership and leaves the election. Waits for the candidate and for the store, 5 s at most for each. */
    @Override
    public void stop() {
        lifecycle.lock();
        try {
            LeaderElection running = election;
            if (running != null) {
                try {
                    if (term == Term.GRANTED) {
                        revoke();
                    }
                } finally {
                    running.close();
                    election = null;
                    revoke(); // of a leadership that came in between, or whose worker the close has interrupted
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

    private void grant() {
        tell(() -> term = Term.BEGINS);
        try {
            candidate.onGranted(context);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the leadership has ended; the revocation follows
            return;
        } catch (RuntimeException e) {
            handOver();
            throw e;
        }
        tell(() -> {
            if (term == Term.BEGINS) {
                term = Term.GRANTED;
                publish("OnGrantedEvent", () -> events.publishOnGranted(this, context, candidate.getRole()));
            }
        });
    }

    /** Tells the candidate once that it no longer leads, if it was told that it does. */
    private void revoke() {
        tell(() -> {
            Term before = term;
            if (before == Term.NONE) {
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
        });
    }

    private void tell(Runnable news) {
        telling.lock();
        try {
            news.run();
        } finally {
            telling.unlock();
        }
    }

    private void handOver() {
        LeaderElection running = election;
        if (running != null && running.state() != LeaderElection.State.CLOSED) {
            running.resign();
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
            if (term == Term.GRANTED && isLeader()) {
                revoke();
            }
            handOver();
        }

        @Override
        public String toString() {
            return "Context[role=" + candidate.getRole() + ", leader=" + isLeader() + "]";
        }
    }
}
