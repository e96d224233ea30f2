package io.sereno.recipes.mutex;

import io.sereno.LossCause;
import io.sereno.SerenoMeter.NotGranted;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
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
public final class MutexQueue implements Turn.Owner, Hold.Giver {
    static final String RECIPE = "mutex";
    public static final Shared<InUse<String, MutexQueue>> QUEUES =
            new Shared<>(client -> new InUse<>(MutexQueue::close), InUse::close);

    private static final CompletableFuture<Void> HANDED_ON = CompletableFuture.completedFuture(null);
    private static final long SERIES_NANOS = Duration.ofMillis(20).toNanos();

    /** One caller's request: the result is a hold, or empty if others were in front until the end. */
    public static final class Request extends TimedWait<Optional<Hold>> {
        private final String operation;
        private final boolean onlyIfFree;
        private final long since;

        private @Nullable Hold hold;

        private Request(Kernel kernel, Strand strand, String operation, boolean onlyIfFree, long since) {
            super(kernel, strand);
            this.operation = operation;
            this.onlyIfFree = onlyIfFree;
            this.since = since;
        }
    }

    private final Kernel kernel;
    private final TimeSource time;
    private final InUse<String, MutexQueue> queues;
    private final Scope scope;
    private final String directory;
    private final Strand strand = new Strand();
    private final Turn turn;
    /** The requests that may get the mutex when the turn is granted, in order. */
    private final Deque<Request> waiting = new ArrayDeque<>(2);
    /** The requests that want the mutex only if it is free, and are still checking whether it is. */
    private final List<Request> looking = new ArrayList<>(1);

    private @Nullable Session session;
    private @Nullable Hold current;
    private long createRevision;
    private int place;
    private long grantedAt;
    private boolean entered;
    private boolean closed;
    /** The number of waiting requests; written on the strand, read by the releasing thread. */
    private volatile int inLine;

    /**
     * Releases that have begun and are not processed on the strand yet. The last waiting request does not give up meanwhile: a release may count
     * on it.
     */
    private final AtomicInteger releases = new AtomicInteger();

    private final List<Runnable> afterRelease = new ArrayList<>(1);

    public MutexQueue(InUse<String, MutexQueue> queues, Scope scope) {
        this.kernel = scope.kernel();
        this.time = kernel.time();
        this.queues = queues;
        this.scope = scope;
        this.directory = scope.directory();
        this.turn = new Turn(scope.client().sessions(), strand, directory, this);
    }

    /** Requests the mutex; with a limit the request ends by itself. The caller has entered the queue, the end of the request exits. */
    public Request request(String operation, boolean onlyIfFree, @Nullable Duration limit) {
        long since = limit != null ? time.nanoTime() : kernel.events().now();
        Request request = new Request(kernel, strand, operation, onlyIfFree, since);
        kernel.events().waiting(RECIPE, scope.name());
        strand.execute(() -> {
            if (closed) {
                fail(request, NotGranted.CLOSED, scope.closed(operation));
            } else if (!onlyIfFree) {
                enqueue(request);
            } else if (isTaken()) {
                answer(request, Optional.empty());
            } else {
                lookFirst(request);
            }
        });
        if (limit != null && !request.isEnded()) {
            limit(request, limit);
        }
        return request;
    }

    private void limit(Request request, Duration limit) {
        try {
            // Counted from the call: the time spent before this line is part of it.
            request.limit(limit.minusNanos(time.nanoTime() - request.since), () -> runOut(request));
        } catch (RuntimeException refused) {
            var unused = withdraw(request);
            throw refused;
        }
    }

    /** The number of this client's waiting requests that the strand has seen. */
    int inLine() {
        return inLine;
    }

    /** Withdraws a request, even one that has just been granted. Completes when the store has nothing of it, or after a grace period. */
    public CompletableFuture<Void> withdraw(Request request) {
        return kernel.atMost(Kernel.GRACE, gone(request));
    }

