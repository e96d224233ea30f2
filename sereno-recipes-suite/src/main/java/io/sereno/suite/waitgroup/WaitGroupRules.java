package io.sereno.suite.waitgroup;

import io.sereno.GrantLostException;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.Worker;
import io.sereno.WorkersLostException;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Snapshot;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.WaitGroupRun;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The wait group, on a store without faults. */
public class WaitGroupRules {
    private static final String NAME = "group";
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(
            value = "WGP-2",
            waits = true,
            check = "COM-11 and COM-1: places are counted by compare-and-set of the header")
    void everyPlaceCountsOnce(Bench bench) {
        WaitGroupRun.calm(bench).judge(bench, "WGP-2", 40);
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup(NAME);
        CallResult<?> early = node.acts("done", group::done).end(LONG);
        bench.verify(
                early.thrown() instanceof IllegalStateException,
                () -> "done() before any add() ended as " + early + "; IllegalStateException is expected");
        node.run("add 2", () -> group.add(2));
        Worker worker = other.result("join", other.sereno().waitGroup(NAME)::join);
        other.run("done", worker::done);
        CallResult<?> again =
                other.acts("done of the same worker", worker::done).end(LONG);
        bench.verify(
                again.thrown() instanceof IllegalStateException,
                () -> "done() of a worker that was done ended as " + again + "; IllegalStateException is expected");
        other.run("close", worker::close);
        bench.same(
                "pending after one of two was done",
                1,
                node.result("inspect", group::inspect).pending());
        node.run("done", group::done);
        CallResult<?> over =
                other.acts("done", other.sereno().waitGroup(NAME)::done).end(LONG);
        bench.verify(
                over.thrown() instanceof IllegalStateException,
                () -> "a third done() of two places ended as " + over + "; IllegalStateException is expected");
        CallResult<?> late =
                other.calls("join", other.sereno().waitGroup(NAME)::join).end(LONG);
        bench.verify(
                late.thrown() instanceof IllegalStateException,
                () -> "join() when all places are done ended as " + late + "; IllegalStateException is expected");
        bench.same(
                "pending at the end", 0, node.result("inspect", group::inspect).pending());
    }

    private static java.util.concurrent.Callable<Boolean> act(Node.Act act) {
        return () -> {
            act.run();
            return true;
        };
    }

    @Rule(value = "WGP-1", waits = true, check = "whether a wait that begins before the first add() returns at once")
    void aWaitBeforeTheFirstAddWaits(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup(NAME);
        Calling<Boolean> waiting =
                other.calls("await", () -> other.sereno().waitGroup(NAME).await(Duration.ofSeconds(30)));
        bench.pass(Duration.ofMillis(300));
        bench.verify(!waiting.isDone(), () -> "await() returned before anybody had added a place");
        node.run("add 1", () -> group.add(1));
        bench.pass(Duration.ofMillis(300));
        bench.verify(!waiting.isDone(), () -> "await() returned while one place was not done");
        bench.same(
                "await(200 ms) while one place is not done",
                false,
                other.result("await", () -> other.sereno().waitGroup(NAME).await(Duration.ofMillis(200))));
        bench.same(
                "await(0) while one place is not done", false, node.result("await", () -> group.await(Duration.ZERO)));
        long from = bench.now();
        node.run("done", group::done);
        bench.same("what await() returned", true, waiting.result(LONG));
        bench.within(bench.afterNotice(Node.steady(bench).dividedBy(4)), from, "the notice of the end");
    }

    @Rule(
            value = "WGP-3",
            waits = true,
            check = "READ-3: a read of a directory may show one entry as it was before and another as it is now")
    void aLossIsNotTakenFromAReadThatMixesMoments(Bench bench) {
        if (bench.inProcess()) {
            bench.simulated();
        }
        Node node = Node.in(bench);
        Node worker = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup(NAME);
        node.run("add 2", () -> group.add(2, OnLostWorker.FAIL));
        Worker first = worker.result("join", worker.sereno().waitGroup(NAME)::join);
        // Reads of this one show the claim as it was before done(), and the life as it is after it.
        MixedReads[] mixed = new MixedReads[1];
        Node waiter = mixing(
                bench, mixed, seen -> MixedReads.has(seen, "c-") && MixedReads.has(seen, "l-"), "c-", act(first::done));
        requireNoLoss(bench, waiter, mixed[0], "was done");
        // These reads show the life as it was before join(), and the claim as it is after it.
        List<Worker> second = new ArrayList<>();
        Node other = mixing(
                bench,
                mixed,
                seen -> MixedReads.has(seen, "h"),
                "l-",
                () -> second.add(worker.sereno().waitGroup(NAME).join()));
        Calling<Boolean> waiting = requireNoLoss(bench, other, mixed[0], "joined");
        worker.run("done", second.get(0)::done);
        CallResult<Boolean> ended = waiting.end(LONG);
        bench.verify(ended.succeeded() && ended.result(), () -> "all places were done, and await() ended as " + ended);
    }

