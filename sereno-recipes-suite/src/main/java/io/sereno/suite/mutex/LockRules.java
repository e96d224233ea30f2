package io.sereno.suite.mutex;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.properties.Grants;
import io.sereno.spi.Entry;
import io.sereno.suite.queues.HandOvers;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.History;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.LockRun;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The mutex, on a store without faults. */
public class LockRules {
    private static final String NAME = "lock";
    private static final Duration LONG = Duration.ofSeconds(30);

    @Rule(value = "LCK-2a", check = "what becomes of revisions when the last entry of a directory is deleted")
    void tokensRiseOverDeletionAndOverClients(Bench bench) {
        Grants grants = new Grants();
        for (int i = 0; i < 4; i++) {
            Node node = Node.in(bench);
            for (int j = 0; j < 3; j++) {
                Grant grant = acquire(node);
                bench.right(grants.granted(grant));
                node.run("release", grant::release);
                bench.verify(
                        Queues.ofLock(bench, NAME).live().isEmpty(),
                        () -> "after a release there is still "
                                + Queues.ofLock(bench, NAME).describe());
            }
            node.run("close", node.sereno()::close);
        }
    }

    @Rule(value = "LCK-2b", waits = true, check = "whether a grant keeps its token, or reads it again")
    void theTokenOfAGrantNeverChanges(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-2b", 20);
        List<Grant> former = new ArrayList<>();
        List<Long> tokens = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Node node = Node.in(bench);
            for (int j = 0; j < 3; j++) {
                Grant grant = acquire(node);
                former.add(grant);
                tokens.add(grant.fencingToken());
                node.run("release", grant::release);
            }
        }
        bench.same(
                "the tokens of the grants after all were released",
                tokens,
                former.stream().map(Grant::fencingToken).toList());
        // A fenced-out holder is identified by its token afterwards.
        Node node = Node.in(bench);
        Grant lost = acquire(node);
        long token = lost.fencingToken();
        Queues.ofLock(bench, NAME).clear();
        bench.verify(
                bench.reach(() -> lost.lost().toCompletableFuture().isDone(), LONG),
                () -> "the entry of a grant was removed, and lost() is not complete after " + Bench.text(LONG));
        bench.same("the token of a lost grant", token, lost.fencingToken());
    }

    @Rule(value = "LCK-4", waits = true, check = "whether a waiter checks all predecessors, or the nearest one")
    void aWaiterBehindOneThatLeavesIsNotGranted(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Grant held = acquire(first);
        second.calls("acquire", second.sereno().mutex(NAME)::acquire);
        queue.await(bench, 2);
        Calling<Grant> behind = third.calls("acquire", third.sereno().mutex(NAME)::acquire);
        queue.await(bench, 3);
        // Its waiter ends with the client, while the holder in front of it keeps the lock.
        second.run("close", second.sereno()::close);
        queue.await(bench, 2);
        bench.pass(Duration.ofMillis(500));
        bench.verify(
                !behind.isDone() && held.isHeld(),
                () -> third + " was granted the lock when the one directly in front of it had gone, and " + first
                        + " holds it with token " + held.fencingToken());
        first.run("release", held::release);
        Grant granted = behind.result(LONG);
        third.run("release", granted::release);
    }

    @Rule(
            value = "LCK-4",
            waits = true,
            check = "whether a waiter checks its own entry again before it reports the grant")
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
        // A read that has started may show its own entry as before the removal, and the one in front as after it
        // (READ-3).
        bench.pass(Duration.ofMillis(300));
        // It is notified of both deletions at once: of its own entry, which somebody removed, and of the entry in front
        // of it.
        second.script().holdNotices();
        queue.remove(queue.live().get(1));
        first.run("release", held::release);
        Grant granted = behind.result(LONG);
        second.script().releaseNotices();
        bench.pass(Duration.ofMillis(300));
        bench.verify(
                !waiting.isDone(),
                () -> second + " was granted the lock though its entry had been removed while it waited, and " + third
                        + " holds it with token " + granted.fencingToken());
        Grants grants = new Grants();
        bench.right(grants.granted(granted));
        third.run("release", granted::release);
        Grant again = waiting.result(LONG);
        bench.right(grants.granted(again));
        second.run("release", again::release);
    }

    @Rule(
            value = "LCK-5a",
            waits = true,
            check = "COM-6 and READ-3a: the order of createRevisions, and listings that miss no entry")
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
        nodes.get(0).run("release", held::release);
        for (int i = 0; i < waiting.size(); i++) {
            Grant grant = waiting.get(i).result(LONG);
            for (Calling<Grant> later : waiting.subList(i + 1, waiting.size())) {
                bench.verify(!later.isDone(), () -> later + " was granted out of turn");
            }
            nodes.get(i + 1).run("release", grant::release);
        }
    }

    @Rule(value = "LCK-10", waits = true, check = "whether a release deletes by name, or the first entry")
    void aLateReleaseFreesNoOtherGrant(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Node former = Node.in(bench);
        Node next = Node.in(bench);
        Grant lost = acquire(former);
        Calling<Grant> waiting = next.calls("acquire", next.sereno().mutex(NAME)::acquire);
        queue.await(bench, 2);
        queue.of(lost.fencingToken()).ifPresent(queue::remove);
        Grant held = waiting.result(LONG);
        CallResult<Boolean> released = former.acts("release", lost::release).end(bench.patience());
        bench.verify(
                !released.isOpen() && (released.thrown() instanceof GrantLostException || released.succeeded()),
                () -> "the release of a grant whose entry was removed ended as " + released);
        former.run("close of the grant", lost::close);
        bench.verify(
                queue.of(held.fencingToken()).isPresent(),
                () -> "a release of a lost grant, token " + lost.fencingToken()
                        + ", deleted the entry of its successor, token " + held.fencingToken());
        bench.same("isHeld() of the successor", true, held.isHeld());
        Optional<Grant> third =
                former.result("tryAcquire", () -> former.sereno().mutex(NAME).tryAcquire());
        bench.verify(third.isEmpty(), () -> "another client was granted the lock while its holder held it");
        next.run("release", held::release);
    }

    @Rule(value = "LCK-10", waits = true, check = "whether a waiter takes a long-time holder for dead")
    void aLongTimeHolderIsNotRemoved(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node first = Node.in(bench, ttl);
        Node second = Node.in(bench, ttl);
        Grant held = acquire(first);
        Calling<Grant> waiting = second.calls("acquire", second.sereno().mutex(NAME)::acquire);
        Queues.ofLock(bench, NAME).await(bench, 2);
        long from = bench.now();
        while (bench.since(from).compareTo(ttl.multipliedBy(3)) < 0) {
            if (!held.isHeld()) {
                bench.unlessStoodStill(from, "a session was not renewed in time");
            }
            bench.verify(
                    held.isHeld() && !waiting.isDone(),
                    () -> first + " held the lock for " + Bench.text(bench.since(from)) + " with a session of " + ttl
                            + " that it renews, " + second + " waited for it, and now isHeld() is " + held.isHeld()
                            + " and " + second + (waiting.isDone() ? " was" : " was not") + " granted");
            bench.pass(Duration.ofMillis(50));
        }
        first.run("release", held::release);
        second.run("release", waiting.result(LONG)::release);
    }

    @Rule(
            value = "LCK-11b",
            waits = true,
            check = "WAT-4: whether the deletion of an entry is announced to its watchers")
    void theRemovalOfAHeldEntryIsReported(Bench bench) {
        Queues queue = Queues.ofLock(bench, NAME);
        Duration ttl = bench.ttl(Node.brief(bench).multipliedBy(3));
        Recorder recorder = new Recorder(bench.time());
        Node node = Node.in(bench, ttl, backend -> recorder.record("c", backend));
        // Time for some round trips. Where the watch was not live yet, the marker and the entry are read after a
        // renewal.
        Duration third = ttl.dividedBy(3).plusSeconds(2);
        requireLossReported(bench, acquire(node), queue, third);
        // A grant that is held for some time may be watched; then its loss is reported at once.
        Grant held = acquire(node);
        Optional<String> name = queue.of(held.fencingToken()).map(Entry::name);
        boolean watched = bench.reach(() -> isWatched(recorder.history(), name, queue.directory()), ttl.dividedBy(2));
        requireLossReported(bench, held, queue, watched ? bench.afterNotice(Duration.ofSeconds(1)) : third);
        bench.count("losses of entries that are watched", watched ? 1 : 0);
    }

    private static void requireLossReported(Bench bench, Grant held, Queues queue, Duration bound) {
        queue.clear();
        long from = bench.now();
        CompletableFuture<LossCause> lost = held.lost().toCompletableFuture();
        bench.verify(
                bench.reach(lost::isDone, bound.plus(bench.kit().operationTimeout())),
                () -> "the entry of a grant was removed, and lost() is not complete " + Bench.text(bench.since(from))
                        + " later");
        bench.within(bound, from, "the notice that a held entry was removed");
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

    @Rule(
            value = "LCK-11c",
            waits = true,
            check = "whether lost() is completed when the entry of a released grant is deleted")
    void lostIsNotCompletedAfterARelease(Bench bench) {
        LockRun.calm(bench).judge(bench, "LCK-11c", 20);
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench, ttl);
        Grant released = acquire(node);
        node.run("release", released::release);
        Grant closed = acquire(node);
        node.run("close of the grant", closed::close);
        bench.pass(Node.gone(bench, ttl));
        requireNotReported(bench, released, closed, "a ttl later");
        // The session of the grant ends, as when an operator ends it.
        Grant held = acquire(node);
        new Queues(bench.judge(), "session").clear();
        bench.verify(
                bench.reach(() -> held.lost().toCompletableFuture().isDone(), LONG),
                () -> "the marker of a session was removed, and lost() of a grant under it is not complete after "
                        + Bench.text(LONG));
        requireNotReported(bench, released, closed, "when their session had ended");
        node.run("close", node.sereno()::close);
        requireNotReported(bench, released, closed, "after the close() of their client");
    }

    private static void requireNotReported(Bench bench, Grant released, Grant closed, String when) {
        bench.same(
                "whether lost() is complete, " + when + ", of a grant that was released by release() | by close()",
                List.of(false, false),
                List.of(
                        released.lost().toCompletableFuture().isDone(),
                        closed.lost().toCompletableFuture().isDone()));
    }

    @Rule(
            value = "LCK-12",
            waits = true,
            check = "whether waiters watch or read the whole queue: each has to watch its predecessor only")
    void aHandOverCostsTheSameHoweverManyWait(Bench bench) {
        HandOvers.requireFlat(bench, "lock", (node, name) -> node.sereno().mutex(name)::acquire);
    }

    static Grant acquire(Node node) {
        return node.calls("acquire", node.sereno().mutex(NAME)::acquire).result(LONG);
    }
}
