package io.sereno.recipes.permits;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.properties.PermitsInUse;
import io.sereno.recipes.RightsBench;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Callers that want permits at set times. After every event the promises of the pool are checked. */
final class PermitsBench extends RightsBench<PermitsBench.Wish> {
    static final int LIMIT = 3;

    /** One wish: also how many permits. */
    record Wish(
            int weight,
            Duration after,
            Duration use,
            @Nullable Duration limit,
            @Nullable Duration withdrawAfter,
            boolean onlyIfFree)
            implements RightsBench.Wish {
        static Wish of(int weight, long afterMillis, long useMillis) {
            return new Wish(weight, Duration.ofMillis(afterMillis), Duration.ofMillis(useMillis), null, null, false);
        }

        Wish atMost(Duration timeout) {
            return new Wish(weight, after, use, timeout, withdrawAfter, onlyIfFree);
        }

        Wish withdrawnAfter(Duration patience) {
            return new Wish(weight, after, use, limit, patience, onlyIfFree);
        }

        Wish ifFree() {
            return new Wish(weight, after, use, OPERATION_TIMEOUT, withdrawAfter, true);
        }
    }

    private final Map<Caller, PermitsInUse.Attempt> attempts = new HashMap<>();
    private final PermitsInUse property = new PermitsInUse(LIMIT);

    PermitsBench(Wire.Notices notices) {
        super("semaphore/x", notices);
    }

    Caller caller(Node node, Wish... wishes) {
        return caller(node, List.of(wishes));
    }

    private PermitPoolRecipe pool(Node node) {
        return new PermitPoolRecipe(node.client(), "x", LIMIT, directory());
    }

    /** The client changes the limit at this time. */
    void changesLimit(Node node, long afterMillis, int limit) {
        later(Duration.ofMillis(afterMillis), () -> {
            log(node + " changes the limit to " + limit);
            property.changes(limit);
            var unused = pool(node).changeLimit(limit).whenComplete((done, failure) -> {
                log(node + " has changed the limit to " + limit + ": " + failure);
                if (failure == null) {
                    property.changed(limit);
                } else {
                    property.maybeChanged(limit);
                }
            });
        });
    }

    int mostHeld() {
        return property.mostHeld();
    }

    /** Without the limit, and without the records of those who change it. */
    @Override
    public List<Entry> live() {
        return View.queue(new Snapshot(entries(directory()), false));
    }

    @Override
    protected Attempt attempt(Caller caller, Wish wish) {
        PermitPoolRecipe pool = pool(caller.node);
        PoolQueue queue = pool.queue("acquire");
        attempts.put(caller, property.begins());
        PermitRequest[] request = new PermitRequest[1];
        CompletableFuture<Optional<Hold>> result = new CompletableFuture<>();
        // A grant is followed by another request at once, which may find that the session is over. So the caller
        // listens before anything is sent.
        later(
                Duration.ZERO,
                () -> queue.strand().execute(() -> {
                    request[0] = pool.request(queue, "acquire", wish.weight, wish.onlyIfFree, wish.limit);
                    var unused = request[0].result().whenComplete((hold, failure) -> {
                        if (failure != null) {
                            result.completeExceptionally(failure);
                        } else {
                            result.complete(hold);
                        }
                    });
                }));
        return new Attempt(result, () -> queue.withdraw(request[0]));
    }

    /** SEM-1, SEM-2: the permits, and those of everybody in front, fit into the limit. */
    @Override
    protected Held given(Caller caller, Wish wish, Hold hold) {
        Held held = new Held(caller, hold);
        PermitsInUse.Attempt attempt = Objects.requireNonNull(attempts.remove(caller));
        if (!held.isExcused()) {
            long inFront = live().stream()
                    .filter(entry -> entry.createRevision() < held.createRevision())
                    .mapToLong(entry -> Weight.of(entry).permits())
                    .sum();
            assertThat(inFront + wish.weight)
                    .as("the permits of %s and of those in front", held)
                    .isLessThanOrEqualTo(attempt.most());
        }
        property.granted(attempt, hold, wish.weight, () -> !held.isExcused());
        return held;
    }

    @Override
    protected void endedWithout(Caller caller) {
        property.ended(Objects.requireNonNull(attempts.remove(caller)));
    }

    @Override
    protected void releasing(Hold hold) {
        property.releasing(hold);
    }

    @Override
    protected void checkRights() {
        assertThat(property.wrong()).isEmpty();
    }

    @Override
    protected int queuesInUse(Node node) {
        return node.client().shared(PoolQueue.QUEUES).size();
    }

    void closeAndExpectOnlyTheLimit() {
        closeAndExpectOnly(Room.LIMIT::equals);
    }
}
