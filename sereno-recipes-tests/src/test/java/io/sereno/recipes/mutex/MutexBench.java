package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LossCause;
import io.sereno.properties.Grants;
import io.sereno.recipes.Bench;
import io.sereno.recipes.RequestFault;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Hold;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Callers that want one mutex at set times. After every event the promises of a mutex are checked; a breach is an {@link AssertionError}. */
final class MutexBench extends Bench {
    private static final String NAME = "x";
    private static final Duration REMOVAL = Duration.ofMillis(201);
    private static final Duration SERIES = Duration.ofMillis(20);

    /** One wish: when it is made after the one before, how long the grant is used, and whether the caller is patient. */
    record Wish(
            Duration after,
            Duration use,
            @Nullable Duration limit,
            @Nullable Duration withdrawAfter,
            boolean onlyIfFree) {
        static Wish of(long afterMillis, long useMillis) {
            return new Wish(Duration.ofMillis(afterMillis), Duration.ofMillis(useMillis), null, null, false);
        }

        Wish atMost(Duration timeout) {
            return new Wish(after, use, timeout, withdrawAfter, onlyIfFree);
        }

        Wish withdrawnAfter(Duration patience) {
            return new Wish(after, use, limit, patience, onlyIfFree);
        }

        Wish ifFree() {
            return new Wish(after, use, OPERATION_TIMEOUT, withdrawAfter, true);
        }
    }

