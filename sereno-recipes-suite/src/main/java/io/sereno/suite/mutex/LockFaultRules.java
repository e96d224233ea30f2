package io.sereno.suite.mutex;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.properties.Grants;
import io.sereno.simulation.Fate;
import io.sereno.spi.Entry;
import io.sereno.spi.Promise;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.ServerControl;
import io.sereno.tck.faults.Between;
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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** The mutex, while connections break, requests are lost or late, and processes die. */
public class LockFaultRules {
    private static final String NAME = "lock";
    private static final Duration LONG = Duration.ofSeconds(40);

    /** Time for a few round trips and thread switches. */
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "LCK-3", waits = true, check = "LEA-2: when an entry goes, and until when its holder believes")
    void aHolderThatIsCutOffIsNotHeldWhenAnotherIsGranted(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node holder = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        Grant held = acquire(holder, LONG);
        Grants grants = new Grants();
        bench.right(grants.granted(held));
        Calling<Grant> waiting = next.calls("acquire", () -> {
            Grant granted = next.sereno().mutex(NAME).acquire();
            grants.granted(granted);
            return granted;
        });
        Queues.ofLock(bench, NAME).await(bench, 2);
        // From now on the holder relies on its renewals.
        bench.pass(ttl.dividedBy(2));
        holder.faults().cutOff();
        Grant granted = waiting.result(LONG);
        bench.right(grants.wrong());
        holder.faults().heal();
        next.run("release", granted::release);
    }

    @Rule(value = "LCK-2a", check = "what revisions begin with after a restart of the store")
    void tokensRiseOverARestartOfTheStore(Bench bench) {
        Optional<ServerControl> control =
                bench.kit().fixture().server().filter(one -> one.abilities().contains(ServerControl.Ability.RESTART));
        if (control.isEmpty()) {
            // The rule is tested in other ways too; this test is for stores that can be restarted.
            throw bench.untested("the fixture cannot restart the store; see BackendFixture.server()");
        }
        if (!bench.guarantees().promises().contains(Promise.DURABLE)) {
            throw bench.untested("a store that is not durable is empty after a restart");
        }
        ServerControl server = control.get();
        Grants grants = new Grants();
        for (int i = 0; i < 2; i++) {
            Node node = Node.in(bench);
            Grant grant = acquire(node, LONG);
            bench.right(grants.granted(grant));
            node.run("release", grant::release);
            node.run("close", node.sereno()::close);
            if (i == 0) {
                server.restart();
            }
        }
    }

    @Rule(value = "LCK-7", waits = true, check = "WAT-1: whether the recipe looks again once its watch is live")
    void aPredecessorThatDiesBeforeTheWatchIsLiveIsNoticed(Bench bench) {
        if (bench.inProcess()) {
            bench.simulated();
        }
        for (int round = 0; round < 3; round++) {
            String name = NAME + round;
            Node first = Node.in(bench);
            Queues queue = Queues.ofLock(bench, name);
            Grant held =
                    first.calls("acquire", first.sereno().mutex(name)::acquire).result(LONG);
            AtomicInteger watches = new AtomicInteger();
            // The predecessor leaves after the waiter has read the queue, just before it watches.
            Node second = Node.in(bench, Node.steady(bench), backend -> new Between(backend) {
                @Override
                public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                    if (!target.directory().equals(queue.directory()) || watches.getAndIncrement() > 0) {
                        return super.watch(target, listener);
                    }
                    return bench.async(() -> {
                                bench.kit().crew().waiting(() -> {
                                    held.release();
                                    return true;
                                });
                                return true;
                            })
                            .thenCompose(released -> super.watch(target, listener));
                }
            });
            long from = bench.now();
            Grant granted = second.calls("acquire", second.sereno().mutex(name)::acquire)
                    .result(LONG);
            bench.within(
                    bench.afterNotice(Node.steady(bench).dividedBy(4)),
                    from,
                    "the grant behind one that went before the watch was live");
            bench.evidence("watches that were opened too late", Math.min(1, watches.get()), 1);
            second.run("release", granted::release);
        }
    }

    @Rule(value = "LCK-7", waits = true, check = "whether a waiter looks now and then without a notice")
    void aWatchThatDiedInSilenceCostsATtl(Bench bench) {
        if (bench.inProcess()) {
            bench.simulated();
        }
        Duration ttl = Node.brief(bench);
        Node first = Node.in(bench);
        Node second = Node.in(bench, ttl, Between.Deaf::new);
        Grant held = acquire(first, LONG);
        Calling<Grant> waiting = second.calls("acquire", second.sereno().mutex(NAME)::acquire);
        Queues.ofLock(bench, NAME).await(bench, 2);
        // The waiter looks once more when its watch is live. After the release that look would find the lock free.
        bench.pass(Duration.ofMillis(100));
        first.run("release", held::release);
        long from = bench.now();
        Grant granted = waiting.result(LONG);
        bench.within(ttl.multipliedBy(2).plus(TRIPS), from, "the grant of a waiter whose watch reports nothing");
        second.run("release", granted::release);
    }

    @Rule(value = "LCK-7", waits = true, check = "WAT-3: whether the last notice gets lost when a connection breaks")
    void aHandOverWhileTheConnectionBreaksIsNoticed(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.breakable(bench, Node.steady(bench)).awaitSession();
        for (int i = 0; i < 4; i++) {
            Grant held = acquire(first, LONG);
            Calling<Grant> waiting = second.calls("acquire", second.sereno().mutex(NAME)::acquire);
            Queues.ofLock(bench, NAME).await(bench, 2);
            // Some answers may still be on their way to the waiter.
            bench.pass(Duration.ofMillis(100));
            if (i % 2 == 0) {
                second.faults().breakConnections();
            } else {
                second.faults().cutOff();
            }
            first.run("release", held::release);
            // A notice that is still on its way would arrive after all.
            bench.pass(Duration.ofMillis(20));
            second.faults().heal();
            long from = bench.now();
            Grant granted = waiting.result(LONG);
            bench.within(
                    bench.afterNotice(bench.guarantees()
                            .recovery()
                            .plus(Node.steady(bench).dividedBy(4))),
                    from,
                    "the grant of a waiter whose connection broke at the hand-over");
            second.run("release", granted::release);
        }
    }

    @Rule(
            value = "LCK-8b",
            waits = true,
            check = "LEA-3a: whether the entry of a process that died goes with its lease")
    void aDeadWaiterBlocksNoOther(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node first = Node.in(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        Grants grants = new Grants();
        Grant held = acquire(first, LONG);
        // Once more after the dead client has come back: its new entry has to go too.
        for (int life = 1; life <= 2; life++) {
            held = letAWaiterDie(bench, grants, ttl, first, dying, held);
        }
        first.run("release", held::release);
    }

    /** Returns the grant of the surviving client, for the next round. */
    private static Grant letAWaiterDie(Bench bench, Grants grants, Duration ttl, Node first, Node dying, Grant held) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node next = Node.in(bench);
        Calling<Grant> dead = dying.calls("acquire", dying.sereno().mutex(NAME)::acquire);
        queue.await(bench, 2);
        Calling<Grant> waiting = next.calls("acquire", next.sereno().mutex(NAME)::acquire);
        queue.await(bench, 3);
        dying.faults().cutOff();
        long from = bench.now();
        first.run("release", held::release);
        Grant granted = waiting.result(LONG);
        bench.right(grants.granted(granted));
        bench.within(
                bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS)),
                from,
                "the grant behind a waiter that died with a session of " + ttl);
        bench.verify(!dead.isDone(), () -> "a waiter that was cut off was granted what " + next + " holds");
        List<Entry> left = queue.live();
        bench.verify(left.size() == 1, () -> "a waiter died and left an entry: " + queue.describe());
        next.run("release", granted::release);
        // acquire() continues through the loss of its session.
        dying.faults().heal();
        Grant again = dead.result(LONG);
        bench.right(grants.granted(again));
        dying.run("release", again::close);
        return acquire(first, LONG);
    }

    @Rule(value = "LCK-9c", waits = true, check = "OUT-6a: how a read without an answer ends")
    void anOutageIsNotReportedAsABusyLock(Bench bench) {
        Node node = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Mutex mutex = node.sereno().mutex(NAME);
        node.faults().cutOff();
        for (Duration timeout : List.of(Duration.ofMillis(400), Duration.ZERO)) {
            CallResult<Optional<Grant>> ended = node.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout))
                    .end(bench.patience());
            bench.verify(
                    ended.thrown() instanceof NotAppliedException,
                    () -> "tryAcquire(" + timeout + ") with the store out of reach ended as "
                            + (ended.succeeded() ? ended.result() + ", which means that others were in front" : ended)
                            + "; NotAppliedException is expected");
        }
        node.faults().heal();
        Grant grant = acquire(node, LONG);
        node.run("release", grant::release);
    }

    @Rule(
            value = "LCK-11a",
            waits = true,
            check = "LEA-2, and what extends the belief of a session: only renewals that were acked, from their"
                    + " sending on")
    void aHolderThatIsCutOffStopsByItself(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node holder = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        Grants grants = new Grants();
        Grant held = acquire(holder, LONG);
        bench.right(grants.granted(held));
        CompletableFuture<LossCause> lost = held.lost().toCompletableFuture();
        Calling<Grant> waiting = next.calls("acquire", next.sereno().mutex(NAME)::acquire);
        Queues.ofLock(bench, NAME).await(bench, 2);
        holder.faults().cutOff();
        long cut = bench.now();
        long deadline = cut + ttl.minus(Node.margin(ttl)).toNanos();
        int looks = 0;
        while (bench.now() - deadline < 0 || held.isHeld()) {
            long before = bench.now();
            boolean believes = held.isHeld();
            bench.verify(
                    !believes || before - deadline <= 0,
                    () -> holder + " was cut off " + Bench.text(Duration.ofNanos(before - cut))
                            + " ago, and isHeld() is true; its session has a ttl of " + ttl + " and a margin of "
                            + Node.margin(ttl));
            boolean granted = waiting.isDone();
            bench.verify(
                    !granted || !held.isHeld(),
                    () -> next + " was granted the lock while " + holder + ", cut off, relies on its grant");
            looks += believes ? 1 : 0;
            bench.pass(Duration.ofMillis(10));
        }
        bench.evidence("checks while it relied on its grant", looks, 3);
        bench.verify(
                bench.reach(lost::isDone, TRIPS),
                () -> "lost() is not complete " + Bench.text(bench.since(cut)) + " after the holder was cut off");
        bench.within(ttl.minus(Node.margin(ttl)).plusMillis(250), cut, "lost() of a holder that was cut off");
        bench.same("the cause", LossCause.SESSION_EXPIRED, lost.join());
        Grant granted = waiting.result(LONG);
        bench.within(
                bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS)),
                cut,
                "the grant behind a holder that was cut off");
        bench.right(grants.granted(granted));
        holder.faults().heal();
        CallResult<Boolean> released = holder.acts("release", held::release).end(bench.patience());
        bench.verify(
                released.thrown() instanceof GrantLostException,
                () -> "release() after a loss ended as " + released + "; GrantLostException is expected");
        bench.same("isHeld() of the successor", true, granted.isHeld());
        bench.same("isHeld() of the lost grant, after the network came back", false, held.isHeld());
        next.run("release", granted::release);
    }

    @Rule(
            value = "LCK-13",
            waits = true,
            check = "OUT-3: how an enqueue whose reply was lost and which is applied later is settled")
    void anEnqueueThatIsAppliedLateLeavesNoGhost(Bench bench) {
        for (Duration late : List.of(Duration.ZERO, Duration.ofMillis(30), Duration.ofMillis(700))) {
            for (boolean patient : new boolean[] {true, false}) {
                LostCommits lost = new LostCommits(bench, "lock", NAME, Fate.applyLate(late));
                Node node = lost.node();
                Mutex mutex = node.sereno().mutex(NAME);
                lost.next();
                CallResult<Optional<Grant>> ended = node.calls(
                                "tryAcquire",
                                () -> mutex.tryAcquire(patient ? Duration.ofSeconds(20) : Duration.ofMillis(5)))
                        .end(LONG);
                if (ended.succeeded() && ended.result().isPresent()) {
                    node.run("release", ended.result().get()::release);
                } else {
                    bench.verify(
                            !patient, () -> "a patient attempt whose enqueue had an unknown outcome ended as " + ended);
                }
                bench.pass(late.plusMillis(50));
                requireFree(
                        bench,
                        lost.other(),
                        "an enqueue was reported as UNKNOWN and applied " + late.toMillis() + " ms later");
                lost.end();
            }
        }
    }

    @Rule(
            value = "LCK-13",
            waits = true,
            check = "OUT-3: what a client sends again when one of its requests is delayed")
    void anEnqueueThatHangsOnItsWayLeavesNoGhost(Bench bench) {
        Node node = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        Duration held = Duration.ofMillis(1_500);
        node.faults().holdRequests(held);
        Mutex mutex = node.sereno().mutex(NAME);
        CallResult<Optional<Grant>> ended = node.calls("tryAcquire", () -> mutex.tryAcquire(Duration.ofMillis(1_200)))
                .end(LONG);
        bench.verify(!ended.succeeded(), () -> "tryAcquire with every request held on its way ended as " + ended);
        bench.pass(held);
        node.faults().heal();
        bench.pass(Duration.ofMillis(500));
        requireFree(bench, other, "an enqueue was delayed, was abandoned, and arrived");
    }

    /** Another client gets the lock, and nothing is left behind. */
    private static void requireFree(Bench bench, Node other, String after) {
        Queues queue = Queues.ofLock(bench, NAME);
        Calling<Optional<Grant>> attempt =
                other.calls("tryAcquire", () -> other.sereno().mutex(NAME).tryAcquire(Duration.ofSeconds(8)));
        CallResult<Optional<Grant>> ended = attempt.end(LONG);
        bench.verify(
                ended.succeeded() && ended.result().isPresent(),
                () -> after + "; then the lock was free, and another client's tryAcquire(8 s) ended as " + ended
                        + "; in the store there is " + queue.describe());
        other.run("release", ended.result().orElseThrow()::release);
        bench.verify(queue.live().isEmpty(), () -> after + ", and left an entry without an owner: " + queue.describe());
    }

    private static Grant acquire(Node node, Duration atMost) {
        return node.calls("acquire", node.sereno().mutex(NAME)::acquire).result(atMost);
    }
}
