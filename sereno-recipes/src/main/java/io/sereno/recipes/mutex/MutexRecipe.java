package io.sereno.recipes.mutex;

import io.sereno.Grant;
import io.sereno.LockView;
import io.sereno.Mutex;
import io.sereno.SerenoException;
import io.sereno.SerenoLock;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.AsyncCalls;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The mutex as its users call it: makes requests to the {@link MutexQueue} of its name, and waits. Holds nothing itself. */
public final class MutexRecipe implements Mutex {
    private final InUse<String, MutexQueue> queues;
    private final Scope scope;

    public MutexRecipe(Client client, String name, String directory) {
        this.queues = client.shared(MutexQueue.QUEUES);
        this.scope = new Scope(client, MutexQueue.RECIPE, name, directory);
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public Grant acquire() throws InterruptedException {
        return await("acquire", false, null).orElseThrow();
    }

    @Override
    public Grant acquireUninterruptibly() {
        return acquireUninterruptibly("acquireUninterruptibly");
    }

    Hold acquireUninterruptibly(String operation) {
        MutexQueue queue = queue(operation);
        return Await.uninterruptibly(queue.request(operation, false, null).result())
                .orElseThrow();
    }

    @Override
    public CompletableFuture<Grant> acquireAsync() {
        AsyncCalls calls = scope.kernel().calls();
        try {
            scope.requireOpen("acquireAsync");
            calls.begin(scope, "acquireAsync");
        } catch (SerenoException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        MutexQueue queue = queue();
        RightRequest request = queue.request("acquireAsync", false, null);
        CompletableFuture<Grant> grant = new CompletableFuture<>();
        var unusedGrant = request.result()
                .whenComplete((hold, failure) -> scope.kernel().offStrand(() -> {
                    if (failure != null) {
                        grant.completeExceptionally(failure);
                    } else {
                        grant.complete(hold.orElseThrow());
                    }
                }));
        var unusedEnd = grant.whenComplete((result, failure) -> {
            if (result != null && isGrantOf(request, result)) {
                calls.end();
            } else {
                // Until the store has nothing of the request, which may be long after the caller has given up.
                var unused = queue.gone(request).thenRun(calls::end);
            }
        });
        return grant;
    }

    private static boolean isGrantOf(RightRequest request, Grant grant) {
        CompletableFuture<Optional<Hold>> result = request.result();
        return result.isDone()
                && !result.isCompletedExceptionally()
                && result.join().filter(hold -> hold == grant).isPresent();
    }

    @Override
    public Optional<Grant> tryAcquire() {
        MutexQueue queue = queue("tryAcquire");
        return Await.uninterruptibly(
                        queue.request("tryAcquire", true, scope.kernel().operationTimeout())
                                .result())
                .map(hold -> hold);
    }

    @Override
    public Optional<Grant> tryAcquire(Duration timeout) throws InterruptedException {
        Duration limit = Scope.checkTimeout(timeout);
        return limit.isZero() ? tryAcquire() : await("tryAcquire", false, limit).map(hold -> hold);
    }

    @Override
    public <T, E extends Exception> T call(Work<T, E> work) throws E, InterruptedException {
        Objects.requireNonNull(work, "work is null");
        Hold hold = await("call", false, null).orElseThrow();
        T result;
        try (hold) {
            result = hold.run(() -> work.run(hold));
        } catch (Throwable thrown) {
            hold.requireHeldToTheEnd(thrown);
            throw thrown;
        }
        hold.requireHeldToTheEnd(null);
        return result;
    }

    @Override
    public LockView inspect() {
        List<Entry> queue = View.queue(scope.readAll("inspect"));
        List<LockView.Place> places = new ArrayList<>(queue.size());
        for (Entry entry : queue) {
            places.add(place(entry, places.isEmpty()));
        }
        int holders = Math.min(1, places.size());
        return new LockView(places.subList(0, holders), places.subList(holders, places.size()));
    }

    private static LockView.Place place(Entry entry, boolean holds) {
        Card card = Card.decode(entry.value());
        boolean foreign = Turn.isForeign(entry);
        OptionalLong token =
                holds && !foreign ? OptionalLong.of(FencingToken.of(entry.createRevision(), 0)) : OptionalLong.empty();
        return new LockView.Place(
                entry.name(), card.nodeId(), card.since(), LockView.Kind.EXCLUSIVE, 1, token, foreign);
    }

    @Override
    public SerenoLock asLock() {
        return new MutexLock(this, scope.client().shared(MutexLock.OWNERSHIPS), scope.directory());
    }

    private Optional<Hold> await(String operation, boolean onlyIfFree, @Nullable Duration limit)
            throws InterruptedException {
        scope.requireNotInterrupted(operation);
        MutexQueue queue = queue(operation);
        return queue.await(queue.request(operation, onlyIfFree, limit));
    }

    String about(String operation) {
        return scope.about(operation);
    }

    /** The queue of this name, with one user added. */
    public MutexQueue queue(String operation) {
        scope.requireOpen(operation);
        return queue();
    }

    private MutexQueue queue() {
        return queues.enter(scope.directory(), () -> new MutexQueue(queues, scope));
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