    private static Node mixing(
            Bench bench,
            MixedReads[] mixed,
            Predicate<Snapshot> begins,
            String before,
            java.util.concurrent.Callable<Boolean> happens) {
        return Node.in(bench, Node.brief(bench), backend -> {
            mixed[0] = new MixedReads(
                    backend,
                    "waitgroup/" + NAME,
                    begins,
                    before,
                    () -> bench.async(() -> bench.kit().crew().waiting(happens)));
            return mixed[0];
        });
    }

    private static Calling<Boolean> requireNoLoss(Bench bench, Node waiter, MixedReads reads, String did) {
        Calling<Boolean> waiting =
                waiter.calls("await", () -> waiter.sereno().waitGroup(NAME).await(Duration.ofSeconds(30)));
        bench.reach(() -> reads.mixed() > 0, Node.brief(bench).multipliedBy(3));
        bench.pass(Duration.ofMillis(300));
        bench.verify(
                !waiting.isDone(),
                () -> "a worker " + did + " while a waiter read the group, and await() ended as " + waiting.end(LONG));
        bench.evidence("reads that mixed moments", reads.mixed(), 1);
        return waiting;
    }

    @Rule(
            value = "WGP-3",
            waits = true,
            check = "READ-3: what inspect() reports from two entries that it has read at two moments")
    void aLossIsShownOnlyWhereItIsProved(Bench bench) {
        if (bench.inProcess()) {
            bench.simulated();
        }
        Node node = Node.in(bench);
        Node worker = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup(NAME);
        node.run("add 2", () -> group.add(2, OnLostWorker.REOPEN));
        Worker first = worker.result("join", worker.sereno().waitGroup(NAME)::join);
        MixedReads[] mixed = new MixedReads[1];
        Node doneMeanwhile = mixing(bench, mixed, seen -> MixedReads.has(seen, "l-"), "c-", act(first::done));
        requireNoneShown(bench, doneMeanwhile, mixed[0]);
        List<Worker> second = new ArrayList<>();
        Node joinedMeanwhile = mixing(
                bench,
                mixed,
                seen -> MixedReads.has(seen, "h"),
                "l-",
                () -> second.add(worker.sereno().waitGroup(NAME).join()));
        requireNoneShown(bench, joinedMeanwhile, mixed[0]);
        // A lost worker is shown: an operator has deleted its life.
        String id = second.get(0).id();
        bench.judge().delete("waitgroup/" + NAME, "l-" + id);
        bench.same(
                "the workers shown as lost, of which one has no lease",
                List.of(id),
                node.result("inspect", group::inspect).lost());
    }

    private static void requireNoneShown(Bench bench, Node looking, MixedReads reads) {
        WaitGroup.View view = looking.result("inspect", looking.sereno().waitGroup(NAME)::inspect);
        bench.same("the workers shown as lost, of which none is lost", List.of(), view.lost());
        bench.evidence("reads that mixed moments", reads.mixed(), 1);
    }

