package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LossCause;
import io.sereno.properties.LockedNames;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.kernel.Hold;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Callers that want names at set times. After every event the promises of the locks are checked; a breach is an {@link AssertionError}. */
final class LocksBench extends Bench {
    private static final Duration REMOVAL = Duration.ofMillis(201);

    /**
     * One wish: when it is made after the one before, what it claims, how long the right is used, after what time of that a writer becomes a reader,
     * and whether the caller is patient.
     */
    record Wish(
            Claims claims,
            Duration after,
            Duration use,
            @Nullable Duration downgradeAfter,
            @Nullable Duration limit,
            @Nullable Duration withdrawAfter,
            boolean onlyIfFree) {
        static Wish of(Claims claims, long afterMillis, long useMillis) {
            return new Wish(
                    claims, Duration.ofMillis(afterMillis), Duration.ofMillis(useMillis), null, null, null, false);
        }

        static Wish read(long afterMillis, long useMillis) {
            return of(Claims.READ_LOCK, afterMillis, useMillis);
        }

        static Wish write(long afterMillis, long useMillis) {
            return of(Claims.WRITE_LOCK, afterMillis, useMillis);
        }

        Wish downgradedAfter(long millis) {
            return new Wish(claims, after, use, Duration.ofMillis(millis), limit, withdrawAfter, onlyIfFree);
        }

        Wish atMost(Duration timeout) {
            return new Wish(claims, after, use, downgradeAfter, timeout, withdrawAfter, onlyIfFree);
        }

        Wish withdrawnAfter(Duration patience) {
            return new Wish(claims, after, use, downgradeAfter, limit, patience, onlyIfFree);
        }

        Wish ifFree() {
            return new Wish(claims, after, use, downgradeAfter, OPERATION_TIMEOUT, withdrawAfter, true);
        }
    }

    /** One caller of one client, with one wish after another. */
    final class Caller {
        private final Node node;
        private final Deque<Wish> wishes;
        private boolean waiting;

        Caller(Node node, List<Wish> wishes) {
            this.node = node;
            this.wishes = new ArrayDeque<>(wishes);
            next();
        }

        private void next() {
            Wish wish = wishes.poll();
            if (wish == null) {
                busy--;
            } else {
                later(wish.after, () -> ask(wish));
            }
        }

        private void ask(Wish wish) {
            waiting = true;
            waiters++;
            LockQueue queue = locks(node).queue("acquire");
            LockRequest request = queue.request("acquire", wish.claims, wish.onlyIfFree, wish.limit);
            Duration asked = time.elapsed();
            var unused = request.result()
                    .whenComplete((hold, failure) -> guard(() -> {
                        if (failure != null || hold.isEmpty()) {
                            log(node + " does not get " + wish.claims + ": " + failure);
                            assertThat(wish.limit)
                                    .as("only a timed attempt ends without a right: %s", failure)
                                    .isNotNull();
                            ended();
                        } else {
                            granted(wish, request, hold.get());
                        }
                    }));
            if (wish.limit != null) {
                // The time beyond the limit is for the removal, and used only when the store does not answer it.
                Duration latest = wish.limit.plus(REMOVAL);
                later(
                        latest,
                        () -> assertThat(request.result())
                                .as("%s asked at %s, and should have ended after %s", node, asked, latest)
                                .isDone());
            }
            if (wish.withdrawAfter != null) {
                later(wish.withdrawAfter, () -> withdraw(queue, request));
            }
        }

        private void withdraw(LockQueue queue, LockRequest request) {
            if (waiting) {
                log(node + " withdraws");
                CompletableFuture<Void> gone = queue.withdraw(request);
                later(REMOVAL, () -> assertThat(gone).isDone());
                ended();
            }
        }

        private void granted(Wish wish, LockRequest request, Hold hold) {
            assertThat(waiting)
                    .as("a request that was withdrawn was granted to %s", node)
                    .isTrue();
            waiting = false;
            waiters--;
            Held held = new Held(this, wish.claims, hold);
            rights.add(held);
            log(node + " has " + hold.fencingToken() + " for " + wish.claims);
            judge(held);
            property.granted(hold, wish.claims.write(), wish.claims.read(), () -> !held.isExcused());
            held.awaitLoss();
            if (wish.downgradeAfter != null) {
                later(wish.downgradeAfter, () -> downgrade(held, SharedRight.of(request, hold)));
            }
            later(wish.use, () -> giveBack(held));
        }