    /** One caller of one client, with one wish after another. */
    final class Caller {
        private final Node node;
        private final Deque<Wish> wishes;
        private @Nullable Grant grant;
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
            line(node).add(this);
            MutexQueue queue = queue(node);
            MutexQueue.Request request = queue.request("acquire", wish.onlyIfFree, wish.limit);
            Duration asked = time.elapsed();
            var unused = request.result()
                    .whenComplete((hold, failure) -> guard(() -> {
                        if (failure != null) {
                            log(node + " is refused: " + failure.getMessage());
                            assertThat(wish.limit)
                                    .as("only a timed attempt fails: %s", failure)
                                    .isNotNull();
                            ended();
                        } else if (hold.isEmpty()) {
                            log(node + " is notified that others were in front");
                            assertThat(wish.limit)
                                    .as("only a timed attempt ends without a grant")
                                    .isNotNull();
                            ended();
                        } else {
                            granted(wish, hold.get());
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

        private void withdraw(MutexQueue queue, MutexQueue.Request request) {
            if (waiting) {
                log(node + " withdraws");
                CompletableFuture<Void> gone = queue.withdraw(request);
                later(REMOVAL, () -> assertThat(gone).isDone());
                ended();
            }
        }

        private void granted(Wish wish, Hold hold) {
            assertThat(waiting)
                    .as("a request that was withdrawn was granted to %s", node)
                    .isTrue();
            assertThat(line(node).get(0)).as("the first waiter in %s", node).isSameAs(this);
            waiting = false;
            line(node).remove(this);
            grant = new Grant(node, hold, time.elapsed());
            grants.add(grant);
            judge(grant);
            log(node + " has " + hold.fencingToken());
            Grant mine = grant;
            var unused = hold.lost().thenAccept(cause -> guard(() -> lost(mine, cause)));
            later(wish.use, () -> giveBack(mine));
        }

        private void giveBack(Grant mine) {
            if (!mine.ended) {
                mine.ended = true;
                log(node + " gives back " + mine.hold.fencingToken() + (mine.hold.isHeld() ? "" : ", too late"));
                property.releasing(mine.hold);
                var unused = mine.hold.surrender();
                next();
            }
        }

        private void lost(Grant mine, LossCause cause) {
            log(node + " has lost " + mine.hold.fencingToken() + ": " + cause);
            if (!mine.ended) {
                mine.ended = true;
                next();
            }
        }

        private void ended() {
            waiting = false;
            line(node).remove(this);
            next();
        }
    }

    /** The grant of a caller. */
    final class Grant {
        private final Node node;
        private final Hold hold;
        private final Duration at;
        private final long createRevision;
        private boolean ended;
        private @Nullable Duration unbelievedSince;

        Grant(Node node, Hold hold, Duration at) {
            this.node = node;
            this.hold = hold;
            this.at = at;
            this.createRevision = hold.fencingToken() / 1_024;
        }

        boolean isBelieved() {
            return !ended && hold.isHeld();
        }

        /** Its right was taken away by force, and it has not had the time to notice. */
        boolean isExcused() {
            return node.equals(broken) && time.elapsed().compareTo(excusedUntil) <= 0;
        }

        @Override
        public String toString() {
            return node + "'s " + hold.fencingToken();
        }
    }

    private final List<List<Caller>> lines = new ArrayList<>();
    private final List<Grant> grants = new ArrayList<>();
    private int busy;
    private final Grants property = new Grants();
    private @Nullable Node broken;
    private Duration excusedUntil = Duration.ZERO;
    private Duration faultsEnd = Duration.ZERO;
    private @Nullable Duration idleSince;
    private Duration longestIdle = Duration.ZERO;

    MutexBench(Wire.Notices notices) {
        super("lock/" + NAME, notices);
    }

    Caller caller(Node node, Wish... wishes) {
        busy++;
        return new Caller(node, List.of(wishes));
    }

    /** The store takes the grant of a client away now, without its knowledge; the client may take so long to notice. */
    void broken(Node victim, Duration toFindOut) {
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

    List<Grant> grants() {
        return grants;
    }

    Duration longestIdle() {
        return longestIdle;
    }

    private MutexQueue queue(Node node) {
        Client client = node.client();
        Scope scope = new Scope(client, MutexQueue.RECIPE, NAME, directory());
        return client.shared(MutexQueue.QUEUES)
                .enter(directory(), () -> new MutexQueue(client.shared(MutexQueue.QUEUES), scope));
    }

    private List<Caller> line(Node node) {
        int index = nodes.indexOf(node);
        while (lines.size() <= index) {
            lines.add(new ArrayList<>());
        }
        return lines.get(index);
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
        nodes.forEach(node -> assertThat(node.client().shared(MutexQueue.QUEUES).size())
                .as("queues in use by %s at rest", node)
                .isZero());
    }

    private void check() {
        List<Entry> live = live();
        boolean believed = false;
        for (Grant grant : grants) {
            if (grant.isBelieved() && !grant.isExcused()) {
                believed = true;
                assertThat(live)
                        .as("the entry of the grant of %s", grant)
                        .anyMatch(entry -> entry.createRevision() == grant.createRevision);
            }
            checkLossIsReported(grant);
        }
        assertThat(property.wrong()).isEmpty();
        boolean idle = !believed && lines.stream().anyMatch(line -> !line.isEmpty());
        Duration now = time.elapsed();
        if (!idle || now.compareTo(faultsEnd) <= 0) {
            idleSince = null;
        } else if (idleSince == null) {
            idleSince = now;
        } else if (now.minus(idleSince).compareTo(longestIdle) > 0) {
            longestIdle = now.minus(idleSince);
        }
    }

    private void checkLossIsReported(Grant grant) {
        if (!grant.ended && !grant.hold.isHeld()) {
            if (grant.unbelievedSince == null) {
                grant.unbelievedSince = time.elapsed();
            }
            // If the store ended the session, the cause may be open for a sixth of the ttl.
            assertThat(time.elapsed().minus(grant.unbelievedSince))
                    .as("%s is not held any more, and its owner was not notified", grant)
                    .isLessThanOrEqualTo(TTL.dividedBy(6));
        }
    }

    private void judge(Grant grant) {
        assertThat(grant.hold.isHeld()).as("%s is held when it is given", grant).isTrue();
        if (!grant.isExcused()) {
            Optional<Entry> first = live().stream().findFirst();
            assertThat(first.map(Entry::createRevision))
                    .as("the first in the queue when %s is given", grant)
                    .contains(grant.createRevision);
        }
        property.granted(grant.hold, () -> !grant.isExcused());
        grants.stream()
                .filter(other -> other.createRevision == grant.createRevision)
                .findFirst()
                .ifPresent(first -> assertThat(grant.at.minus(first.at))
                        .as("%s after the first of its series", grant)
                        .isLessThanOrEqualTo(SERIES));
    }
}
