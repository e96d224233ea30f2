package io.sereno.recipes.mutex;

import io.sereno.LossCause;
import io.sereno.recipes.client.HoldSeries;
import io.sereno.recipes.client.RightQueue;
import io.sereno.recipes.client.RightRequest;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The callers of one client that want one mutex, in the order of their arrival. There is one such queue for each name, however many
 * {@link MutexRecipe} objects, and only while somebody wants or has the mutex ({@link InUse}).
 *
 * <p>Stored: nothing but the entry of the one {@link Turn} that this queue has in the directory of the mutex.
 *
 * <p>Invariant: at most one hold at a time, with a token greater than every one before it:
 * {@code createRevision of the entry * 1024 + place in the series} ({@link FencingToken}).
 *
 * <ol>
 *   <li>The first request makes the turn enter; when the turn is granted, the first request in the queue gets the mutex.
 *   <li>A release hands the turn on to the next request in the queue, under the same entry, for as long as the series may go on: at most 1,024
 *       holds, at most 20 ms after the grant, and under a session that is fresh.
 *   <li>Otherwise the turn rolls over: the entry is given back and a new one put at the tail, so that other clients come first. If the queue is
 *       empty, the turn leaves.
 *   <li>A request that gives up is removed at once, and can no longer be granted. If it was the last request, the turn leaves the queue.
 *   <li>A loss ends the hold. The requests stay, and the turn enters again.
 * </ol>
 *
 * <p>All but {@link #request}, {@link #withdraw} and {@link #takeBack} is confined to the strand.
 */
public final class MutexQueue extends RightQueue<RightRequest> implements Turn.Owner, Hold.Giver {
    static final String RECIPE = "mutex";
    public static final Shared<InUse<String, MutexQueue>> QUEUES =
            new Shared<>(client -> new InUse<>(MutexQueue::close), InUse::close);

    private static final CompletableFuture<Void> HANDED_ON = CompletableFuture.completedFuture(null);

    private final Turn turn;
    private final HoldSeries series;
    /** The requests that may get the mutex when the turn is granted, in order. */
    private final Deque<RightRequest> waiting = new ArrayDeque<>(2);

    private @Nullable Hold current;
    private boolean entered;
    private LossCause lastLoss = LossCause.SESSION_EXPIRED;
    /** The number of waiting requests; written on the strand, read by the releasing thread. */
    private volatile int inLine;

    /**
     * Releases that have begun and are not processed on the strand yet. The last waiting request does not give up meanwhile: a release may count
     * on it.
     */
    private final AtomicInteger releases = new AtomicInteger();

    private final List<Runnable> afterRelease = new ArrayList<>(1);

    public MutexQueue(InUse<String, MutexQueue> queues, Scope scope) {
        super(queues, scope);
        this.series = new HoldSeries(kernel());
        this.turn = new Turn(scope.client().sessions(), strand(), scope.directory(), this);
    }

    /** Requests the mutex; with a limit the request ends by itself. The caller has entered the queue, the end of the request exits. */
    public RightRequest request(String operation, boolean onlyIfFree, @Nullable Duration limit) {
        return submit(new RightRequest(this, operation, onlyIfFree, limit != null), limit);
    }

    /** The number of this client's waiting requests that the strand has seen. */
    int inLine() {
        return inLine;
    }

    // Step 1.
    @Override
    protected void enqueue(RightRequest request) {
        waiting.add(request);
        inLine = waiting.size();
        if (!entered) {
            entered = true;
            enter();
        }
        if (current == null) {
            turn.enter();
        }
    }

    @Override
    protected boolean isTaken(RightRequest request) {
        return current != null || !waiting.isEmpty();
    }

    @Override
    protected boolean isTaken(RightRequest request, Snapshot snapshot) {
        return View.queue(snapshot).stream().anyMatch(entry -> !turn.isOwn(entry));
    }

    @Override
    protected boolean isBehindOthers(RightRequest request, boolean inReach) {
        return current != null || (turn.isWaiting() && inReach);
    }

    @Override
    protected @Nullable BackendException failure(RightRequest request) {
        return turn.failure();
    }

    // Steps 2 and 3.
    @Override
    public CompletableFuture<Void> takeBack(Hold hold) {
        releases.incrementAndGet(); // Before inLine is read.
        if (inLine > 0 && series.mayGoOn()) {
            // No need to wait: the next request in line gets the mutex, without the store.
            strand().execute(() -> passOn(hold, HANDED_ON, true));
            return HANDED_ON;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        strand().execute(() -> passOn(hold, done, false));
        return kernel().atMost(kernel().operationTimeout(), done);
    }

    private void passOn(Hold hold, CompletableFuture<Void> done, boolean promised) {
        releases.decrementAndGet();
        passOnOnce(hold, done, promised);
        if (!afterRelease.isEmpty()) {
            List<Runnable> all = List.copyOf(afterRelease);
            afterRelease.clear();
            all.forEach(Runnable::run);
        }
    }

    private void passOnOnce(Hold hold, CompletableFuture<Void> done, boolean promised) {
        if (hold != current) {
            if (!promised) {
                hold.foundLost(lastLoss); // Lost at the same moment.
            }
            done.complete(null);
            return;
        }
        current = null;
        if (!waiting.isEmpty() && (promised || series.mayGoOn())) {
            handOver(kernel().events().now());
            done.complete(null);
        } else {
            turn.whenGone(hold, done);
            if (waiting.isEmpty()) {
                turn.leave();
            } else {
                turn.rollOver();
            }
        }
        exit();
    }

    @Override
    public void granted(Session under, long revision) {
        handOver(series.start(under, revision));
    }

    private void handOver(long now) {
        RightRequest next = waiting.poll();
        inLine = waiting.size();
        Session under = series.session();
        if (next == null || under == null) {
            turn.leave();
        } else {
            current = grant(next, this, under, series.nextToken(), now);
        }
    }

    // Step 4.
    @Override
    protected void remove(RightRequest request, CompletableFuture<Void> gone) {
        boolean mine = waiting.remove(request);
        inLine = waiting.size();
        if (mine && waiting.isEmpty() && current == null) {
            turn.whenGone(null, gone);
            turn.leave();
        } else {
            gone.complete(null);
        }
    }

    /** A release may count on this request, the only one in line. From here on a release does not see this one. */
    @Override
    protected boolean isPostponed(RightRequest request, Runnable task) {
        if (request.isEnded() || waiting.size() != 1 || waiting.peek() != request) {
            return false;
        }
        inLine = 0;
        return releases.get() > 0 && afterRelease.add(task);
    }

    @Override
    public void waiting() {
        List<RightRequest> tries =
                waiting.stream().filter(RightRequest::isOnlyIfFree).toList();
        waiting.removeAll(tries);
        inLine = waiting.size();
        if (waiting.isEmpty()) {
            CompletableFuture<Void> gone = new CompletableFuture<>();
            turn.whenGone(null, gone);
            turn.leave();
            tries.forEach(request -> busy(request, gone));
        } else {
            tries.forEach(this::busy);
        }
    }

    // Step 5.
    @Override
    public void lost(LossCause cause) {
        loseCurrent(cause);
        if (waiting.isEmpty()) {
            turn.leave();
        }
    }

    private void loseCurrent(LossCause cause) {
        lastLoss = cause;
        if (current != null) {
            Hold hold = current;
            current = null;
            exit();
            hold.lose(cause);
        }
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            scope().retrying("acquire", why);
        }
        if (why.permanent()) {
            failAll(waiting, why);
            inLine = 0;
            if (current == null) {
                turn.leave();
            }
        }
    }

    @Override
    protected void endAll() {
        closeAll(waiting);
        inLine = 0;
        loseCurrent(LossCause.SERENO_CLOSED);
        turn.close();
    }

    @Override
    public void idle() {
        if (entered) {
            entered = false;
            exit();
        }
    }
}