    /** As {@link #withdraw}, and completes only when the store has nothing of it, or the session is over, or the client closes. */
    CompletableFuture<Void> gone(Request request) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        strand.execute(() -> withdraw(request, gone));
        return gone;
    }

    private void withdraw(Request request, CompletableFuture<Void> gone) {
        if (request.hold != null) {
            var unused = request.hold.surrender().thenRun(() -> gone.complete(null));
        } else if (isCountedOn(request)) {
            afterRelease.add(() -> withdraw(request, gone));
        } else {
            end(request, NotGranted.WITHDRAWN);
            giveUp(request, gone);
        }
    }

    /** Whether a release may count on this request, the only one in line. From here on a release does not see this one. */
    private boolean isCountedOn(Request request) {
        if (request.isEnded() || waiting.size() != 1 || waiting.peek() != request) {
            return false;
        }
        inLine = 0;
        return releases.get() > 0;
    }

    // Steps 2 and 3.
    @Override
    public CompletableFuture<Void> takeBack(Hold hold) {
        releases.incrementAndGet(); // Before inLine is read.
        if (inLine > 0 && seriesMayGoOn()) {
            // No need to wait: the next request in line gets the mutex, without the store.
            strand.execute(() -> passOn(hold, HANDED_ON, true));
            return HANDED_ON;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        strand.execute(() -> passOn(hold, done, false));
        return kernel.atMost(kernel.operationTimeout(), done);
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
            done.complete(null); // Lost at the same moment.
            return;
        }
        current = null;
        if (!waiting.isEmpty() && (promised || seriesMayGoOn())) {
            place++;
            handOver();
            done.complete(null);
        } else {
            turn.whenGone(hold, done);
            if (waiting.isEmpty()) {
                turn.leave();
            } else {
                turn.rollOver();
            }
        }
        queues.exit(directory);
    }

    /** Ends everything: requests fail, the hold is lost. The entry in the store ends with the session. */
    void close() {
        strand.execute(() -> {
            closed = true;
            failAll(NotGranted.CLOSED, request -> scope.closed(request.operation));
            List.copyOf(looking).forEach(request -> fail(request, NotGranted.CLOSED, scope.closed(request.operation)));
            loseCurrent(LossCause.SERENO_CLOSED);
            turn.close();
        });
    }

    // Step 1.
    private void enqueue(Request request) {
        waiting.add(request);
        inLine = waiting.size();
        if (!entered) {
            entered = true;
            queues.enter(directory, () -> this);
        }
        if (current == null) {
            turn.enter();
        }
    }

    /** A request that wants the mutex only if it is free does not put an entry behind others. */
    private void lookFirst(Request request) {
        looking.add(request);
        kernel.store().read(new Query.All(directory), strand, (snapshot, why) -> {
            looking.remove(request);
            if (request.isEnded()) {
                return;
            }
            if (snapshot == null) {
                fail(request, NotGranted.FAILED, scope.notApplied(request.operation, why));
            } else if (isTaken() || hasOthers(snapshot)) {
                answer(request, Optional.empty());
            } else {
                enqueue(request);
            }
        });
    }

    private boolean isTaken() {
        return current != null || !waiting.isEmpty();
    }

    private boolean hasOthers(Snapshot snapshot) {
        return View.queue(snapshot).stream().anyMatch(entry -> !turn.isOwn(entry));
    }

    private boolean seriesMayGoOn() {
        return place + 1 < FencingToken.SERIES
                && time.nanoTime() - grantedAt < SERIES_NANOS
                && session != null
                && session.isFresh();
    }

    private void handOver() {
        Request next = waiting.poll();
        inLine = waiting.size();
        if (next == null || session == null) {
            turn.leave();
            return;
        }
        long token = FencingToken.of(createRevision, place);
        Hold hold = new Hold(kernel, this, session, RECIPE, scope.name(), token);
        current = hold;
        next.hold = hold;
        next.end();
        // The request has become a hold: the end of the hold exits the queue, instead of the end of the request.
        kernel.events().granted(RECIPE, scope.name(), token, next.since);
        next.complete(Optional.of(hold));
    }

    // Step 4.
    private void runOut(Request request) {
        if (request.isEnded()) {
            return;
        }
        if (isCountedOn(request)) {
            afterRelease.add(() -> runOut(request));
            return;
        }
        boolean inReach = turn.failure() == null && scope.client().sessions().current() != null;
        boolean behindOthers = current != null || (turn.isWaiting() && inReach);
        CompletableFuture<Void> gone = new CompletableFuture<>();
        giveUp(request, gone);
        kernel.afterGrace(gone, () -> {
            // Reported only here, so that the meter gets the same result as the caller.
            if (behindOthers || isAnswered(request)) {
                gaveUp(request, NotGranted.BUSY);
                request.complete(Optional.empty());
            } else {
                gaveUp(request, NotGranted.FAILED);
                request.fail(scope.notApplied(request.operation, turn.failure()));
            }
        });
    }

    /** The store is reachable, and was only too slow to say in time who is in front. */
    private boolean isAnswered(Request request) {
        return !request.onlyIfFree && turn.failure() == null && request.hasStoreAnswered();
    }

    private void giveUp(Request request, CompletableFuture<Void> gone) {
        boolean mine = waiting.remove(request);
        inLine = waiting.size();
        end(request);
        if (mine && waiting.isEmpty() && current == null) {
            turn.whenGone(null, gone);
            turn.leave();
        } else {
            gone.complete(null);
        }
    }

    private void end(Request request, NotGranted why) {
        if (!request.isEnded()) {
            gaveUp(request, why);
            end(request);
        }
    }

    private void gaveUp(Request request, NotGranted why) {
        kernel.events().gaveUp(RECIPE, scope.name(), why, request.since);
    }

    private void end(Request request) {
        if (request.end()) {
            queues.exit(directory);
        }
    }

    private void answer(Request request, Optional<Hold> answer) {
        end(request, NotGranted.BUSY);
        request.complete(answer);
    }

    private void fail(Request request, NotGranted why, RuntimeException error) {
        end(request, why);
        request.fail(error);
    }

    private void failAll(NotGranted why, Function<Request, RuntimeException> error) {
        List<Request> all = List.copyOf(waiting);
        waiting.clear();
        inLine = 0;
        all.forEach(request -> fail(request, why, error.apply(request)));
    }

    // Step 5.
    private void loseCurrent(LossCause cause) {
        if (current != null) {
            Hold hold = current;
            current = null;
            queues.exit(directory);
            hold.lose(cause);
        }
    }

    @Override
    public void waiting() {
        List<Request> tries =
                waiting.stream().filter(request -> request.onlyIfFree).toList();
        waiting.removeAll(tries);
        inLine = waiting.size();
        if (waiting.isEmpty()) {
            tries.forEach(request -> end(request, NotGranted.BUSY));
            CompletableFuture<Void> gone = new CompletableFuture<>();
            turn.whenGone(null, gone);
            turn.leave();
            kernel.afterGrace(gone, () -> tries.forEach(request -> request.complete(Optional.empty())));
        } else {
            tries.forEach(request -> answer(request, Optional.empty()));
        }
    }

    @Override
    public void granted(Session under, long revision) {
        session = under;
        createRevision = revision;
        place = 0;
        grantedAt = time.nanoTime();
        handOver();
    }

    @Override
    public void lost(LossCause cause) {
        loseCurrent(cause);
        if (waiting.isEmpty()) {
            turn.leave();
        }
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            scope.retrying("acquire", why);
        }
        if (why.permanent()) {
            failAll(NotGranted.FAILED, request -> scope.notApplied(request.operation, why));
            if (current == null) {
                turn.leave();
            }
        }
    }

    @Override
    public void idle() {
        if (entered) {
            entered = false;
            queues.exit(directory);
        }
    }
}
