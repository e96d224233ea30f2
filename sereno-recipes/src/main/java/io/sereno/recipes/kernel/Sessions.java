package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import io.sereno.SessionState;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one client, one after another: opens the first, and after the end of each the next, until it is closed.
 *
 * <ol>
 *   <li>Read the clock, then ask for a lease.
 *   <li>Put the marker under the lease. If that is committed, the session is open. Otherwise the lease is revoked and never used again, and a new
 *       one is granted after a pause, so an unknown outcome of the marker need not be settled.
 *   <li>At the end of a session a {@link Revocation} gives the lease back; otherwise the next session's entries would
 *       queue behind the dead ones of this session. Then step 1. Members are notified of the end as soon as its cause
 *       is known ({@link EndedSessions}), and before they are notified of the next session.
 *   <li>A session that is {@linkplain Session full} goes on, retired, beside its successor: rights under it stay held. It ends when none of its
 *       members uses it.
 * </ol>
 */
public final class Sessions {
    /**
     * Is notified of sessions while it is joined. Called on the strand of the sessions: must hand over to its own
     * strand and return.
     */
    public interface Member {
        default void opened(Session session) {}

        default void ended(Session session) {}

        /** There is no session, and the last attempt to open one failed with this exception. */
        default void failed(BackendException why) {}

        /** The session is open, and a third of its ttl has passed. */
        default void renewed(Session session) {}

        /** The session is open, and its renewals are not acknowledged. */
        default void suspended(Session session) {}

        /**
         * Whether something would be lost if the session ended now: an entry under it, or a request under it with an unknown outcome. For every
         * thread.
         */
        boolean uses(Session session);
    }

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Kernel kernel;
    private final String directory;
    private final Duration ttl;
    private final BiConsumer<SessionState, String> onState;
    private final Strand strand = new Strand();
    /** By number, not a set of identities: so that the same run under a manual clock calls them in the same order. */
    private final Map<Long, Member> members = new ConcurrentHashMap<>();

    private final AtomicLong memberNumbers = new AtomicLong();
    private final CompletableFuture<Void> closing = new CompletableFuture<>();

    /** Sessions that have a successor and are still used. Confined to the strand. */
    private final List<Retired> retired = new ArrayList<>();

    private final EndedSessions undecided;

    private volatile @Nullable Session current;
    private volatile SessionState state = SessionState.SUSPENDED;
    private volatile @Nullable BackendException failure;

    // Confined to the strand.
    private boolean opened;
    /** Whether a session was open, or the log says that none could be opened. If so, the next opening is logged. */
    private boolean noted;

    private boolean closed;
    /** When the caller of close() wants to be done, by the clock. */
    private long closeBy;

    /** A session is being opened; false during a pause. */
    private boolean opening;

    private boolean pausing;
    private final Set<Revocation> revocations = new LinkedHashSet<>();
    private @Nullable Backoff backoff;
    private final Timer retry = new Timer();

    Sessions(Kernel kernel, String directory, Duration ttl, BiConsumer<SessionState, String> onState) {
        this.kernel = kernel;
        this.directory = directory;
        this.ttl = ttl;
        this.onState = onState;
        this.undecided = new EndedSessions(kernel, strand, this::decided);
    }

    /** Idempotent. */
    public void open() {
        strand.execute(() -> {
            if (!opened && !closed) {
                opened = true;
                openNext();
            }
        });
    }

    /** The session to put entries under; null while there is none. */
    public @Nullable Session current() {
        Session session = current;
        return session != null && session.isAlive() ? session : null;
    }

    /** Whether the present session put this entry of a queue, and no turn of the client knows it ({@link Session#isStray}). For every thread. */
    public boolean isStray(Entry place) {
        Session now = current();
        return now != null && now.isStray(place);
    }

    Kernel kernel() {
        return kernel;
    }

    Duration ttl() {
        return ttl;
    }

    public SessionState state() {
        return state;
    }

    /** Runs a task on the strand. The state does not change meanwhile, and each change before it has been passed to {@code onState}. */
    public void execute(Runnable task) {
        strand.execute(task);
    }

    /** Why the last request of a session failed; null if it succeeded. */
    public @Nullable BackendException failure() {
        return failure;
    }

    /** The failure of a request of a member's own; as above if that did not fail. */
    public @Nullable BackendException failure(@Nullable BackendException own) {
        return own != null ? own : failure;
    }