        private void downgrade(Held held, SharedRight right) {
            if (!held.ended && held.hold.isHeld() && right instanceof ExclusiveRight exclusive) {
                log(node + " goes on reading");
                held.hold = exclusive.weaken().hold;
                held.claims = held.claims.weakened();
                property.downgraded(exclusive.hold, held.hold);
                held.awaitLoss();
            }
        }

        private void giveBack(Held held) {
            if (!held.ended) {
                held.ended = true;
                log(node + " gives back " + held.hold.fencingToken() + (held.hold.isHeld() ? "" : ", too late"));
                property.releasing(held.hold);
                var unused = held.hold.surrender();
                next();
            }
        }

        private void ended() {
            waiting = false;
            waiters--;
            next();
        }
    }

    /** The right of a caller. */
    final class Held {
        private final Caller caller;
        private final long createRevision;
        private Claims claims;
        private Hold hold;
        private boolean ended;
        private @Nullable Duration unbelievedSince;

        Held(Caller caller, Claims claims, Hold hold) {
            this.caller = caller;
            this.claims = claims;
            this.hold = hold;
            this.createRevision = hold.fencingToken() / 1_024;
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

        boolean isBelieved() {
            return !ended && hold.isHeld();
        }

        /** Its right was taken away by force, and it has not had the time to notice. */
        boolean isExcused() {
            return caller.node.equals(broken) && time.elapsed().compareTo(excusedUntil) <= 0;
        }

        @Override
        public String toString() {
            return caller.node + "'s " + hold.fencingToken() + " for " + claims;
        }
    }

    private final List<Held> rights = new ArrayList<>();
    private final LockedNames property = new LockedNames();
    private int busy;
    private int waiters;
    private int mostHeld;
    private @Nullable Node broken;
    private Duration excusedUntil = Duration.ZERO;
    private Duration faultsEnd = Duration.ZERO;
    private @Nullable Duration idleSince;
    private Duration longestIdle = Duration.ZERO;

    LocksBench(String directory, Wire.Notices notices) {
        super(directory, notices);
    }

    Caller caller(Node node, Wish... wishes) {
        busy++;
        return new Caller(node, List.of(wishes));
    }

    private LockFacade locks(Node node) {
        return new LockFacade(node.client(), "locks", "x", directory());
    }

    @Override
    protected void beforeFault(Node victim, RequestFault fault) {
        if (fault.breaksTheLease()) {
            broken = victim;
            excusedUntil = time.elapsed().plus(fault.toFindOut(notices()));
        }
        Duration end = time.elapsed().plus(fault.duration());
        faultsEnd = end.compareTo(faultsEnd) > 0 ? end : faultsEnd;
    }

    Duration longestIdle() {
        return longestIdle;
    }

    int granted() {
        return rights.size();
    }

    /** The most rights that were held at the same time. */
    int mostHeld() {
        return mostHeld;
    }

    /** Until every caller has ended all its attempts. */
    void run(Duration limit) {
        while (busy > 0) {
            assertThat(step(limit))
                    .as("%s callers still wait after %s", busy, limit)
                    .isTrue();
            check();
        }
    }

    /** Time passes without any attempt; late requests must not change that. */
    void expectRest(Duration duration) {
        Duration until = time.elapsed().plus(duration);
        while (step(until)) {
            check();
        }
        assertThat(live()).as("entries in the queue at rest").isEmpty();
        nodes.forEach(node -> assertThat(node.client().shared(LockQueue.QUEUES).size())
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
        assertThat(property.wrong()).isEmpty();
        mostHeld = Math.max(mostHeld, property.held());
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

    /** RWL-3: nobody who conflicts is in front. */
    private void judge(Held right) {
        assertThat(right.hold.isHeld()).as("%s is held when it is given", right).isTrue();
        if (!right.isExcused()) {
            assertThat(live())
                    .as("those in front of %s", right)
                    .noneMatch(entry ->
                            entry.createRevision() < right.createRevision && right.claims.conflictsWith(entry));
        }
    }
}
