package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LossCause;
import io.sereno.recipes.kernel.Hold;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bench whose nodes have callers that want rights at set times. After every event it checks what holds for rights of all kinds: an entry stands for
 * each right that is believed, an attempt ends in time, and a loss is reported in time. A breach is an {@link AssertionError}. The promises of one
 * recipe are checked by the subclass.
 *
 * @param <W> what a caller wishes for
 */
public abstract class RightsBench<W extends RightsBench.Wish> extends Bench {
    private static final Duration REMOVAL = Duration.ofMillis(201);

    /** One wish. A limit makes it a timed attempt. */
    public interface Wish {
        /** Since the wish before. */
        Duration after();

        /** How long the right is used. */
        Duration use();

        @Nullable
        Duration limit();

        @Nullable
        Duration withdrawAfter();
    }

    /** An attempt that was begun. */
    public record Attempt(CompletableFuture<Optional<Hold>> result, Supplier<CompletableFuture<Void>> withdraw) {}

    /** One caller of one client, with one wish after another. */
    public final class Caller {
        public final Node node;
        private final Deque<W> wishes;
        private boolean waiting;

        private Caller(Node node, List<W> wishes) {
            this.node = node;
            this.wishes = new ArrayDeque<>(wishes);
            next();
        }

        private void next() {
            W wish = wishes.poll();
            if (wish == null) {
                busy--;
            } else {
                later(wish.after(), () -> ask(wish));
            }
        }

        private void ask(W wish) {
            waiting = true;
            waiters++;
            Attempt attempt = attempt(this, wish);
            Duration asked = time.elapsed();
            var unused = attempt.result.whenComplete((hold, failure) -> guard(() -> {
                if (failure != null || hold.isEmpty()) {
                    log(node + " does not get " + wish + ": " + failure);
                    assertThat(wish.limit())
                            .as("only a timed attempt ends without a right: %s", failure)
                            .isNotNull();
                    ended();
                } else {
                    granted(wish, hold.get());
                }
            }));
            Duration limit = wish.limit();
            if (limit != null) {
                // The time beyond the limit is for the removal, and used only when the store does not answer it.
                Duration latest = limit.plus(REMOVAL);
                later(
                        latest,
                        () -> assertThat(attempt.result)
                                .as("%s asked at %s, and should have ended after %s", node, asked, latest)
                                .isDone());
            }
            Duration patience = wish.withdrawAfter();
            if (patience != null) {
                later(patience, () -> withdraw(attempt));
            }
        }

        private void withdraw(Attempt attempt) {
            if (waiting) {
                log(node + " withdraws");
                CompletableFuture<Void> gone = attempt.withdraw.get();
                later(REMOVAL, () -> assertThat(gone).isDone());
                ended();
            }
        }

        private void granted(W wish, Hold hold) {
            assertThat(waiting)
                    .as("a request that was withdrawn was granted to %s", node)
                    .isTrue();
            assertThat(hold.isHeld())
                    .as("%s is held when it is given to %s", hold.fencingToken(), node)
                    .isTrue();
            waiting = false;
            waiters--;
            log(node + " has " + hold.fencingToken());
            Held held = given(this, wish, hold);
            rights.add(held);
            held.awaitLoss();
            later(wish.use(), () -> giveBack(held));
        }

        private void giveBack(Held held) {
            if (!held.ended) {
                held.ended = true;
                log(node + " gives back " + held.hold.fencingToken() + (held.hold.isHeld() ? "" : ", too late"));
                releasing(held.hold);
                var unused = held.hold.surrender();
                next();
            }
        }

        private void ended() {
            waiting = false;
            waiters--;
            endedWithout(this);
            next();
        }
    }

    /** The right of a caller. */
    public class Held {
        private final Caller caller;
        private final long createRevision;
        private Hold hold;
        private boolean ended;
        private @Nullable Duration unbelievedSince;

        public Held(Caller caller, Hold hold) {
            this.caller = caller;
            this.hold = hold;
            this.createRevision = hold.fencingToken() / 1_024;
        }

        public final Hold hold() {
            return hold;
        }

        public final long createRevision() {
            return createRevision;
        }

        /** From now on another hold stands for this right. */
        public final void replace(Hold by) {
            hold = by;
            awaitLoss();
        }

        private void awaitLoss() {
            Hold now = hold;
            var unused = now.lost().thenAccept(cause -> guard(() -> lost(now, cause)));
        }