    /** Join first, then look at {@link #current}: so no session that opens in between is missed. */
    public long join(Member member) {
        long number = memberNumbers.incrementAndGet();
        members.put(number, member);
        return number;
    }

    /** As above: runs a step on a strand when a session opens. */
    public long join(Strand on, Runnable step, Predicate<Session> uses) {
        return join(new Member() {
            @Override
            public void opened(Session session) {
                on.execute(step);
            }

            @Override
            public boolean uses(Session session) {
                return uses.test(session);
            }
        });
    }

    public void leave(long number) {
        members.remove(number);
    }

    /** The store has gone back to an earlier state: the entries under the session are not what was put there. */
    void storeRestored() {
        // The session that is open now: one that is opened before the task runs was put after the store had gone back.
        Session now = current;
        undecided.storeRestored();
        strand.execute(() -> {
            undecided.decideRestored();
            List.copyOf(retired).forEach(each -> each.session.end(LossCause.STORE_RESTORED));
            if (now != null) {
                now.end(LossCause.STORE_RESTORED);
            }
        });
    }

    /** To be called before the client closes, so that an earlier loss is not reported as a loss by the close. */
    public void decideEnded() {
        strand.execute(() -> undecided.decide());
    }

    /** Marks the session as used by somebody who learns of its end in another way, until the returned task is run. */
    public Runnable use(Session used) {
        long number = join(session -> session == used);
        return () -> leave(number);
    }

    /**
     * Ends the session and gives its lease back. The stage completes when that is certain, or the limit is over, or the lease has ended by itself.
     */
    public CompletableFuture<Void> close(Duration limit) {
        long by = kernel.time().nanoTime() + limit.toNanos();
        strand.execute(() -> {
            if (!closed || by - closeBy < 0) {
                closeBy = by;
            }
            List.copyOf(revocations).forEach(begun -> begun.hurry(untilClosed()));
            if (!closed) {
                undecided.decide();
                closed = true;
                retry.cancel();
                List.copyOf(retired).forEach(each -> each.session.end());
                Session session = current;
                if (session != null) {
                    session.end();
                }
                completeIfClosed();
                report(SessionState.CLOSED, "");
            }
        });
        return closing;
    }

    private void completeIfClosed() {
        if (closed && !opening && revocations.isEmpty()) {
            closing.complete(null);
        }
    }

    // Step 1.
    private void openNext() {
        pausing = false;
        opening = !closed;
        if (closed) {
            completeIfClosed();
            return;
        }
        long sentAt = kernel.time().nanoTime();
        kernel.store().grantLease(ttl, strand, (lease, why) -> {
            if (lease == null) {
                failed(why);
                openAgain();
            } else {
                mark(new Session(kernel, strand, new Notifier(), directory, randomId(), lease, sentAt), sentAt);
            }
        });
    }

    // Step 2.
    private void mark(Session session, long sentAt) {
        if (closed) {
            opening = false;
            giveBack(session, () -> {});
            return;
        }
        Card card = new Card(kernel.nodeId(), kernel.time().wall(), Map.of());
        Commit commit = Commit.to(directory)
                .ifAbsent(session.id())
                .put(session.id(), session.marker(card, Origin.OWN), session.leaseId())
                .build();
        kernel.store().commit(commit, strand, outcome -> {
            boolean isCommitted = outcome.kind() == Outcome.Kind.COMMITTED;
            if (isCommitted) {
                undecided.decide(); // By its revision, before anything can be put under the next session.
            }
            if (!isCommitted || !session.isAlive() || closed) {
                failed(outcome.failure() != null ? outcome.failure() : expiredBeforeOpen());
                giveBack(session, this::openAgain);
                return;
            }
            opening = false;
            backoff = null;
            failure = null;
            session.start(sentAt, outcome.revision());
            Session former = current;
            current = session;
            if (former != null) {
                retire(former, session);
            } else if (noted) {
                kernel.events().sessionOpenedAgain(session.id());
            }
            noted = true;
            report(SessionState.CONNECTED, session.id());
            members.values().forEach(member -> member.opened(session));
        });
    }

    private BackendException expiredBeforeOpen() {
        return new BackendException(
                BackendException.Outcome.NOT_APPLIED,
                false,
                "the session expired before it was open: lease and marker took longer than its ttl of " + ttl,
                null);
    }

