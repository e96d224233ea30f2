package io.sereno.suite.mutex;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.Mutex;
import io.sereno.SerenoLock;
import io.sereno.simulation.Fate;
import io.sereno.spi.Entry;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;

/**
 * Several callers of one client that want the same mutex: their order, local hand-over among them, and the view of the
 * mutex as a {@code Lock}.
 */
public class LockCallerRules {
    private static final String NAME = "lock";
    private static final Duration LONG = Duration.ofSeconds(30);

    /** The number of the caller that gives up. */
    private static final int GIVES_UP = 4;

    /** How many holds a series may have, and (below) how long after the first the last one may begin. */
    private static final int MOST = 1_024;

    private static final Duration LONGEST = Duration.ofMillis(20);

    @Rule(value = "LCK-5b", waits = true, check = "whether callers of one client wait in one queue")
    void callersOfOneClientAreGrantedInTheOrderOfTheirCalls(Bench bench) {
        Node node = Node.in(bench);
        Mutex mutex = node.sereno().mutex(NAME);
        Grant held = LockRules.acquire(node);
        List<Integer> served = new ArrayList<>();
        List<Calling<Boolean>> callers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            int number = i;
            Calling<Boolean> caller = node.calls("caller " + i, () -> {
                if (number % 3 == 0) {
                    return mutex.call(grant -> note(served, number));
                }
                Grant grant = number % 3 == 1
                        ? mutex.acquire()
                        : mutex.tryAcquire(LONG).orElseThrow();
                note(served, number);
                grant.release();
                return true;
            });
            callers.add(caller);
            if (!bench.reach(caller::isParked, bench.patience())) {
                throw bench.unknown("caller " + i + " does not start to wait");
            }
        }
        // A caller that gives up does not change the order of the others.
        callers.get(GIVES_UP).interrupt();
        CallResult<Boolean> givenUp = callers.get(GIVES_UP).end(LONG);
        bench.verify(
                givenUp.thrown() instanceof InterruptedException,
                () -> "a caller that was interrupted while it waited ended as " + givenUp);
        node.run("release", held::release);
        for (Calling<Boolean> caller : callers) {
            if (!caller.equals(callers.get(GIVES_UP))) {
                caller.result(LONG);
            }
        }
        bench.same("the order in which callers were served", List.of(0, 1, 2, 3, 5, 6, 7, 8), served);
    }

    private static boolean note(List<Integer> served, int number) {
        synchronized (served) {
            return served.add(number);
        }
    }

    @Rule(
            value = "LCK-6",
            waits = true,
            check = "whether a client that hands the lock to its own callers ever lets other clients in")
    void aSeriesOfLocalHoldsEnds(Bench bench) {
        long entries = trySeries(bench, "long", Duration.ofMillis(2), 24, 200);
        for (int i = 0; i < 3; i++) {
            entries += trySeries(bench, "short-" + i, Duration.ZERO, 24, 200);
        }
        if (!bench.kit().pace().isReal()) {
            // If holds take no time, their number limits the series. With more callers than that in line, there is
            // always one waiting.
            entries += trySeries(bench, "crowd", Duration.ZERO, MOST + 100, 1);
        }
        bench.evidence("series of local holds", entries, 8);
    }

    private record Hold(long token, long from) {}

    /**
     * Callers of one client, which only acquire and release the lock, and one caller of another client. Returns how
     * many entries the first client had.
     */
    private static long trySeries(Bench bench, String name, Duration length, int many, int times) {
        Node busy = Node.in(bench);
        Node other = Node.in(bench);
        Mutex mutex = busy.sereno().mutex(name);
        List<Hold> holds = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        Grant first = busy.calls("acquire", mutex::acquire).result(LONG);
        long from = bench.now();
        Calling<Grant> outside = other.calls("acquire", other.sereno().mutex(name)::acquire);
        Queues.ofLock(bench, name).await(bench, 2);
        List<Calling<Boolean>> callers = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            callers.add(busy.calls("caller " + i, () -> {
                for (int j = 0; j < times && !stop.get(); j++) {
                    hold(bench, mutex, length, holds);
                }
                return true;
            }));
        }
        if (!bench.reach(() -> callers.stream().allMatch(Calling::isParked), bench.patience())) {
            throw bench.unknown("callers do not start to wait");
        }
        busy.run("release", first::release);
        Grant grant = outside.result(LONG);
        bench.within(
                bench.afterNotice(Duration.ofSeconds(2)),
                from,
                "the wait of another client behind a client that hands on locally");
        List<Hold> inFront;
        synchronized (holds) {
            inFront = List.copyOf(holds);
        }
        bench.verify(
                inFront.size() < MOST,
                () -> "a client had the lock another " + inFront.size() + " times while " + other
                        + " was in the queue behind its entry; a series has at most " + MOST + " holds");
        Duration allowed = LONGEST.plusMillis(bench.kit().pace().isReal() ? 150 : 1)
                .plus(bench.kit().stalledSince(from).multipliedBy(2));
        inFront.forEach(hold -> requireSoon(bench, from, from, hold, allowed));
        other.run("release", grant::release);
        bench.pass(Duration.ofMillis(200));
        stop.set(true);
        callers.forEach(caller -> caller.result(LONG));
        Map<Long, Hold> begins = new HashMap<>();
        long longest = 0;
        for (Hold hold : holds) {
            Hold begin = begins.computeIfAbsent(hold.token() / 1_024, entry -> hold);
            requireSoon(bench, from, begin.from(), hold, allowed);
            longest = Math.max(longest, hold.token() % 1_024);
        }
        // On a busy machine 20 ms may be over before the first hold begins.
        bench.evidence(
                "places of the longest series of each attempt",
                longest + 1,
                bench.kit().pace().isReal() ? 1 : 2);
        return begins.size();
    }

    /** A hold is seen to begin when its thread resumes, which may be late on a machine that stands still. */
    private static void requireSoon(Bench bench, long from, long begin, Hold hold, Duration allowed) {
        Duration late = Duration.ofNanos(hold.from() - begin);
        Duration stood = bench.kit().stalledSince(from);
        if (late.compareTo(allowed) > 0 && stood.compareTo(LONGEST) > 0) {
            throw bench.unknown("a hold was seen to begin " + Bench.text(late)
                    + " after the first of its entry, while this machine stalled for " + Bench.text(stood));
        }
        bench.verify(
                late.compareTo(allowed) <= 0,
                () -> "a hold of the entry created at " + hold.token() / 1_024 + " began " + Bench.text(late)
                        + " after its first; none may begin later than 20 ms");
    }

    private static void hold(Bench bench, Mutex mutex, Duration length, List<Hold> holds) throws Exception {
        Grant grant = mutex.acquire();
        synchronized (holds) {
            holds.add(new Hold(grant.fencingToken(), bench.now()));
        }
        if (!length.isZero()) {
            bench.pass(length);
        }
        grant.release();
    }

    @Rule(
            value = "LCK-15a",
            waits = true,
            check =
                    "how the deletion of an entry that is gone ends: Conflict is the correct answer, and proves that the grant was lost")
    void aReleaseThatFindsItsEntryGoneReportsTheLoss(Bench bench) {
        Node node = Node.in(bench);
        Queues queue = Queues.ofLock(bench, NAME);
        for (int round = 0; round < 3; round++) {
            Grant held = LockRules.acquire(node);
            queue.clear();
            CallResult<Boolean> ended = release(node, held);
            bench.verify(
                    ended.thrown() instanceof GrantLostException,
                    () -> "the entry of a grant was removed, and then release() ended as " + ended
                            + "; GrantLostException is expected");
        }
    }

    @Rule(
            value = "LCK-15b",
            waits = true,
            check = "how release() treats a deletion that is refused after an earlier attempt whose reply was lost")
    void aReleaseWhoseReplyIsLostIsNoLoss(Bench bench) {
        for (Fate fate : List.of(Fate.loseReply(), Fate.applyLate(Duration.ofMillis(20)))) {
            LostCommits lost = new LostCommits(bench, "lock", NAME, fate);
            Grant held = LockRules.acquire(lost.node());
            lost.next();
            CallResult<Boolean> ended = release(lost.node(), held);
            bench.verify(
                    ended.succeeded(),
                    () -> "release() ended as " + ended + "; " + lost
                            + "; no other client removed the entry, so the grant was not lost");
            lost.end();
        }
    }

    @Rule(
            value = "LCK-15c",
            waits = true,
            check = "whether release() waits for the deletion when callers of the same client give up meanwhile")
    void aReleasedEntryIsGoneFromTheStore(Bench bench) {
        Node node = Node.in(bench);
        Queues queue = Queues.ofLock(bench, NAME);
        Duration patience = Duration.ofMillis(40);
        for (int round = 0; round < 20; round++) {
            Grant held = LockRules.acquire(node);
            Calling<Boolean> waiter = node.calls("tryAcquire for 40 ms", () -> {
                Optional<Grant> attempt = node.sereno().mutex(NAME).tryAcquire(patience);
                attempt.ifPresent(Grant::close);
                return attempt.isPresent();
            });
            bench.reach(waiter::isParked, bench.patience());
            // Some releases come before the waiter gives up, some after, and some at the same moment.
            bench.pass(patience.minusMillis(10).plusMillis(round));
            CallResult<Boolean> ended = release(node, held);
            Optional<Entry> left = queue.of(held.fencingToken());
            boolean handedOn = waiter.result(LONG);
            bench.verify(
                    ended.succeeded() && (handedOn || left.isEmpty()),
                    () -> "release() ended as " + ended + ", no caller got the lock, and its entry still exists: "
                            + left);
        }
    }

    private static CallResult<Boolean> release(Node node, Grant held) {
        return node.acts("release", held::release).end(LONG);
    }

    @Rule(
            value = "LCK-14",
            waits = true,
            check = "whether a reentrant lock() creates a new grant, and how unlock() reports a loss")
    @SuppressWarnings("LockNotBeforeTry")
    void theLockViewIsReentrantAndReportsALoss(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Queues queue = Queues.ofLock(bench, NAME);
        Mutex mutex = node.sereno().mutex(NAME);
        Lock lock = mutex.asLock();
        List<Optional<Long>> tokens = new ArrayList<>();
        List<Boolean> strangers = new ArrayList<>();
        CallResult<Boolean> ended = node.calls("lock, lock, lose, unlock", () -> {
                    lock.lock();
                    tokens.add(token(mutex));
                    lock.lock();
                    tokens.add(token(mutex));
                    strangers.add(entersElsewhere(bench, lock));
                    lock.unlock();
                    tokens.add(token(mutex));
                    strangers.add(entersElsewhere(bench, lock));
                    lock.unlock();
                    tokens.add(token(mutex));
                    lock.lock();
                    queue.clear();
                    bench.pass(Node.steady(bench).dividedBy(2));
                    lock.unlock();
                    return true;
                })
                .end(LONG.multipliedBy(2));
        Optional<Long> token = tokens.isEmpty() ? Optional.empty() : tokens.get(0);
        bench.same(
                "the token in the store after lock() | lock() | unlock() | unlock()",
                List.of(token, token, token, Optional.<Long>empty()),
                tokens);
        bench.same("whether another thread of the client may enter meanwhile", List.of(false, false), strangers);
        bench.verify(
                ended.thrown() instanceof GrantLostException,
                () -> "unlock() after the entry had been removed ended as " + ended
                        + "; GrantLostException is expected");
        Grant free = other.result("acquire", other.sereno().mutex(NAME)::acquire);
        other.run("release", free::release);
    }

    @Rule(
            value = "LCK-14",
            waits = true,
            check = "whether the lock view remembers that it has told its thread of a loss")
    @SuppressWarnings("LockNotBeforeTry")
    void aThreadThatHasBeenToldOfALossLocksAnew(Bench bench) {
        Node node = Node.in(bench);
        Queues queue = Queues.ofLock(bench, NAME);
        SerenoLock lock = node.sereno().mutex(NAME).asLock();
        List<Boolean> mine = new ArrayList<>();
        CallResult<Boolean> ended = node.calls("lock, lose, lock, unlock", () -> {
                    mine.add(lock.isHeldByCurrentThread());
                    lock.lock();
                    mine.add(lock.isHeldByCurrentThread());
                    queue.clear();
                    long from = bench.now();
                    while (lock.isHeldByCurrentThread() && bench.since(from).compareTo(LONG) < 0) {
                        bench.pass(Duration.ofMillis(20));
                    }
                    mine.add(lock.isHeldByCurrentThread());
                    lock.lock();
                    mine.add(lock.isHeldByCurrentThread());
                    lock.unlock();
                    mine.add(lock.isHeldByCurrentThread());
                    return true;
                })
                .end(LONG.multipliedBy(2));
        bench.same(
                "isHeldByCurrentThread() | lock() | after a loss | lock() | unlock()",
                List.of(false, true, false, true, false),
                mine);
        bench.verify(
                ended.thrown() == null,
                () -> "a thread that had been told of a loss locked anew and unlocked, and that ended as " + ended);
    }

    private static Optional<Long> token(Mutex mutex) {
        return mutex.inspect().holders().stream()
                .map(holder -> holder.fencingToken().orElseThrow())
                .findFirst();
    }

    private static boolean entersElsewhere(Bench bench, Lock lock) throws Exception {
        CompletableFuture<Boolean> attempt =
                bench.async(() -> bench.kit().crew().waiting(() -> lock.tryLock()));
        return attempt.get();
    }
}
