package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that the store has ended, and why. A store that has gone back to a state before the session ends it as any other store would; only
 * the revision of a later commit shows the difference. So the cause of such an end stays open until a next session's marker has been committed,
 * at most for a sixth of the ttl, and at most as long as the session would have been trusted. Attempts that fail leave it open: a store that
 * has just started refuses some calls. The session is not trusted meanwhile: only the notification of its members waits.
 *
 * <p>Confined to the strand, except {@link #storeRestored}.
 */
final class EndedSessions {
    private record Ended(Session session, long proofsBefore, Timer limit) {}

    private final Kernel kernel;
    private final Strand strand;
    private final BiConsumer<Session, LossCause> then;
    private final List<Ended> open = new ArrayList<>();
    /** How often an answer of the store has proved that the store has gone back. */
    private final AtomicLong proofs = new AtomicLong();

    /** {@code then} runs once for each session that was added. */
    EndedSessions(Kernel kernel, Strand strand, BiConsumer<Session, LossCause> then) {
        this.kernel = kernel;
        this.strand = strand;
        this.then = then;
    }

    /** The store has ended the session. */
    void add(Session session, Duration limit) {
        Timer timer = new Timer();
        timer.set(kernel.time(), limit, strand, () -> decide(session));
        open.add(new Ended(session, proofs.get(), timer));
    }

    /** Counts a proof when its answer is processed, before any task that follows. For every thread. */
    void storeRestored() {
        proofs.incrementAndGet();
    }

    /** Decides all that are open by what is known now. */
    void decide() {
        take(null).forEach(this::byProofs);
    }

    /** All that are open ended because the store had gone back. */
    void decideRestored() {
        take(null).forEach(each -> then.accept(each.session, LossCause.STORE_RESTORED));
    }

    private void decide(Session session) {
        take(session).forEach(this::byProofs);
    }

    private void byProofs(Ended each) {
        boolean isProved = proofs.get() != each.proofsBefore;
        then.accept(each.session, isProved ? LossCause.STORE_RESTORED : LossCause.SESSION_EXPIRED);
    }

    private List<Ended> take(@Nullable Session only) {
        List<Ended> taken = open.stream()
                .filter(each -> only == null || each.session == only)
                .toList();
        open.removeAll(taken);
        taken.forEach(each -> each.limit.cancel());
        return taken;
    }
}
