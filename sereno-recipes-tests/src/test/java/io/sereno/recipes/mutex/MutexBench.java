package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.properties.Grants;
import io.sereno.recipes.RightsBench;
import io.sereno.recipes.Wire;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Hold;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Callers that want one mutex at set times. After every event the promises of a mutex are checked. */
final class MutexBench extends RightsBench<MutexBench.Wish> {
    private static final String NAME = "x";
    private static final Duration SERIES = Duration.ofMillis(20);

    /** One wish for the mutex. */
    record Wish(
            Duration after,
            Duration use,
            @Nullable Duration limit,
            @Nullable Duration withdrawAfter,
            boolean onlyIfFree)
            implements RightsBench.Wish {
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

    /** The callers of a client that wait, in their order. */
    private final Map<Node, Set<Caller>> lines = new HashMap<>();

    /** When the first grant of each place was given. */
    private final Map<Long, Duration> series = new HashMap<>();

    private final Grants property = new Grants();

    MutexBench(Wire.Notices notices) {
        super("lock/" + NAME, notices);
    }

    Caller caller(Node node, Wish... wishes) {
        return caller(node, List.of(wishes));
    }

    private Set<Caller> line(Node node) {
        return lines.computeIfAbsent(node, any -> new LinkedHashSet<>());
    }

    @Override
    protected Attempt attempt(Caller caller, Wish wish) {
        line(caller.node).add(caller);
        MutexQueue queue = queue(caller.node);
        RightRequest request = queue.request("acquire", wish.onlyIfFree, wish.limit);
        return new Attempt(request.result(), () -> queue.withdraw(request));
    }

    private MutexQueue queue(Node node) {
        Client client = node.client();
        Scope scope = new Scope(client, MutexQueue.RECIPE, NAME, directory());
        return client.shared(MutexQueue.QUEUES)
                .enter(directory(), () -> new MutexQueue(client.shared(MutexQueue.QUEUES), scope));
    }

    @Override
    protected Held given(Caller caller, Wish wish, Hold hold) {
        Held grant = new Held(caller, hold);
        assertThat(line(caller.node))
                .as("the waiters in %s", caller.node)
                .first()
                .isSameAs(caller);
        line(caller.node).remove(caller);
        if (!grant.isExcused()) {
            Optional<Entry> first = live().stream().findFirst();
            assertThat(first.map(Entry::createRevision))
                    .as("the first in the queue when %s is given", grant)
                    .contains(grant.createRevision());
        }
        property.granted(hold, () -> !grant.isExcused());
        Duration begun = series.computeIfAbsent(grant.createRevision(), any -> time.elapsed());
        assertThat(time.elapsed().minus(begun))
                .as("%s after the first of its series", grant)
                .isLessThanOrEqualTo(SERIES);
        return grant;
    }

    @Override
    protected void endedWithout(Caller caller) {
        line(caller.node).remove(caller);
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
        return node.client().shared(MutexQueue.QUEUES).size();
    }
}