    @Rule(value = "WGP-4", waits = true, check = "the condition of the commit that settles a loss")
    void aLossIsSettledOnce(Bench bench) {
        for (OnLostWorker policy : OnLostWorker.values()) {
            String name = NAME + policy;
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            // Both have seen the loss before the first one settles it.
            Node slow = Node.scripted(bench, Node.steady(bench)).awaitSession();
            node.script().each(Request.commitsTo("waitgroup/" + name), Fate.delayRequest(Duration.ofMillis(50)));
            slow.script().each(Request.commitsTo("waitgroup/" + name), Fate.delayRequest(Duration.ofMillis(200)));
            WaitGroup group = node.sereno().waitGroup(name);
            node.run("add 3", () -> group.add(3, policy));
            Worker worker = other.result("join", other.sereno().waitGroup(name)::join);
            List<Calling<Boolean>> waiting = new ArrayList<>();
            for (Node each : List.of(node, slow)) {
                waiting.add(
                        each.calls("await", () -> each.sereno().waitGroup(name).await(Duration.ofSeconds(30))));
            }
            bench.pass(Duration.ofMillis(200));
            bench.judge().delete("waitgroup/" + name, "l-" + worker.id());
            bench.pass(bench.afterNotice(Duration.ofSeconds(1)));
            WaitGroup.View view = node.result("inspect", group::inspect);
            bench.same(
                    "the places that are not done, of 3 of which one was lost under " + policy,
                    policy == OnLostWorker.COUNT_AS_DONE ? 2 : 3,
                    view.pending());
            bench.same(
                    "the workers shown as lost under " + policy,
                    policy == OnLostWorker.FAIL ? List.of(worker.id()) : List.of(),
                    view.lost());
            if (policy != OnLostWorker.FAIL) {
                for (int i = 0; i < view.pending(); i++) {
                    node.run("done", group::done);
                }
                CallResult<?> over = node.acts("done", group::done).end(LONG);
                bench.verify(
                        over.thrown() instanceof IllegalStateException,
                        () -> "one done() more than there are places ended as " + over);
            }
            for (Calling<Boolean> each : waiting) {
                CallResult<Boolean> ended = each.end(LONG);
                bench.verify(
                        policy == OnLostWorker.FAIL
                                ? ended.thrown() instanceof WorkersLostException
                                : ended.succeeded() && ended.result(),
                        () -> each + " ended as " + ended);
            }
        }
    }

    @Rule(value = "WGP-5", waits = true, check = "WAT-1: whether the change is announced to waiters")
    void aPlaceThatIsClosedWithoutBeingDoneIsLostAtOnce(Bench bench) {
        for (OnLostWorker policy : OnLostWorker.values()) {
            String name = NAME + policy;
            Node node = Node.in(bench);
            Node other = Node.in(bench);
            WaitGroup group = node.sereno().waitGroup(name);
            node.run("add 1", () -> group.add(1, policy));
            Worker worker = other.result("join", other.sereno().waitGroup(name)::join);
            Calling<Boolean> waiting = node.calls("await", () -> group.await(Duration.ofSeconds(30)));
            bench.pass(Duration.ofMillis(200));
            long from = bench.now();
            other.run("close", worker::close);
            requireSettled(bench, other, name, policy, waiting, worker.id());
            bench.within(
                    bench.afterNotice(Node.steady(bench).dividedBy(4)),
                    from,
                    "what a lost worker means under " + policy);
        }
    }

    /** Requires that a waiting client gets the result that the policy defines for the loss of the only worker. */
    static void requireSettled(
            Bench bench, Node other, String name, OnLostWorker policy, Calling<Boolean> waiting, String id) {
        if (policy == OnLostWorker.REOPEN) {
            bench.verify(
                    bench.reach(() -> waiting.isDone(), Duration.ofMillis(300)) == false,
                    () -> "await() ended though the place of a lost worker is open again: " + waiting.end(LONG));
            Worker next = joinFree(bench, other, name);
            other.run("done of the next worker", next::done);
        }
        CallResult<Boolean> ended = waiting.end(LONG);
        if (policy == OnLostWorker.FAIL) {
            bench.verify(
                    ended.thrown() instanceof WorkersLostException lost
                            && lost.workers().contains(id),
                    () -> "worker " + id + " was lost under FAIL, and await() ended as " + ended);
        } else {
            bench.verify(
                    ended.succeeded() && ended.result(),
                    () -> "worker " + id + " was lost under " + policy + ", and await() ended as " + ended);
        }
        bench.same(
                "pending afterwards",
                policy == OnLostWorker.FAIL ? 1 : 0,
                policy == OnLostWorker.FAIL
                        ? 1
                        : other.result("inspect", other.sereno().waitGroup(name)::inspect)
                                .pending());
    }

    /** Joins as soon as a place is free. */
    private static Worker joinFree(Bench bench, Node node, String name) {
        long from = bench.now();
        while (true) {
            CallResult<Worker> ended =
                    node.calls("join", node.sereno().waitGroup(name)::join).end(LONG);
            if (ended.succeeded()) {
                return ended.result();
            }
            bench.verify(
                    ended.thrown() instanceof IllegalStateException
                            && bench.since(from).compareTo(LONG) < 0,
                    () -> "the place of a lost worker is not free; join() ended as " + ended);
            bench.pass(Duration.ofMillis(50));
        }
    }

