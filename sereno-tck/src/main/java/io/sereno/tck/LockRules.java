package io.sereno.tck;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LockView;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.History;
import io.sereno.tck.history.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;

/** The mutex, on a store in whose way nothing stands. */
class LockRules {
    private static final String NAME = "lock";
    private static final Duration LONG = Duration.ofSeconds(30);

    /** How many holds a series has, and when the last begins after the first. */
    private static final int MOST = 1_024;

    private static final Duration LONGEST = Duration.ofMillis(20);

    @Rule(value = "LCK-1", waits = true, check = "COM-5b and COM-6: a later entry has to have a greater createRevision")
    void aResourceThatRefusesLowerTokensSeesOneHolderAtATime(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-1", 60);
    }

    @Rule(
            value = "LCK-2",
            waits = true,
            check = "COM-5b and COM-7b: what createRevision an entry gets that is put again")
    void tokensRiseInTheOrderOfGrants(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-2", 30);
    }

    @Rule(
            value = "LCK-3",
            waits = true,
            check = "COM-1, COM-3 and LEA-2: conditions that are judged, leases that do not end early")
    void twoNeverHoldAtOnce(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-3", 20);
    }

    @Rule(
            value = "LCK-4",
            waits = true,
            check = "READ-8a and COM-13: what the returned read shows, and checks of two entries")
    void whoIsGrantedIsFirstInTheStore(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-4", 20);
    }

    @Rule(value = "LCK-9a", waits = true, check = "whether a timeout and a grant can both win")
    void whatTryAcquireReturnsIsHeld(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-9a", 20);
    }

    @Rule(
            value = "LCK-10",
            waits = true,
            check = "whether every delete of the recipe is bound to the createRevision of its own entry")
    void everyDeleteNamesItsIncarnation(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-10", 10);
    }

