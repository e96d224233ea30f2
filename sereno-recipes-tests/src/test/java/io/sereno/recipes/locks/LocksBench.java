package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.properties.LockedNames;
import io.sereno.recipes.RightsBench;
import io.sereno.recipes.Wire;
import io.sereno.recipes.kernel.Hold;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Callers that want names at set times. After every event the promises of the locks are checked. */
final class LocksBench extends RightsBench<LocksBench.Wish> {
    /** One wish: also what it claims, and after what time of use a writer becomes a reader. */
    record Wish(
            Claims claims,
            Duration after,
            Duration use,
            @Nullable Duration downgradeAfter,
            @Nullable Duration limit,
            @Nullable Duration withdrawAfter,
            boolean onlyIfFree)
            implements RightsBench.Wish {
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

    private final Map<Caller, LockRequest> requests = new HashMap<>();
    private final LockedNames property = new LockedNames();
    private int mostHeld;

    LocksBench(String directory, Wire.Notices notices) {
        super(directory, notices);
    }

    Caller caller(Node node, Wish... wishes) {
        return caller(node, List.of(wishes));
    }

    /** The most rights that were held at the same time. */
    int mostHeld() {
        return mostHeld;
    }

    @Override
    protected Attempt attempt(Caller caller, Wish wish) {
        LockQueue queue = new LockFacade(caller.node.client(), "locks", "x", directory()).queue("acquire");
        LockRequest request = queue.request("acquire", wish.claims, wish.onlyIfFree, wish.limit);
        requests.put(caller, request);
        return new Attempt(request.result(), () -> queue.withdraw(request));
    }

    /** RWL-3: nobody who conflicts is in front. */
    @Override
    protected Held given(Caller caller, Wish wish, Hold hold) {
        Held held = new Held(caller, hold);
        if (!held.isExcused()) {
            assertThat(live())
                    .as("those in front of %s for %s", held, wish.claims)
                    .noneMatch(entry ->
                            entry.createRevision() < held.createRevision() && wish.claims.conflictsWith(entry));
        }
        property.granted(hold, wish.claims.write(), wish.claims.read(), () -> !held.isExcused());
        if (wish.downgradeAfter != null) {
            SharedRight right = SharedRight.of(Objects.requireNonNull(requests.get(caller)), hold);
            later(wish.downgradeAfter, () -> downgrade(held, right));
        }
        return held;
    }

    private void downgrade(Held held, SharedRight right) {
        if (held.isBelieved() && right instanceof ExclusiveRight exclusive) {
            log(held + " becomes one to read");
            held.replace(exclusive.weaken().hold());
            property.downgraded(exclusive.hold(), held.hold());
        }
    }

    @Override
    protected void releasing(Hold hold) {
        property.releasing(hold);
    }

    @Override
    protected void checkRights() {
        assertThat(property.wrong()).isEmpty();
        mostHeld = Math.max(mostHeld, property.held());
    }

    @Override
    protected int queuesInUse(Node node) {
        return node.client().shared(LockQueue.QUEUES).size();
    }
}