    private void failed(@Nullable BackendException why) {
        if (why != null && !closed) {
            if (failure == null) {
                noted = true;
                kernel.events().noSession(kernel.nodeId(), why);
            }
            failure = why;
            members.values().forEach(member -> member.failed(why));
        }
    }

    /** The caller of close() waits for this. */
    private void giveBack(Session session, Runnable then) {
        Revocation[] begun = new Revocation[1];
        begun[0] = session.revocation(() -> {
            revocations.remove(begun[0]);
            then.run();
            completeIfClosed();
        });
        revocations.add(begun[0]);
        if (closed) {
            begun[0].hurry(untilClosed());
        } else {
            begun[0].start();
        }
    }

    private Duration untilClosed() {
        return kernel.until(closeBy);
    }

    private void openAgain() {
        opening = false;
        if (closed) {
            completeIfClosed();
            return;
        }
        if (backoff == null) {
            backoff = kernel.backoff();
        }
        pausing = true;
        retry.set(kernel.time(), backoff.next(), strand, this::openNext);
    }

    // Step 4.
    private void retire(Session former, Session successor) {
        former.retire();
        retired.add(new Retired(former, kernel.time().nanoTime()));
        kernel.events().sessionFull(former.id(), successor.id(), Session.MOST_WITHDRAWN);
    }

    /**
     * A third of a ttl after the succession at the earliest: by then, a member that had taken the session for the current one says that it uses it.
     */
    private void endIfUnused(Session session) {
        long now = kernel.time().nanoTime();
        long third = session.ttl().toNanos() / 3;
        boolean isUnused = session.isRetired() && members.values().stream().noneMatch(member -> member.uses(session));
        if (isUnused && retired.removeIf(each -> each.session == session && now - each.since >= third)) {
            session.end();
        }
    }

    private void report(SessionState next, String sessionId) {
        if (state != next) {
            state = next;
            onState.accept(next, sessionId);
        }
    }

    private static String randomId() {
        StringBuilder id = new StringBuilder(Session.ID_LENGTH);
        for (int i = 0; i < Session.ID_LENGTH; i++) {
            id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }

    private record Retired(Session session, long since) {}

    /** The client is notified of the state of the current session only; members are notified of each session. */
    private final class Notifier implements Session.Keeper {
        @Override
        public void renewed(Session session) {
            if (session == current) {
                failure = null;
                if (state == SessionState.SUSPENDED) {
                    kernel.events().sessionRenewed(session.id());
                }
                report(SessionState.CONNECTED, session.id());
            }
            members.values().forEach(member -> member.renewed(session));
            endIfUnused(session);
        }

        @Override
        public void suspended(Session session, BackendException why) {
            if (session == current) {
                failure = why;
                if (state != SessionState.SUSPENDED) {
                    kernel.events().sessionSuspended(session.id(), kernel.nodeId(), session.remaining(), why);
                }
                report(SessionState.SUSPENDED, session.id());
            }
            members.values().forEach(member -> member.suspended(session));
        }

        // Step 4.
        @Override
        public void full(Session session) {
            if (session == current && !opening && !pausing && !closed) {
                openNext();
            }
        }

        @Override
        public void ended(Session session) {
            // The end of a session that nobody uses is no loss.
            boolean isLost = session == current || retired.stream().anyMatch(each -> each.session == session);
            over(session, () -> notifyMembers(session, isLost));
        }

        @Override
        public void endedByStore(Session session, Duration limit) {
            over(session, () -> undecided.add(session, limit));
        }
    }

    // Step 3.
    private void over(Session session, Runnable then) {
        boolean isCurrent = session == current;
        if (isCurrent) {
            current = null;
        }
        retired.removeIf(each -> each.session == session);
        if (isCurrent && !closed) {
            report(SessionState.EXPIRED, session.id());
        }
        then.run();
        // A successor that is being opened goes on.
        boolean isSucceeded = !isCurrent || opening || pausing;
        if (!isSucceeded) {
            opening = true;
        }
        giveBack(session, isSucceeded ? () -> {} : Sessions.this::openNext);
    }

    private void decided(Session session, LossCause cause) {
        session.decide(cause);
        notifyMembers(session, true);
    }

    private void notifyMembers(Session over, boolean isLost) {
        if (isLost && !closed) {
            kernel.events().sessionEnded(over.id(), over.lossCause());
        }
        members.values().forEach(member -> member.ended(over));
    }
}