    @Rule(value = "LCK-2", check = "what becomes of revisions when the last entry of a directory is deleted")
    void tokensRiseOverDeletionAndOverClients(Bench bench) {
        long before = 0;
        List<Grant> former = new ArrayList<>();
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Node node = Node.in(bench);
            for (int j = 0; j < 3; j++) {
                Grant grant = acquire(node);
                long token = grant.fencingToken();
                former.add(grant);
                tokens.add(token);
                long last = before;
                bench.verify(
                        token > last,
                        () -> node + " was granted token " + token + ", and " + last + " was granted before");
                before = token;
                node.tells("release", grant::release);
                bench.verify(
                        Queues.ofLock(bench, NAME).live().isEmpty(),
                        () -> "after a release there is still "
                                + Queues.ofLock(bench, NAME).describe());
            }
            node.tells("close", node.sereno()::close);
        }
        bench.same(
                "what the grants say of their tokens when all have been given back",
                tokens,
                former.stream().map(Grant::fencingToken).toList());
    }

    @Rule(
            value = "LCK-4",
            waits = true,
            check = "whether a waiter looks at all who are in front, or at the nearest one")
    void whoStandsBehindOneThatLeavesIsNotGranted(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Grant held = acquire(first);
        second.calls("acquire", second.sereno().mutex(NAME)::acquire);
        queue.await(bench, 2);
        Calling<Grant> behind = third.calls("acquire", third.sereno().mutex(NAME)::acquire);
        queue.await(bench, 3);
        // Its waiter goes with it, and the one in front of that holds on.
        second.tells("close", second.sereno()::close);
        queue.await(bench, 2);
        bench.pass(Duration.ofMillis(500));
        bench.verify(
                !behind.isDone() && held.isHeld(),
                () -> third + " was granted the lock when the one directly in front of it had gone, and " + first
                        + " holds it with token " + held.fencingToken());
        first.tells("release", held::release);
        Grant granted = behind.result(LONG);
        third.tells("release", granted::release);
    }

    @Rule(
            value = "LCK-4",
            waits = true,
            check = "whether a waiter looks at its own entry again before it says that it holds")
    void aWaiterWhoseEntryIsGoneIsNotGranted(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.scripted(bench, Node.steady(bench));
        Node third = Node.in(bench);
        Queues queue = Queues.ofLock(bench, NAME);
        Grant held = acquire(first);
        Calling<Grant> waiting = second.calls("acquire", second.sereno().mutex(NAME)::acquire);
        queue.await(bench, 2);
        Calling<Grant> behind = third.calls("acquire", third.sereno().mutex(NAME)::acquire);
        queue.await(bench, 3);
        // It hears of both deletions at once: of its own entry, which somebody removed, and of the one in front of it.
        second.script().holdNotices();
        queue.remove(queue.live().get(1));
        first.tells("release", held::release);
        Grant granted = behind.result(LONG);
        second.script().releaseNotices();
        bench.pass(Duration.ofMillis(300));
        bench.verify(
                !waiting.isDone(),
                () -> second + " was granted the lock though its entry had been removed while it waited, and " + third
                        + " holds it with token " + granted.fencingToken());
        third.tells("release", granted::release);
        Grant anew = waiting.result(LONG);
        bench.verify(
                anew.fencingToken() > granted.fencingToken(),
                () -> "token " + anew.fencingToken() + " follows " + granted.fencingToken());
        second.tells("release", anew::release);
    }

    @Rule(
            value = "LCK-5a",
            waits = true,
            check = "COM-6 and READ-3a: the order of createRevisions, and listings that miss nobody")
    void clientsAreGrantedInTheOrderOfTheirEntries(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-5a", 20);
        Queues queue = Queues.ofLock(bench, NAME);
        List<Node> nodes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            nodes.add(Node.in(bench));
        }
        Grant held = acquire(nodes.get(0));
        List<Calling<Grant>> waiting = new ArrayList<>();
        for (Node node : nodes.subList(1, 5)) {
            waiting.add(node.calls("acquire", node.sereno().mutex(NAME)::acquire));
            queue.await(bench, waiting.size() + 1);
        }
        nodes.get(0).tells("release", held::release);
        for (int i = 0; i < waiting.size(); i++) {
            Grant grant = waiting.get(i).result(LONG);
            for (Calling<Grant> later : waiting.subList(i + 1, waiting.size())) {
                bench.verify(!later.isDone(), () -> later + " was granted out of turn");
            }
            nodes.get(i + 1).tells("release", grant::release);
        }
    }

    @Rule(value = "LCK-5b", waits = true, check = "whether callers of one client wait in one line")
    void callersOfOneClientAreGrantedInTheOrderOfTheirCalls(Bench bench) {
        Node node = Node.in(bench);
        Mutex mutex = node.sereno().mutex(NAME);
        Grant held = acquire(node);
        List<Integer> served = new ArrayList<>();
        List<Calling<Boolean>> callers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            Calling<Boolean> caller = node.calls("caller " + i, () -> {
                if (number % 2 == 0) {
                    return mutex.call(grant -> note(served, number));
                }
                Grant grant = mutex.acquire();
                note(served, number);
                grant.release();
                return true;
            });
            callers.add(caller);
            if (!bench.reach(caller::isParked, bench.patience())) {
                throw bench.unknown("caller " + i + " does not come to wait");
            }
        }
        node.tells("release", held::release);
        callers.forEach(caller -> caller.result(LONG));
        bench.same("the order in which callers were served", List.of(0, 1, 2, 3, 4, 5, 6, 7), served);
    }

    private static boolean note(List<Integer> served, int number) {
        synchronized (served) {
            return served.add(number);
        }
    }

    @Rule(value = "LCK-6", waits = true, check = "whether a client that hands on locally ever lets others in")
    void aSeriesOfLocalHoldsEnds(Bench bench) {
        // Of holds that take no time their number is the end, of others the time.
        long entries = trySeries(bench, "short", Duration.ZERO) + trySeries(bench, "long", Duration.ofMillis(2));
        bench.evidence("series of local holds", entries, 4);
    }

    private record Hold(long token, long from) {}

    /** Callers of one client, who want nothing but the lock, and one of another; how many entries the first client had. */
    private static long trySeries(Bench bench, String name, Duration length) {
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
        for (int i = 0; i < 12; i++) {
            callers.add(busy.calls("caller " + i, () -> {
                for (int j = 0; j < 400 && !stop.get(); j++) {
                    hold(bench, mutex, length, holds);
                }
                return true;
            }));
        }
        if (!bench.reach(() -> callers.stream().allMatch(Calling::isParked), bench.patience())) {
            throw bench.unknown("callers do not come to wait");
        }
        busy.tells("release", first::release);
        Grant grant = outside.result(LONG);
        bench.within(Duration.ofSeconds(2), from, "the wait of another client behind a client that hands on locally");
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
        inFront.forEach(hold -> requireSoon(bench, from, hold, allowed));
        other.tells("release", grant::release);
        bench.pass(Duration.ofMillis(200));
        stop.set(true);
        callers.forEach(caller -> caller.result(LONG));
        Map<Long, Hold> begins = new HashMap<>();
        long longest = 0;
        for (Hold hold : holds) {
            Hold begin = begins.computeIfAbsent(hold.token() / 1_024, entry -> hold);
            requireSoon(bench, begin.from(), hold, allowed);
            longest = Math.max(longest, hold.token() % 1_024);
        }
        // On a machine that is busy 20 ms may be over before the first hold is.
        bench.evidence(
                "places of the longest series", longest + 1, bench.kit().pace().isReal() ? 1 : 2);
        return begins.size();
    }

    private static void requireSoon(Bench bench, long begin, Hold hold, Duration allowed) {
        Duration late = Duration.ofNanos(hold.from() - begin);
        bench.verify(
                late.compareTo(allowed) <= 0,
                () -> "a hold of the entry created at " + hold.token() / 1_024 + " began " + Bench.text(late)
                        + " after its first; none is to begin later than 20 ms");
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

    @Rule(value = "LCK-9b", waits = true, check = "whether each step of a call has a timeout of its own")
    void tryAcquireComesBackInTime(Bench bench) {
        Node holder = Node.in(bench);
        Node other = Node.in(bench);
        Grant held = acquire(holder);
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
            bench.same("the clients in the queue after an attempt came to nothing", 1, queued(bench));
        }
        // A grant that comes when the time is up is nobody's.
        Duration timeout = Duration.ofMillis(400);
        long from = bench.now();
        Calling<Optional<Grant>> late = other.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout));
        bench.pass(timeout.plusMillis(100));
        holder.tells("release", held::release);
        Optional<Grant> nothing = late.result();
        bench.verify(
                nothing.isEmpty(),
                () -> "tryAcquire(" + timeout + ") returned a grant that was given when " + holder
                        + " released the lock, at least " + Bench.text(timeout.plusMillis(100)) + " after the call");
        bench.within(timeout.plusMillis(250 + 100), from, "the last attempt");
        Grant free = acquire(holder);
        holder.tells("release", free::release);
    }

    @Rule(value = "LCK-9a", waits = true, check = "whether an attempt that was given up on is taken out of the queue")
    void whoSaysEmptyDoesNotComeToHold(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node holder = Node.in(bench);
        Node other = Node.in(bench);
        Node third = Node.in(bench);
        Mutex mutex = other.sereno().mutex(NAME);
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(100), Duration.ofMillis(700))) {
            Grant held = acquire(holder);
            Optional<Grant> attempt = other.calls("tryAcquire " + timeout, () -> mutex.tryAcquire(timeout))
                    .result();
            bench.verify(attempt.isEmpty(), () -> "a grant was returned while another one held");
            holder.tells("release", held::release);
            bench.pass(Duration.ofMillis(300));
            bench.verify(
                    queue.live().isEmpty(),
                    () -> "tryAcquire(" + timeout + ") said empty; when the lock became free, there was "
                            + queue.describe());
            Optional<Grant> free =
                    third.told("tryAcquire", () -> third.sereno().mutex(NAME).tryAcquire());
            bench.verify(free.isPresent(), () -> "nobody holds the lock, and tryAcquire() is empty");
            third.tells("release", free.orElseThrow()::release);
        }
    }

    @Rule(
            value = "LCK-9c",
            waits = true,
            check = "whom an attempt takes for others: a session that is not there yet,"
                    + " or what the same client had before")
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
                                + "), is empty, and nobody is in front");
                node.tells("release", attempt.orElseThrow()::release);
            }
        }
    }

    private static int queued(Bench bench) {
        return Queues.ofLock(bench, NAME).live().size();
    }

    @Rule(
            value = "LCK-8",
            waits = true,
            check = "whether a request that is given up on is removed by its createRevision, and before its caller"
                    + " hears")
    void whoGivesUpBlocksNobodyAndLeavesNothing(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node holder = Node.in(bench);
        Node quitter = Node.in(bench);
        Node closer = Node.in(bench);
        Node next = Node.in(bench);
        for (String way : List.of("timeout", "interrupt", "close")) {
            Grant held = acquire(holder);
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
                giving.tells("close", giving.sereno()::close);
            }
            Ended<?> ended = waiting.end(bench.patience());
            bench.verify(!ended.isOpen(), () -> "a waiter that gives up by " + way + " has not come back");
            List<Entry> left = queue.live();
            bench.verify(
                    left.size() == 2,
                    () -> "a waiter gave up by " + way + " and heard of it (" + ended
                            + "); its entry is to be gone by then, and there are " + queue.describe());
            holder.tells("release", held::release);
            long freed = bench.now();
            Grant granted = behind.result(LONG);
            bench.within(Duration.ofSeconds(2), freed, "the grant behind a waiter that gave up by " + way);
            next.tells("release", granted::release);
        }
        bench.same("those who queue at the end", List.of(), queue.live());
        // A name that was in doubt is kept taken until its session ends.
        for (Node node : List.of(holder, quitter, next)) {
            node.tells("close", node.sereno()::close);
        }
        bench.same("what is left in the store", "[]", queue.describe());
    }

    @Rule(value = "LCK-10", waits = true, check = "whether a release deletes by name, or whatever is first")
    void aReleaseThatComesTooLateFreesNobody(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node former = Node.in(bench);
        Node next = Node.in(bench);
        Grant lost = acquire(former);
        Calling<Grant> waiting = next.calls("acquire", next.sereno().mutex(NAME)::acquire);
        queue.await(bench, 2);
        queue.of(lost.fencingToken()).ifPresent(queue::remove);
        Grant held = waiting.result(LONG);
        Ended<Boolean> released = former.calls("release", () -> {
                    lost.release();
                    return true;
                })
                .end(bench.patience());
        bench.verify(
                !released.isOpen() && (released.thrown() instanceof GrantLostException || released.succeeded()),
                () -> "the release of a grant whose entry was removed ended as " + released);
        former.tells("close of the grant", lost::close);
        bench.verify(
                queue.of(held.fencingToken()).isPresent(),
                () -> "a release of a lost grant, token " + lost.fencingToken()
                        + ", deleted the entry of its successor, token " + held.fencingToken());
        bench.same("isHeld() of the successor", true, held.isHeld());
        Optional<Grant> third =
                former.told("tryAcquire", () -> former.sereno().mutex(NAME).tryAcquire());
        bench.verify(third.isEmpty(), () -> "a third was granted the lock while its holder held it");
        next.tells("release", held::release);
    }

    @Rule(value = "LCK-10", waits = true, check = "whether a waiter takes whoever holds for long for dead")
    void whoHoldsForLongIsLeftAlone(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node first = Node.in(bench, ttl);
        Node second = Node.in(bench, ttl);
        Grant held = acquire(first);
        Calling<Grant> waiting = second.calls("acquire", second.sereno().mutex(NAME)::acquire);
        Queues.ofLock(bench, NAME).await(bench, 2);
        long from = bench.now();
        while (bench.since(from).compareTo(ttl.multipliedBy(3)) < 0) {
            if (!held.isHeld() && bench.kit().stalledSince(from).compareTo(Duration.ofMillis(250)) > 0) {
                throw bench.unknown("this machine stood still, and a session ended");
            }
            bench.verify(
                    held.isHeld() && !waiting.isDone(),
                    () -> first + " held the lock for " + Bench.text(bench.since(from)) + " with a session of " + ttl
                            + " that it renews, " + second + " waited for it, and now isHeld() is " + held.isHeld()
                            + " and " + second + (waiting.isDone() ? " was" : " was not") + " granted");
            bench.pass(Duration.ofMillis(50));
        }
        first.tells("release", held::release);
        second.tells("release", waiting.result(LONG)::release);
    }

    @Rule(
            value = "LCK-11b",
            waits = true,
            check = "WAT-4: whether the deletion of an entry is announced to who watches it")
    void theRemovalOfAHeldEntryIsTold(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Duration ttl = bench.ttl(Node.brief(bench).multipliedBy(3));
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, ttl, backend -> recorder.record("c", backend));
        // Some round trips: where the watch was not live yet, the marker and the entry are looked at after a renewal.
        Duration third = ttl.dividedBy(3).plusSeconds(2);
        requireLossTold(bench, acquire(node), queue, third);
        // One that lasts may be watched; then it is told at once.
        Grant held = acquire(node);
        Optional<String> name = queue.of(held.fencingToken()).map(Entry::name);
        boolean watched =
                bench.reach(() -> isWatched(recorder.history(), name, queue.directory()), ttl.dividedBy(2));
        requireLossTold(bench, held, queue, watched ? Duration.ofSeconds(1) : third);
        bench.count("losses of entries that are watched", watched ? 1 : 0);
    }

    private static void requireLossTold(Bench bench, Grant held, Queues queue, Duration bound) {
        queue.clear();
        long from = bench.now();
        CompletableFuture<LossCause> lost = held.lost().toCompletableFuture();
        bench.verify(
                bench.reach(lost::isDone, bound.plus(bench.kit().operationTimeout())),
                () -> "the entry of a grant was removed, and lost() is not complete " + Bench.text(bench.since(from))
                        + " later");
        bench.within(bound, from, "hearing that a held entry was removed");
        bench.same("the cause", LossCause.ENTRY_REMOVED, lost.join());
        bench.same("isHeld() after the loss", false, held.isHeld());
    }

    private static boolean isWatched(History history, Optional<String> name, String directory) {
        return history.operations().stream()
                .anyMatch(operation -> operation.call() instanceof Call.OpenWatch watch
                        && watch.target().directory().equals(directory)
                        && (watch.target().name().isEmpty()
                                || watch.target().name().equals(name)));
    }

    @Rule(value = "LCK-11c", waits = true, check = "what completes lost() when an entry that was given back is deleted")
    void lostIsNotToldAfterARelease(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-11c", 20);
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench, ttl);
        Grant grant = acquire(node);
        node.tells("release", grant::release);
        bench.pass(Node.gone(bench, ttl));
        node.tells("close", node.sereno()::close);
        bench.same(
                "whether lost() of a grant that was given back is complete, a ttl and a close() later",
                false,
                grant.lost().toCompletableFuture().isDone());
    }

    @Rule(
            value = "LCK-12",
            waits = true,
            check = "whether waiters watch or read the whole queue: each has to look at the one in front of it")
    void aHandOverCostsTheSameHoweverManyWait(Bench bench) {
        long few = costOfHandOvers(bench, "few", 3);
        long many = costOfHandOvers(bench, "many", 20);
        bench.verify(
                many <= few + few / 2 + 3,
                () -> "a hand-over among 20 waiters costs " + many + " requests and notices, among 3 it costs " + few
                        + "; it is not to grow with the queue");
        bench.count("requests and notices for one hand-over", many);
    }

    /** Of one client each, over one connection that counts. */
    private static long costOfHandOvers(Bench bench, String name, int waiters) {
        Recorder recorder = new Recorder(bench.time());
        Backend counted = recorder.record("all", bench.client().witnessed());
        Queues queue = Queues.ofLock(bench, name);
        Node holder = Node.in(bench);
        Grant held = holder.told("acquire", holder.sereno().mutex(name)::acquire);
        List<Node> nodes = new ArrayList<>();
        List<Calling<Grant>> waiting = new ArrayList<>();
        for (int i = 0; i < waiters; i++) {
            Node node = Node.over(bench, name + i, counted, Node.steady(bench));
            nodes.add(node);
            waiting.add(node.calls("acquire", node.sereno().mutex(name)::acquire));
            queue.await(bench, i + 2);
        }
        bench.pass(Duration.ofMillis(200));
        long before = traffic(recorder.history(), queue.directory());
        holder.tells("release", held::release);
        for (int i = 0; i < waiters; i++) {
            Grant grant = waiting.get(i).result(LONG);
            nodes.get(i).tells("release", grant::release);
        }
        bench.pass(Duration.ofMillis(200));
        return (traffic(recorder.history(), queue.directory()) - before + waiters - 1) / waiters;
    }

    private static long traffic(History history, String directory) {
        java.util.Set<Integer> watches = new java.util.HashSet<>();
        long requests = 0;
        for (var operation : history.operations()) {
            if (operation.call() instanceof Call.OpenWatch watch
                    && watch.target().directory().equals(directory)) {
                watches.add(watch.watch());
                requests++;
            } else if (operation.call() instanceof Call.Read read
                    && read.query().directory().equals(directory)) {
                requests++;
            } else if (operation.call() instanceof Call.Commit commit
                    && commit.commit().directory().equals(directory)) {
                requests++;
            }
        }
        return requests
                + history.notices().stream()
                        .filter(notice -> watches.contains(notice.watch()))
                        .count();
    }

    @Rule(
            value = "LCK-14",
            waits = true,
            check = "whether entering again makes a new grant, and what unlock() says after a loss")
    @SuppressWarnings("LockNotBeforeTry")
    void theLockViewIsReentrantAndTellsOfALoss(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        Queues queue = Queues.ofLock(bench, NAME);
        Mutex mutex = node.sereno().mutex(NAME);
        Lock lock = mutex.asLock();
        List<Optional<Long>> tokens = new ArrayList<>();
        List<Boolean> strangers = new ArrayList<>();
        Ended<Boolean> ended = node.calls("lock, lock, lose, unlock", () -> {
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
                () -> "unlock() after the entry had been removed ended as " + ended + "; GrantLostException is right");
        Grant free = other.told("acquire", other.sereno().mutex(NAME)::acquire);
        other.tells("release", free::release);
    }

    private static Optional<Long> token(Mutex mutex) {
        return mutex.inspect().holder().map(LockView.Holder::fencingToken);
    }

    private static boolean entersElsewhere(Bench bench, Lock lock) throws Exception {
        CompletableFuture<Boolean> attempt =
                bench.async(() -> bench.kit().crew().waiting(() -> lock.tryLock()));
        return attempt.get();
    }

    private static Grant acquire(Node node) {
        return node.calls("acquire", node.sereno().mutex(NAME)::acquire).result(LONG);
    }
}
