package io.sereno.recipes.slots;

import io.sereno.LockView;
import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.SlotView;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.PoolQueue;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The slot pool as its users call it: makes requests to the {@link PoolQueue} of its name, and waits. Holds nothing itself. */
public final class SlotPoolRecipe implements SlotPool {
    private static final String RECIPE = "slot pool";

    private final Scope scope;
    private final int count;

    public SlotPoolRecipe(Client client, String name, int count, String directory) {
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException(
                    "the count of slots is " + count + "; 1 to " + MAX_COUNT + " are accepted");
        }
        this.scope = new Scope(client, RECIPE, name, directory);
        this.count = count;
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public Slot acquire() throws InterruptedException {
        return await("acquire", SlotRequest.NONE, null).orElseThrow();
    }

    @Override
    public Slot acquire(int preferred) throws InterruptedException {
        return await("acquire", checkPreferred(preferred), null).orElseThrow();
    }

    @Override
    public Optional<Slot> tryAcquire() {
        return ifFree(SlotRequest.NONE);
    }

    @Override
    public Optional<Slot> tryAcquire(int preferred) {
        return ifFree(checkPreferred(preferred));
    }

    @Override
    public Optional<Slot> tryAcquire(Duration timeout) throws InterruptedException {
        return within(SlotRequest.NONE, timeout);
    }

    @Override
    public Optional<Slot> tryAcquire(int preferred, Duration timeout) throws InterruptedException {
        return within(checkPreferred(preferred), timeout);
    }

    private int checkPreferred(int preferred) {
        if (preferred < 0 || preferred >= count) {
            throw new IllegalArgumentException(
                    "the preferred slot is " + preferred + "; 0 to " + (count - 1) + " are accepted");
        }
        return preferred;
    }

    private Optional<Slot> ifFree(int preferred) {
        SlotRequest request = request(
                queue("tryAcquire"),
                "tryAcquire",
                preferred,
                true,
                scope.kernel().operationTimeout());
        return granted(request, Await.uninterruptibly(request.result()));
    }

    private Optional<Slot> within(int preferred, Duration timeout) throws InterruptedException {
        Duration most = Scope.checkTimeout(timeout);
        return most.isZero() ? ifFree(preferred) : await("tryAcquire", preferred, most);
    }

    private Optional<Slot> await(String operation, int preferred, @Nullable Duration timeout)
            throws InterruptedException {
        scope.requireNotInterrupted(operation);
        PoolQueue queue = queue(operation);
        SlotRequest request = request(queue, operation, preferred, false, timeout);
        return granted(request, queue.await(request));
    }

    /** Requests a slot; with a limit the request ends by itself. */
    SlotRequest request(
            PoolQueue queue, String operation, int preferred, boolean onlyIfFree, @Nullable Duration timeout) {
        return queue.request(new SlotRequest(queue, operation, count, preferred, onlyIfFree, timeout != null), timeout);
    }

    private static Optional<Slot> granted(SlotRequest request, Optional<Hold> result) {
        return result.map(hold -> new HeldSlot(hold, request.number()));
    }

    /** The queue of this directory, with one user added. */
    PoolQueue queue(String operation) {
        return PoolQueue.enter(scope, operation);
    }

    @Override
    public SlotView inspect() {
        SortedMap<Integer, LockView.Place> holders = new TreeMap<>();
        List<LockView.Place> waiters = new ArrayList<>();
        for (Entry entry : View.queue(scope.readAll("inspect"))) {
            OptionalInt number = SlotLines.of(entry).number();
            if (number.isPresent()) {
                // A read that is no snapshot may show the former holder of a number, too, which comes first.
                holders.put(number.getAsInt(), place(entry, true));
            } else {
                waiters.add(place(entry, false));
            }
        }
        return new SlotView(holders, waiters);
    }

    /** Whether a place has no number yet. */
    public static boolean waits(Entry place) {
        return SlotLines.of(place).number().isEmpty();
    }

    private static LockView.Place place(Entry entry, boolean holds) {
        Card card = Card.decode(entry.value());
        return new LockView.Place(
                entry.name(),
                card.nodeId(),
                card.since(),
                LockView.Kind.EXCLUSIVE,
                1,
                holds ? OptionalLong.of(FencingToken.of(entry.createRevision(), 0)) : OptionalLong.empty(),
                Turn.isForeign(entry));
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
