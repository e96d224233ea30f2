package io.sereno.recipes.slots;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.properties.LockedNames;
import io.sereno.recipes.RightsBench;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.kernel.Hold;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Callers that want slots at set times. After every event the promises of the pool are checked. */
final class SlotsBench extends RightsBench<SlotsBench.Wish> {
    static final int COUNT = 3;

    /** One wish: also which number is preferred. */
    record Wish(
            int preferred,
            Duration after,
            Duration use,
            @Nullable Duration limit,
            @Nullable Duration withdrawAfter,
            boolean onlyIfFree)
            implements RightsBench.Wish {
        static Wish of(long afterMillis, long useMillis) {
            return new Wish(
                    SlotRequest.NONE, Duration.ofMillis(afterMillis), Duration.ofMillis(useMillis), null, null, false);
        }

        Wish preferring(int number) {
            return new Wish(number, after, use, limit, withdrawAfter, onlyIfFree);
        }

        Wish atMost(Duration timeout) {
            return new Wish(preferred, after, use, timeout, withdrawAfter, onlyIfFree);
        }

        Wish withdrawnAfter(Duration patience) {
            return new Wish(preferred, after, use, limit, patience, onlyIfFree);
        }

        Wish ifFree() {
            return new Wish(preferred, after, use, OPERATION_TIMEOUT, withdrawAfter, true);
        }
    }

    private final Map<Caller, SlotRequest> requests = new HashMap<>();
    private final LockedNames property = new LockedNames();
    private int mostHeld;

    SlotsBench(Wire.Notices notices) {
        super("slots/x", notices);
    }

    Caller caller(Node node, Wish... wishes) {
        return caller(node, List.of(wishes));
    }

    int mostHeld() {
        return mostHeld;
    }

    @Override
    protected Attempt attempt(Caller caller, Wish wish) {
        SlotPoolRecipe pool = new SlotPoolRecipe(caller.node.client(), "x", COUNT, directory());
        PoolQueue queue = pool.queue("acquire");
        CompletableFuture<Optional<Hold>> result = new CompletableFuture<>();
        // A grant is followed by another request at once, which may find that the session is over. So the caller
        // listens before anything is sent.
        later(
                Duration.ZERO,
                () -> queue.strand().execute(() -> {
                    SlotRequest request = pool.request(queue, "acquire", wish.preferred, wish.onlyIfFree, wish.limit);
                    requests.put(caller, request);
                    var unused = request.result().whenComplete((hold, failure) -> {
                        if (failure != null) {
                            result.completeExceptionally(failure);
                        } else {
                            result.complete(hold);
                        }
                    });
                }));
        return new Attempt(result, () -> queue.withdraw(Objects.requireNonNull(requests.get(caller))));
    }

    /** SLT-1, SLT-2: nobody in front waits, and if the number is stored already it is this one; SLT-4. */
    @Override
    protected Held given(Caller caller, Wish wish, Hold hold) {
        Held held = new Held(caller, hold);
        int number = Objects.requireNonNull(requests.get(caller)).number();
        if (!held.isExcused()) {
            assertThat(number).as("the number of %s", held).isBetween(0, COUNT - 1);
            live().forEach(entry -> {
                int stored = SlotLines.of(entry).number().orElse(SlotRequest.NONE);
                if (entry.createRevision() < held.createRevision()) {
                    assertThat(stored)
                            .as("the number of an entry in front of %s, which has %s", held, number)
                            .isNotIn(SlotRequest.NONE, number);
                } else if (entry.createRevision() == held.createRevision()) {
                    assertThat(stored).as("the stored number of %s", held).isIn(SlotRequest.NONE, number);
                }
            });
        }
        property.granted(hold, Set.of("slot " + number), Set.of(), () -> !held.isExcused());
        return held;
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
        return node.client().shared(PoolQueue.QUEUES).size();
    }
}
