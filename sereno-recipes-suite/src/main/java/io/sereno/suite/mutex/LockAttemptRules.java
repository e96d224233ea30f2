package io.sereno.suite.mutex;

import io.sereno.Grant;
import io.sereno.Mutex;
import io.sereno.spi.Entry;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Failed attempts to acquire a mutex, and waiters that give up, on a store without faults. */
public class LockAttemptRules {
    private static final String NAME = "lock";
    private static final Duration LONG = Duration.ofSeconds(30);

    @Rule(value = "LCK-9b", waits = true, check = "whether each step of a call has a timeout of its own")
    void tryAcquireComesBackInTime(Bench bench) {
        Node holder = Node.in(bench);
        Node other = Node.in(bench);
        Grant held = LockRules.acquire(holder);
        Mutex mutex = other.sereno().mutex(NAME);
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(100), Duration.ofMillis(600))) {
            long from = bench.now();
            Optional<Grant> attempt = other.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout))
                    .result();
            Duration took = bench.since(from);
            bench.verify(
                    attempt.isEmpty(),
                    () -> "tryAcquire(" + timeout + ") returned a grant while " + holder + " held the lock with token "
                            + held.fencingToken() + ", isHeld " + held.isHeld());
            if (!timeout.isZero()) {
                bench.within(timeout.plusMillis(250), from, "tryAcquire(" + timeout + ")");
                bench.verify(
                        took.compareTo(timeout) >= 0,
                        () -> "tryAcquire(" + timeout + ") gave up after " + Bench.text(took));
            }
            bench.same("the clients in the queue after an attempt ended without a grant", 1, queued(bench));
        }
        // A grant that comes after the timeout is given to no caller.
        Duration timeout = Duration.ofMillis(400);
        Calling<Optional<Grant>> late = other.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout));
        bench.pass(timeout.plusMillis(100));
        holder.run("release", held::release);
        Optional<Grant> nothing = late.result();
        bench.verify(
                nothing.isEmpty(),
                () -> "tryAcquire(" + timeout + ") returned a grant that was given when " + holder
                        + " released the lock, at least " + Bench.text(timeout.plusMillis(100)) + " after the call");
        Grant free = LockRules.acquire(holder);
        holder.run("release", free::release);
    }

    @Rule(value = "LCK-9a", waits = true, check = "whether an abandoned attempt is removed from the queue")
    void anAttemptThatReturnedEmptyNeverHolds(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node holder = Node.in(bench);
        Node other = Node.in(bench);
        Node third = Node.in(bench);
        Mutex mutex = other.sereno().mutex(NAME);
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(100), Duration.ofMillis(700))) {
            Grant held = LockRules.acquire(holder);
            Optional<Grant> attempt = other.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout))
                    .result();
            bench.verify(attempt.isEmpty(), () -> "a grant was returned while another client held");
            holder.run("release", held::release);
            bench.pass(Duration.ofMillis(300));
            bench.verify(
                    queue.live().isEmpty(),
                    () -> "tryAcquire(" + timeout + ") returned empty; when the lock became free, the queue held "
                            + queue.describe());
            Optional<Grant> free =
                    third.result("tryAcquire", () -> third.sereno().mutex(NAME).tryAcquire());
            bench.verify(free.isPresent(), () -> "the lock is free, and tryAcquire() is empty");
            third.run("release", free.orElseThrow()::release);
        }
    }

    @Rule(
            value = "LCK-9c",
            waits = true,
            check = "what an attempt takes for another client: a session that is not open yet,"
                    + " or an earlier entry of the same client")
    void anAttemptOnAFreeLockIsNotEmpty(Bench bench) {
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofSeconds(5))) {
            Node node = Node.in(bench);
            for (int i = 0; i < 3; i++) {
                Mutex mutex = node.sereno().mutex(NAME);
                int number = i + 1;
                Optional<Grant> attempt = node.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout))
                        .result();
                bench.verify(
                        attempt.isPresent(),
                        () -> "attempt " + number + " of a client, tryAcquire(" + timeout
                                + "), is empty, but the queue has no predecessor");
                node.run("release", attempt.orElseThrow()::release);
            }
        }
    }

    private static int queued(Bench bench) {
        return Queues.ofLock(bench, NAME).live().size();
    }

    @Rule(
            value = "LCK-8a",
            waits = true,
            check = "whether an abandoned request is removed by its createRevision, and before its call" + " returns")
    void anAbandonedRequestBlocksNoOtherAndLeavesNothing(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node holder = Node.in(bench);
        Node quitter = Node.in(bench);
        Node closer = Node.in(bench);
        Node next = Node.in(bench);
        for (String way : List.of("timeout", "interrupt", "close")) {
            Grant held = LockRules.acquire(holder);
            Node giving = way.equals("close") ? closer : quitter;
            Mutex mutex = giving.sereno().mutex(NAME);
            Calling<?> waiting = way.equals("timeout")
                    ? giving.calls("tryAcquire 3 s", () -> mutex.tryAcquire(Duration.ofSeconds(3)))
                    : giving.calls("acquire", mutex::acquire);
            queue.await(bench, 2);
            Calling<Grant> behind = next.calls("acquire", next.sereno().mutex(NAME)::acquire);
            long from = bench.now();
            while (queue.live().size() < 3 && !waiting.isDone()) {
                bench.within(bench.patience(), from, "queueing behind a waiter");
                bench.pass(Duration.ofMillis(5));
            }
            if (way.equals("interrupt")) {
                waiting.interrupt();
            } else if (way.equals("close")) {
                giving.run("close", giving.sereno()::close);
            }
            CallResult<?> ended = waiting.end(bench.patience());
            bench.verify(!ended.isOpen(), () -> "a waiter that gives up by " + way + " has not returned");
            List<Entry> left = queue.live();
            bench.verify(
                    left.size() == 2,
                    () -> "a waiter gave up by " + way + " and its call ended (" + ended
                            + "); its entry has to be gone by then, but the queue holds " + queue.describe());
            holder.run("release", held::release);
            long freed = bench.now();
            Grant granted = behind.result(LONG);
            bench.within(
                    bench.afterNotice(Duration.ofSeconds(2)),
                    freed,
                    "the grant behind a waiter that gave up by " + way);
            next.run("release", granted::release);
        }
        bench.same("the clients that queue at the end", List.of(), queue.live());
        // A name whose commit has an unknown outcome stays taken until its session ends.
        for (Node node : List.of(holder, quitter, next)) {
            node.run("close", node.sereno()::close);
        }
        bench.same("what is left in the store", "[]", queue.describe());
    }

    /** No thread waits for the request. */
    @Rule(value = "LCK-8a", waits = true, check = "whether the cancellation of a request is passed on to the queue")
    void aCancelledRequestBlocksNoOtherAndLeavesNothing(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node holder = Node.in(bench);
        Node quitter = Node.in(bench);
        Node next = Node.in(bench);
        Grant held = LockRules.acquire(holder);
        CompletableFuture<Grant> request =
                quitter.result("acquireAsync", quitter.sereno().mutex(NAME)::acquireAsync);
        queue.await(bench, 2);
        Calling<Grant> behind = next.calls("acquire", next.sereno().mutex(NAME)::acquire);
        queue.await(bench, 3);
        bench.same("cancel() of a request that waits", true, request.cancel(true));
        queue.await(bench, 2);
        holder.run("release", held::release);
        long freed = bench.now();
        Grant granted = behind.result(LONG);
        bench.within(bench.afterNotice(Duration.ofSeconds(2)), freed, "the grant behind a request that was cancelled");
        next.run("release", granted::release);
        bench.same("the clients that queue at the end", List.of(), queue.live());
    }
}
