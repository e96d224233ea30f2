package io.sereno.recipes.locks;

import io.sereno.LockView;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.View;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How the interfaces of this package make requests to the {@link LockQueue} of their directory, and wait. Holds nothing itself. */
final class LockFacade {
    private final InUse<String, LockQueue> queues;
    private final Scope scope;

    LockFacade(Client client, String recipe, String name, String directory) {
        this.queues = client.shared(LockQueue.QUEUES);
        this.scope = new Scope(client, recipe, name, directory);
    }

    String name() {
        return scope.name();
    }

    /** The queue of this directory, with one user added. */
    LockQueue queue(String operation) {
        scope.requireOpen(operation);
        return queues.enter(scope.directory(), () -> new LockQueue(queues, scope));
    }

    /** A right that was granted, as users see it. */
    SharedRight acquire(String operation, Claims claims) throws InterruptedException {
        return await(operation, claims, null).orElseThrow();
    }

    Optional<SharedRight> tryAcquire(String operation, Claims claims, Duration timeout) throws InterruptedException {
        Duration limit = Scope.checkTimeout(timeout);
        return limit.isZero() ? tryAcquire(operation, claims) : await(operation, claims, limit);
    }

    Optional<SharedRight> tryAcquire(String operation, Claims claims) {
        LockRequest request =
                queue(operation).request(operation, claims, true, scope.kernel().operationTimeout());
        return granted(request, Await.uninterruptibly(request.result()));
    }

    private Optional<SharedRight> await(String operation, Claims claims, @Nullable Duration limit)
            throws InterruptedException {
        scope.requireNotInterrupted(operation);
        LockQueue queue = queue(operation);
        LockRequest request = queue.request(operation, claims, false, limit);
        return granted(request, queue.await(request));
    }

    private static Optional<SharedRight> granted(LockRequest request, Optional<Hold> result) {
        return result.map(hold -> SharedRight.of(request, hold));
    }

    /** The live entries in the order of the queue, divided: an entry holds if none in front conflicts with it. */
    <T> void inspect(Function<Placed, T> show, List<T> holders, List<T> waiters) {
        for (Ranked ranked : Ranked.byClaims(View.queue(scope.readAll("inspect")))) {
            T shown = show.apply(new Placed(ranked.claims().place(ranked.entry(), ranked.holds()), ranked.claims()));
            (ranked.holds() ? holders : waiters).add(shown);
        }
    }

    /** An entry as users see it, and what it claims. */
    record Placed(LockView.Place place, Claims claims) {}
}