    @Rule(
            value = "WGP-7",
            waits = true,
            check =
                    "whether a waiter is notified about the generation that it waits for, or about the one that is open now")
    void aWaiterIsNotifiedOfItsOwnGeneration(Bench bench) {
        Node node = Node.in(bench);
        Node slow = Node.scripted(bench, Node.steady(bench));
        WaitGroup group = node.sereno().waitGroup(NAME);
        List<Calling<Boolean>> waiting = new ArrayList<>();
        for (int generation = 1; generation <= 3; generation++) {
            node.run("add 1", () -> group.add(1));
            bench.same(
                    "the generation",
                    (long) generation,
                    node.result("inspect", group::inspect).generation());
            if (generation == 1) {
                waiting.add(
                        slow.calls("await", () -> slow.sereno().waitGroup(NAME).await(Duration.ofSeconds(30))));
                bench.pass(Duration.ofMillis(300));
                bench.verify(!waiting.get(0).isDone(), () -> "await() returned while a place was open");
                slow.script().holdNotices();
            }
            if (generation < 3) {
                node.run("done", group::done);
            }
        }
        slow.script().releaseNotices();
        bench.same(
                "what await() of the first generation returned, while the third is open",
                true,
                waiting.get(0).result(LONG));
        node.run("done", group::done);
    }

    @Rule(value = "WGP-7", waits = true, check = "for how long it is known that a generation has failed")
    void aWaiterIsNotifiedThatItsGenerationFailed(Bench bench) {
        Node node = Node.in(bench);
        Node slow = Node.scripted(bench, Node.steady(bench));
        WaitGroup group = node.sereno().waitGroup(NAME);
        node.run("add 1", () -> group.add(1, OnLostWorker.FAIL));
        Calling<Boolean> waiting =
                slow.calls("await", () -> slow.sereno().waitGroup(NAME).await(Duration.ofSeconds(30)));
        bench.pass(Duration.ofMillis(300));
        slow.script().holdNotices();
        Worker worker = node.result("join", group::join);
        node.run("close", worker::close);
        node.run("add 1", () -> group.add(1));
        bench.same("the generation", 2L, node.result("inspect", group::inspect).generation());
        slow.script().releaseNotices();
        CallResult<Boolean> ended = waiting.end(LONG);
        bench.verify(
                ended.thrown() instanceof WorkersLostException lost
                        && lost.workers().contains(worker.id()),
                () -> "the first generation has failed, the second is open, and await() of the first ended as "
                        + ended);
        node.run("done", group::done);
    }

    @Rule(value = "WGP-9", waits = true, check = "whether all waiters are notified of the deletion, and LIF-8")
    void deletingEndsItForAll(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup(NAME);
        node.run("add 3", () -> group.add(3));
        Worker worker = other.result("join", other.sereno().waitGroup(NAME)::join);
        Calling<Boolean> waiting =
                other.calls("await", () -> other.sereno().waitGroup(NAME).await(Duration.ofSeconds(30)));
        bench.pass(Duration.ofMillis(200));
        node.run("delete", group::delete);
        CallResult<Boolean> ended = waiting.end(LONG);
        bench.verify(
                ended.thrown() instanceof IllegalStateException,
                () -> "await() of a generation that was deleted ended as " + ended
                        + "; IllegalStateException is expected");
        CallResult<?> done = other.acts("done", worker::done).end(LONG);
        bench.verify(
                done.thrown() instanceof GrantLostException || done.thrown() instanceof IllegalStateException,
                () -> "done() of a worker whose group was deleted ended as " + done);
        other.run("close", worker::close);
        long from = bench.now();
        while (!bench.judge().all("waitgroup/" + NAME).isEmpty()
                && bench.since(from).compareTo(Node.steady(bench)) < 0) {
            bench.pass(Duration.ofMillis(50));
        }
        bench.same(
                "the entries of a wait group that was deleted",
                "[]",
                bench.judge().all("waitgroup/" + NAME).toString());
        node.run("add 1", () -> group.add(1));
        node.run("done", group::done);
        bench.same(
                "what await() returns after add() to a deleted group",
                true,
                node.result("await", () -> group.await(LONG)));
    }
}
