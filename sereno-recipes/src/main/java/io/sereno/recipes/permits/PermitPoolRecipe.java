package io.sereno.recipes.permits;

import io.sereno.LockView;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Room;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The permit pool as its users call it: makes requests to the {@link PoolQueue} of its name, and waits. Holds nothing itself. */
public final class PermitPoolRecipe implements PermitPool {
    static final String RECIPE = "permit pool";

    private final Cells<OptionalInt> limits;
    private final Scope scope;
    private final int firstLimit;

    public PermitPoolRecipe(Client client, String name, int firstLimit, String directory) {
        this.limits = client.shared(Limit.CELLS);
        this.scope = new Scope(client, RECIPE, name, directory);
        this.firstLimit = checkLimit(firstLimit);
    }

    private static int checkLimit(int limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("limit is " + limit + "; 0 or more is accepted");
        }
        return limit;
    }

    private static int checkWeight(int weight) {
        if (weight < 1) {
            throw new IllegalArgumentException("weight is " + weight + "; 1 or more is accepted");
        }
        return weight;
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public Permit acquire(int weight) throws InterruptedException {
        return await("acquire", weight, null).orElseThrow();
    }

    @Override
    public Optional<Permit> tryAcquire(int weight) {
        checkWeight(weight);
        PermitRequest request = request(
                queue("tryAcquire"), "tryAcquire", weight, true, scope.kernel().operationTimeout());
        return granted(request, Await.uninterruptibly(request.result()));
    }

    @Override
    public Optional<Permit> tryAcquire(int weight, Duration timeout) throws InterruptedException {
        Duration most = Scope.checkTimeout(timeout);
        return most.isZero() ? tryAcquire(weight) : await("tryAcquire", weight, most);
    }

    private Optional<Permit> await(String operation, int weight, @Nullable Duration timeout)
            throws InterruptedException {
        checkWeight(weight);
        scope.requireNotInterrupted(operation);
        PoolQueue queue = queue(operation);
        PermitRequest request = request(queue, operation, weight, false, timeout);
        return granted(request, queue.await(request));
    }

    /** Requests permits; with a limit the request ends by itself. */
    PermitRequest request(
            PoolQueue queue, String operation, int weight, boolean onlyIfFree, @Nullable Duration timeout) {
        return queue.request(
                new PermitRequest(queue, operation, weight, firstLimit, onlyIfFree, timeout != null), timeout);
    }

    private static Optional<Permit> granted(PermitRequest request, Optional<Hold> result) {
        return result.map(hold -> new HeldPermit(hold, request.weight, request.entry()));
    }

    /** The queue of this directory, with one user added. */
    PoolQueue queue(String operation) {
        return PoolQueue.enter(scope, operation);
    }

    @Override
    public int limit() {
        Snapshot read = scope.read("limit", scope.one(Room.LIMIT));
        return Limit.in(read.entries()).orElse(firstLimit);
    }

    @Override
    public void setLimit(int limit) {
        checkLimit(limit);
        Await.uninterruptibly(changeLimit(limit));
    }

    /** Begins to store another limit. */
    CompletableFuture<Integer> changeLimit(int limit) {
        scope.requireOpen("setLimit");
        Change<OptionalInt, Integer> change = new Change<>("setLimit", scope.kernel()) {
            @Override
            protected OptionalInt apply(OptionalInt before, long incarnation) {
                return OptionalInt.of(limit);
            }

            @Override
            protected Integer result(long revision) {
                return limit;
            }
        };
        limits.submit(scope, scope.one(Room.LIMIT), change);
        return change;
    }

    @Override
    public LockView inspect() {
        Snapshot all = scope.readAll("inspect");
        int limit = Limit.in(all.entries()).orElse(firstLimit);
        List<LockView.Place> holders = new ArrayList<>();
        List<LockView.Place> waiters = new ArrayList<>();
        for (Allotted place : Allotted.within(limit, View.queue(all))) {
            (place.holds() ? holders : waiters).add(place(place.entry(), Allotted.shown(place.permits())));
        }
        return new LockView(holders, waiters);
    }

    private static LockView.Place place(Entry entry, int weight) {
        Card card = Card.decode(entry.value());
        return new LockView.Place(
                entry.name(),
                card.nodeId(),
                card.since(),
                LockView.Kind.SHARED,
                weight,
                OptionalLong.empty(),
                Turn.isForeign(entry));
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
