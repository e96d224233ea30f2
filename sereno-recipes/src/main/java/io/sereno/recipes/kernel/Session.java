package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One lease of this client, and how long it may still be trusted.
 *
 * <p>Stored: the <em>marker</em>, an entry of directory {@code session} named by the session's id, under the lease. If the marker is gone, the
 * session ends, whatever renewals say: some stores acknowledge renewals of leases that they have already revoked.
 *
 * <p>Invariant: {@link #isAlive} is false before the store may give the lease's entries away. The session is trusted until <em>send time of the
 * last counted renewal + ttl - margin</em>, and a renewal counts only when a check of the marker, sent after its acknowledgement, holds.
 *
 * <ol>
 *   <li>Every third of the ttl, renew.
 *   <li>When the renewal is acknowledged, check the marker by createRevision. If the check holds, the deadline moves, counted from the sending of
 *       the renewal.
 *   <li>An attempt that fails, or is not complete after a sixth of the ttl, only makes the session suspended; the next attempt follows. So silence
 *       is reported half a ttl after the last renewal at the latest, and each third of a ttl has two attempts.
 *   <li>The session ends for good when the store says that lease or marker are gone, or when the deadline passes. If the store says so, the cause
 *       is open ({@link EndedSessions}): the store may have gone back to a state before the session.
 *   <li>A notice about the marker leads to a look at it. If the look fails, a renewal follows soon, with its check.
 *   <li>Full: each withdrawn name is an entry that stays until the end of the session. When there are more than {@value #MOST_WITHDRAWN}, another
 *       session succeeds this one, and this one ends when nothing under it is used any more.
 * </ol>
 *
 * <p>{@link #isAlive}, {@link #isRetired}, {@link #remaining} and what concerns names are for every thread; all else is confined to the strand of
 * {@link Sessions}.
 */
public final class Session {
    /** The number of letters and digits in the id of every session; the names of places begin with that id. */
    static final int ID_LENGTH = 11;

    private static final long LEAST_MARGIN_NANOS = Duration.ofMillis(50).toNanos();
    static final int MOST_WITHDRAWN = 1_000;

    /** Is notified of what happens to the session. */
    interface Keeper {
        void renewed(Session session);

        void suspended(Session session, BackendException why);

        /** So many names are withdrawn that new entries need another session. Called again for each further withdrawn name. */
        void full(Session session);

        void ended(Session session);

        /** The store has ended the session; its cause is to be known within this limit ({@link #decide}). */
        void endedByStore(Session session, Duration limit);
    }

    private record Belief(long deadline) {}

    private final Kernel kernel;
    private final Strand strand;
    private final Keeper keeper;
    private final String directory;
    private final String id;
    private final Lease lease;
    private final long third;
    private final long sixth;
    private final long credit;
    private final RearmingWatch watch;
    private final Backoff backoff;
    private final AtomicLong names = new AtomicLong();
    /** The names of places that a turn of this client puts or has put, until it rests. */
    private final Set<String> places = ConcurrentHashMap.newKeySet();

    /** How long the session is trusted; null, for good, once somebody has seen the deadline pass or the store has said that the session is gone. */
    private final AtomicReference<@Nullable Belief> belief;

    private volatile boolean suspended;
    private volatile boolean retired;
    private volatile LossCause lossCause = LossCause.SESSION_EXPIRED;

    private boolean ended;
    private long markerRevision;
    private int withdrawn;
    private @Nullable Renewal current;
    /** A look at the marker failed while a renewal was under way, whose check may have been made before. */
    private boolean unseen;

    private final Timer renewal = new Timer();
    private final Timer deadline = new Timer();

    Session(Kernel kernel, Strand strand, Keeper keeper, String directory, String id, Lease lease, long sentAt) {
        this.kernel = kernel;
        this.strand = strand;
        this.keeper = keeper;
        this.directory = directory;
        this.id = id;
        this.lease = lease;
        this.watch = new RearmingWatch(kernel, strand, new Target(directory, Optional.of(id)), this::lookAtMarker);
        this.backoff = kernel.backoff();
        long ttl = lease.ttl().toNanos();
        this.third = ttl / 3;
        this.sixth = ttl / 6;
        this.credit = ttl - Math.max(LEAST_MARGIN_NANOS, ttl / 20);
        this.belief = new AtomicReference<>(new Belief(sentAt + credit));
    }

    public String id() {
        return id;
    }

    public long leaseId() {
        return lease.id();
    }

    /** Reads the clock: becomes false without the help of a server, a timer or another thread, and stays false. */
    public boolean isAlive() {
        return isAlive(kernel.time().nanoTime());
    }

    /** As above; {@code now} is the clock, which the caller has read just before. */
    public boolean isAlive(long now) {
        return nanosLeft(now) > 0;
    }

    public Duration remaining() {
        return Duration.ofNanos(nanosLeft(kernel.time().nanoTime()));
    }

    /** Whether it is alive, its last renewal was acknowledged, and more than a third of the ttl remains. */
    public boolean isFresh() {
        return !suspended && nanosLeft(kernel.time().nanoTime()) > third;
    }

    /** The caller that sees the deadline pass makes this final, so that a renewal which counts a moment later changes nothing. */
    private long nanosLeft(long now) {
        while (true) {
            Belief believed = belief.get();
            if (believed == null) {
                return 0;
            }
            long left = believed.deadline() - now;
            if (left > 0) {
                return left;
            }
            if (belief.compareAndSet(believed, null)) {
                return 0;
            }
        }
    }

    Duration ttl() {
        return lease.ttl();
    }

    /** A name for an entry: short, unique, and never given out again. Used alone, the name is that of a {@link Place}. */
    public String nextName() {
        return id + "-" + Long.toString(names.incrementAndGet(), Character.MAX_RADIX);
    }

    /** A name for a place of a turn, until the turn has nothing in the store any more and calls {@link #forget}. */
    String nextPlace() {
        String name = nextName();
        places.add(name);
        return name;
    }

    void forget(Collection<String> names) {
        places.removeAll(names);
    }

    /**
     * Whether this session put a place that no turn knows any more: the place was put late, since somebody had removed the withdrawn entry that
     * kept it out. For entries of queues only.
     */
    boolean isStray(Entry place) {
        return place.name().startsWith(id + "-") && !places.contains(place.name());
    }

    /** The content of the marker: a card, and for operators the process and how long the session outlives it. */
    Bytes marker(Card card, Origin origin) {
        return card.encode("host " + origin.host() + "\npid " + origin.pid() + "\nttl "
                + lease.ttl().toMillis() + "\nversion " + origin.version() + "\n");
    }

    /** The marker exists: from here on the session depends on its renewals. */
    void start(long sentAt, long markerRevision) {
        this.markerRevision = markerRevision;
        armDeadline();
        renewAt(sentAt + third);
        watch.open();
    }

    // Step 6.
    /** One more name stays taken until this session ends. */
    public void withdrawn() {
        strand.execute(() -> {
            if (++withdrawn > MOST_WITHDRAWN && !ended && !retired) {
                keeper.full(this);
            }
        });
    }

    /** Another session has succeeded this one. */
    void retire() {
        retired = true;
    }

    /** Whether nothing new may be put under this session. Rights under it are still held, for as long as a member uses it. */
    public boolean isRetired() {
        return retired;
    }

    /**
     * Why holders lose what they hold under this session, once its members have been notified that it has ended; until
     * then, the likely cause.
     */
    public LossCause lossCause() {
        return lossCause;
    }

    /** Ends the session for good: everything held under it is lost. */
    void end() {
        end(LossCause.SESSION_EXPIRED);
    }

    void end(LossCause cause) {
        if (stop()) {
            lossCause = cause;
            keeper.ended(this);
        }
    }

    /** Ends soon: the store said that the lease is dead, or that the marker is gone. For every thread. */
    public void foundDead() {
        strand.execute(this::endByStore);
    }

    /** As {@link #end()}, but the store has ended it, for a cause that is open. */
    private void endByStore() {
        long left = nanosLeft(kernel.time().nanoTime());
        if (left == 0) {
            end();
        } else if (stop()) {
            keeper.endedByStore(this, Duration.ofNanos(Math.min(left, sixth)));
        }
    }

    /** The cause of an end that was open. */
    void decide(LossCause cause) {
        lossCause = cause;
    }

    private boolean stop() {
        if (ended) {
            return false;
        }
        ended = true;
        belief.set(null);
        current = null;
        renewal.cancel();
        deadline.cancel();
        watch.close();
        return true;
    }

    /** A revocation to be started when nobody uses the session any more. */
    Revocation revocation(Runnable then) {
        return new Revocation(kernel, strand, lease, then);
    }

    // Step 1.
    private void renewAt(long when) {
        renewal.set(kernel.time(), kernel.until(when), strand, () -> {
            if (!ended) {
                new Renewal().send();
            }
        });
    }

    // Step 4.
    private void armDeadline() {
        deadline.set(kernel.time(), remaining(), strand, () -> {
            if (!isAlive()) {
                end();
            } else {
                armDeadline();
            }
        });
    }

    /** Succeeds if the marker exists. If it is gone, so is everything under the session, and the session has ended. */
    public Commit.Builder checkOfMarker() {
        return Commit.to(directory).ifCreateRevision(id, markerRevision);
    }

    /** Also runs after each notice of a new connection: the store may have gone back before that connection. */
    private void lookAtMarker() {
        kernel.store().lookForDeleted(strand);
        kernel.store().commit(checkOfMarker().build(), strand, outcome -> {
            switch (outcome.kind()) {
                case CONFLICT -> endByStore();
                case NOT_APPLIED, UNKNOWN -> lookAgain();
                default -> {}
            }
        });
    }

    /** A failed look proves nothing. The check of a renewal does, and the next one would be sent up to a third of the ttl later. */
    private void lookAgain() {
        if (current != null) {
            unseen = true;
        } else if (!ended) {
            renewAt(kernel.time().nanoTime() + backoff.next().toNanos());
        }
    }

    /** One attempt. Its success counts whenever it comes; only the current attempt's failure leads to the next attempt. */
    private final class Renewal {
        private final long sentAt = kernel.time().nanoTime();
        private final Timer limit = new Timer();

        void send() {
            current = this;
            unseen = false;
            limit.set(kernel.time(), Duration.ofNanos(sixth), strand, () -> failed(null));
            kernel.store().renew(lease, strand, (alive, failure) -> {
                if (failure != null) {
                    failed(failure);
                } else if (Boolean.TRUE.equals(alive)) {
                    check();
                } else {
                    endByStore();
                }
            });
        }

        // Step 2.
        private void check() {
            kernel.store().commit(checkOfMarker().build(), strand, outcome -> {
                switch (outcome.kind()) {
                    case COMMITTED -> counts();
                    case CONFLICT, LEASE_DEAD -> endByStore();
                    case NOT_APPLIED, UNKNOWN -> failed(outcome.failure());
                }
            });
        }

        private void counts() {
            Belief now = belief.get();
            Belief renewed = new Belief(sentAt + credit);
            if (now == null || now.deadline() - kernel.time().nanoTime() <= 0) {
                end();
                return;
            }
            if (renewed.deadline() - now.deadline() > 0) {
                if (!belief.compareAndSet(now, renewed)) {
                    end(); // A caller has seen meanwhile that the session is over: it stays over.
                    return;
                }
                armDeadline();
            }
            suspended = false;
            if (current == this) {
                limit.cancel();
                current = null;
                backoff.reset();
                if (unseen) {
                    lookAgain();
                } else {
                    renewAt(sentAt + third);
                }
            }
            keeper.renewed(Session.this);
        }

        // Step 3.
        private void failed(@Nullable BackendException why) {
            if (current == this) {
                limit.cancel();
                current = null;
                suspended = true;
                keeper.suspended(Session.this, why != null ? why : silence());
                renewAt(kernel.time().nanoTime() + backoff.next().toNanos());
            }
        }

        private BackendException silence() {
            return new BackendException(
                    BackendException.Outcome.UNKNOWN,
                    false,
                    "a renewal was not acknowledged within a sixth of the ttl",
                    null);
        }
    }
}