        private void lost(Hold which, LossCause cause) {
            assertThat(which).as("the hold that is lost").isSameAs(hold);
            log(caller.node + " has lost " + hold.fencingToken() + ": " + cause);
            if (!ended) {
                ended = true;
                caller.next();
            }
        }

        public final boolean isBelieved() {
            return !ended && hold.isHeld();
        }

        /** Its right was taken away by force, and it has not had the time to notice. */
        public final boolean isExcused() {
            return caller.node.equals(broken) && time.elapsed().compareTo(excusedUntil) <= 0;
        }

        @Override
        public String toString() {
            return caller.node + "'s " + hold.fencingToken();
        }
    }

    private final List<Held> rights = new ArrayList<>();
    private int busy;
    private int waiters;
    private @Nullable Node broken;
    private Duration excusedUntil = Duration.ZERO;
    private Duration faultsEnd = Duration.ZERO;
    private @Nullable Duration idleSince;
    private Duration longestIdle = Duration.ZERO;

    protected RightsBench(String directory, Wire.Notices notices) {
        super(directory, notices);
    }

    protected abstract Attempt attempt(Caller caller, W wish);

    /** A right was granted: checks what the recipe promises of it. The hold is one that is held. */
    protected abstract Held given(Caller caller, W wish, Hold hold);

    /** An attempt ended without a right. */
    protected void endedWithout(Caller caller) {}

    protected abstract void releasing(Hold hold);

    /** After every event: what the recipe promises of all its rights together. */
    protected abstract void checkRights();

    protected abstract int queuesInUse(Node node);

    public final Caller caller(Node node, List<W> wishes) {
        busy++;
        return new Caller(node, wishes);
    }

    public final int granted() {
        return rights.size();
    }

    /** The longest time without faults in which callers waited and no right was believed. */
    public final Duration longestIdle() {
        return longestIdle;
    }

    /** The store takes the right of a client away now, without its knowledge; the client may take so long to notice. */
    public final void broken(Node victim, Duration toFindOut) {
        broken = victim;
        excusedUntil = time.elapsed().plus(toFindOut);
    }

    @Override
    protected void beforeFault(Node victim, RequestFault fault) {
        if (fault.breaksTheLease()) {
            broken(victim, fault.toFindOut(notices()));
        }
        Duration end = time.elapsed().plus(fault.duration());
        faultsEnd = end.compareTo(faultsEnd) > 0 ? end : faultsEnd;
    }

    /** Until every caller has ended all its attempts. */
    public final void run(Duration limit) {
        while (busy > 0) {
            assertThat(step(limit))
                    .as("%s callers still wait after %s", busy, limit)
                    .isTrue();
            check();
        }
    }

    /** Time passes without any attempt; late requests must not change that. */
    public final void expectRest(Duration duration) {
        Duration until = time.elapsed().plus(duration);
        while (step(until)) {
            check();
        }
        assertThat(live()).as("entries in the queue at rest").isEmpty();
        nodes.forEach(node -> assertThat(queuesInUse(node))
                .as("queues in use by %s at rest", node)
                .isZero());
    }

    private void check() {
        List<Entry> live = live();
        boolean believed = false;
        for (Held right : rights) {
            if (right.isBelieved() && !right.isExcused()) {
                believed = true;
                assertThat(live)
                        .as("the entry of %s", right)
                        .anyMatch(entry -> entry.createRevision() == right.createRevision);
            }
            checkLossIsReported(right);
        }
        checkRights();
        Duration now = time.elapsed();
        if (believed || waiters == 0 || now.compareTo(faultsEnd) <= 0) {
            idleSince = null;
        } else if (idleSince == null) {
            idleSince = now;
        } else if (now.minus(idleSince).compareTo(longestIdle) > 0) {
            longestIdle = now.minus(idleSince);
        }
    }

    private void checkLossIsReported(Held right) {
        if (!right.ended && !right.hold.isHeld()) {
            if (right.unbelievedSince == null) {
                right.unbelievedSince = time.elapsed();
            }
            // If the store ended the session, the cause may be open for a sixth of the ttl.
            assertThat(time.elapsed().minus(right.unbelievedSince))
                    .as("%s is not held any more, and its owner was not notified", right)
                    .isLessThanOrEqualTo(TTL.dividedBy(6));
        }
    }
}
