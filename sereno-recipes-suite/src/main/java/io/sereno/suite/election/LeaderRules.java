package io.sereno.suite.election;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.UnknownPreparation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** The election, on a store without faults. */
public class LeaderRules {
    private static final String NAME = "election";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    @Rule(value = "LDR-10", waits = true, check = "whether a candidate checks all predecessors, or the nearest one")
    void aCandidateBehindOneThatLeavesDoesNotLead(Bench bench) {
        Queues queue = Queues.ofElection(bench, NAME);
        List<LeaderElection> candidates = new ArrayList<>();
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        for (Node node : nodes) {
            candidates.add(candidate(bench, node).start());
            queue.await(bench, candidates.size());
        }
        Leadership leadership = lead(bench, nodes.get(0), candidates.get(0));
        nodes.get(1).run("close", candidates.get(1)::close);
        queue.await(bench, 2);
        bench.pass(Duration.ofMillis(500));
        bench.verify(
                candidates.get(2).leadership().isEmpty() && leadership.isHeld(),
                () -> "the candidate directly in front of " + nodes.get(2) + " has left, " + nodes.get(0)
                        + " leads, and leadership() of " + nodes.get(2) + " is "
                        + candidates.get(2).leadership());
    }

    @Rule(value = "LDR-10", waits = true, check = "how a candidate distinguishes its own entry from that of a namesake")
    void aNamesakeInFrontIsAnotherCandidate(Bench bench) {
        Node former = Node.in(bench);
        LeaderElection first = candidate(bench, former).start();
        Leadership leadership = lead(bench, former, first);
        // The same node, restarted before its former entries are gone.
        Node again = Node.over(bench, former.name(), bench.client().witnessed(), Node.steady(bench));
        LeaderElection second = candidate(bench, again).start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        Optional<Leadership> early = again.calls(
                        "awaitLeadership 500 ms", () -> second.awaitLeadership(Duration.ofMillis(500)))
                .result();
        bench.verify(
                early.isEmpty() && second.leadership().isEmpty() && leadership.isHeld(),
                () -> "a candidate leads, with token " + leadership.fencingToken() + ", and another of the same node id"
                        + " takes itself for the leader");
        former.run("close", first::close);
        lead(bench, again, second);
    }

    @Rule(value = "LDR-4", waits = true, check = "WAT-4: whether the deletion of the entry in front is announced")
    void aResignationOrCloseHandsOverAtOnce(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        LeaderElection first = candidate(bench, one).start();
        Leadership before = lead(bench, one, first);
        LeaderElection second = candidate(bench, other).start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        for (boolean close : new boolean[] {false, true}) {
            long token = before.fencingToken();
            Node leading = close ? other : one;
            LeaderElection leader = close ? second : first;
            if (close) {
                Queues.ofElection(bench, NAME).await(bench, 2);
            }
            long from = bench.now();
            leading.run(close ? "close" : "resign", close ? leader::close : leader::resign);
            Leadership next = close ? lead(bench, one, first) : lead(bench, other, second);
            bench.within(
                    bench.afterNotice(Node.steady(bench).dividedBy(4)),
                    from,
                    "the leadership after " + (close ? "close()" : "resign()"));
            bench.verify(
                    next.fencingToken() > token,
                    () -> "a term with token " + next.fencingToken() + " follows one with " + token);
            bench.same("isHeld() of the former leadership", false, before.isHeld());
            before = next;
        }
    }

    @Rule(value = "LDR-5a", waits = true, check = "whether callbacks of one candidate can overlap")
    void callbacksOfLeadingAndFollowingAlternate(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        List<String> reported = new ArrayList<>();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger beside = new AtomicInteger();
        LeaderElection watched = one.sereno().election(NAME);
        bench.closeLater(closing(bench, one, watched));
        watched.onElectedLeader((leadership, topology) -> record(bench, reported, running, beside, "leader"))
                .onElectedFollower(topology -> record(bench, reported, running, beside, "follower"))
                .start();
        lead(bench, one, watched);
        LeaderElection rival = candidate(bench, other).start();
        for (int i = 0; i < 4; i++) {
            Queues.ofElection(bench, NAME).await(bench, 2);
            // Time for the callback, which ends with the leadership.
            bench.pass(Duration.ofMillis(20));
            one.run("resign", watched::resign);
            lead(bench, other, rival);
            Queues.ofElection(bench, NAME).await(bench, 2);
            other.run("resign", rival::resign);
            lead(bench, one, watched);
        }
        bench.verify(
                bench.reach(() -> count(reported, "leader") >= 5, bench.patience()),
                () -> "a candidate led 5 times, and its callbacks were " + copy(reported));
        List<String> seen = copy(reported);
        for (int i = 1; i < seen.size(); i++) {
            int at = i;
            bench.verify(
                    !seen.get(i).equals(seen.get(i - 1)),
                    () -> "callback " + (at + 1) + " is a second '" + seen.get(at) + "' in a row: " + seen);
        }
        bench.same("callbacks that overlapped another callback", 0, beside.get());
        bench.evidence("callbacks", seen.size(), 9);
    }

    @Rule(value = "LDR-5a", waits = true, check = "whether callbacks about peers can overlap")
    void callbacksAboutPeersAreSerial(Bench bench) {
        Node one = Node.in(bench);
        List<String> reported = new ArrayList<>();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger beside = new AtomicInteger();
        LeaderElection watching = one.sereno().election(NAME);
        bench.closeLater(closing(bench, one, watching));
        watching.onPeerJoined((peer, topology) -> record(bench, reported, running, beside, "joined"))
                .onPeerLeft((peer, topology) -> record(bench, reported, running, beside, "left"))
                .start();
        lead(bench, one, watching);
        List<Node> guests = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        for (int round = 1; round <= 2; round++) {
            int times = 3 * round;
            List<LeaderElection> candidates = new ArrayList<>();
            guests.forEach(guest -> candidates.add(guest.sereno().election(NAME).start()));
            bench.verify(
                    bench.reach(() -> count(reported, "joined") == times, LONG),
                    () -> times + " candidates have joined, and the listener received " + copy(reported));
            for (int i = 0; i < guests.size(); i++) {
                guests.get(i).calls("close", closing(candidates.get(i)));
            }
            bench.verify(
                    bench.reach(() -> count(reported, "left") == times, LONG),
                    () -> times + " candidates have left, and the listener received " + copy(reported));
        }
        bench.same("callbacks about peers that overlapped another callback", 0, beside.get());
    }

    private static Callable<Boolean> closing(LeaderElection candidate) {
        return () -> {
            candidate.close();
            return true;
        };
    }

    private static void record(
            Bench bench, List<String> reported, AtomicInteger running, AtomicInteger beside, String what) {
        if (running.getAndIncrement() > 0) {
            beside.incrementAndGet();
        }
        synchronized (reported) {
            reported.add(what);
        }
        try {
            bench.pass(Duration.ofMillis(3));
        } finally {
            running.decrementAndGet();
        }
    }

    private static List<String> copy(List<String> reported) {
        synchronized (reported) {
            return List.copyOf(reported);
        }
    }

    private static long count(List<String> reported, String what) {
        return copy(reported).stream().filter(what::equals).count();
    }

    @Rule(
            value = "LDR-5b",
            waits = true,
            check = "whether a candidate queues again while its callback still runs for the former term")
    void aCandidateEnrolsAgainWhenItsCallbackHasReturned(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Queues queue = Queues.ofElection(bench, NAME);
        AtomicReference<CompletableFuture<Void>> open = new AtomicReference<>(new CompletableFuture<>());
        AtomicInteger interrupts = new AtomicInteger();
        AtomicInteger terms = new AtomicInteger();
        LeaderElection stubborn = one.sereno().election(NAME);
        bench.closeLater(closing(bench, one, stubborn));
        stubborn.onElectedLeader((leadership, topology) -> {
            terms.incrementAndGet();
            bench.stir();
            linger(bench, Objects.requireNonNull(open.get()), interrupts);
        });
        stubborn.start();
        LeaderElection rival = candidate(bench, other);
        for (boolean removed : new boolean[] {false, true}) {
            Leadership leadership = lead(bench, one, stubborn);
            int term = removed ? 2 : 1;
            bench.verify(
                    bench.reach(() -> terms.get() == term, bench.patience()),
                    () -> "the leader callback was not called");
            if (!removed) {
                rival.start();
            }
            queue.await(bench, 2);
            int before = interrupts.get();
            if (removed) {
                queue.of(leadership.fencingToken()).ifPresent(queue::remove);
            } else {
                one.calls("resign", () -> {
                    stubborn.resign();
                    return true;
                });
            }
            lead(bench, other, rival);
            bench.verify(
                    bench.reach(() -> interrupts.get() > before, LONG),
                    () -> (removed ? "the removal of its entry" : "resign()")
                            + " did not interrupt the leader callback");
            bench.pass(Duration.ofMillis(300));
            bench.same(
                    "the candidates in the store while the callback of the former leader runs on",
                    1,
                    queue.live().size());
            open.getAndSet(new CompletableFuture<>()).complete(null);
            bench.stir();
            queue.await(bench, 2);
            other.run("resign", rival::resign);
        }
        lead(bench, one, stubborn);
        Objects.requireNonNull(open.get()).complete(null);
        bench.stir();
    }

    /**
     * A worker that takes long to stop, even if interrupted. It waits as recipes do, so that virtual time does not run
     * ahead of an interrupt.
     */
    static void linger(Bench bench, CompletableFuture<Void> open, AtomicInteger interrupts) {
        while (!open.isDone()) {
            try {
                bench.kit().crew().waiting(open::get);
            } catch (InterruptedException e) {
                interrupts.incrementAndGet();
                bench.stir();
            } catch (Exception e) {
                throw new IllegalStateException("the work of a leader has failed", e);
            }
        }
    }

    @Rule(value = "LDR-8", waits = true, check = "which threads run callbacks, and what becomes of what they throw")
    void aCallbackThatThrowsOrHangsWedgesNothing(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        CompletableFuture<Void> open = new CompletableFuture<>();
        AtomicInteger interrupts = new AtomicInteger();
        AtomicInteger thrown = new AtomicInteger();
        AtomicInteger hung = new AtomicInteger();
        LeaderElection hanging = one.sereno().election(NAME);
        bench.closeLater(closing(bench, one, hanging));
        hanging.onElectedFollower(topology -> {
                    thrown.incrementAndGet();
                    throw new IllegalStateException("thrown by a test");
                })
                .onElectedLeader((leadership, topology) -> {
                    hung.incrementAndGet();
                    bench.stir();
                    linger(bench, open, interrupts);
                });
        LeaderElection first = candidate(bench, other).start();
        lead(bench, other, first);
        hanging.start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        bench.verify(
                bench.reach(() -> thrown.get() > 0, bench.patience()), () -> "the follower callback was not called");
        other.run("resign", first::resign);
        Leadership leadership = lead(bench, one, hanging);
        bench.verify(bench.reach(() -> hung.get() > 0, bench.patience()), () -> "the leader callback was not called");
        // Its callback hangs. Everything else continues.
        long from = bench.now();
        CallResult<Long> added = one.calls(
                        "add 1", () -> one.sereno().counter("beside").addAndGet(1))
                .end(bench.patience());
        bench.within(
                bench.kit().operationTimeout().dividedBy(2),
                from,
                "a call of another recipe while the leader callback hangs");
        if (!added.succeeded()) {
            throw new UnknownPreparation(one + " add 1 ended as " + added);
        }
        bench.same("isHeld() while the callback hangs", true, leadership.isHeld());
        Queues queue = Queues.ofElection(bench, NAME);
        queue.of(leadership.fencingToken()).ifPresent(queue::remove);
        bench.verify(
                bench.reach(
                        () -> leadership.lost().toCompletableFuture().isDone(),
                        Node.steady(bench).dividedBy(2)),
                () -> "the leader's entry was removed while its callback hung, and lost() is not complete");
        bench.same("isHeld() after the loss", false, leadership.isHeld());
        open.complete(null);
        bench.stir();
        Queues.ofElection(bench, NAME).await(bench, 2);
    }

    @Rule(value = "LDR-8", waits = true, check = "whether renewals are made while a callback runs")
    void aCallbackThatHangsDelaysNoRenewal(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench, ttl);
        CompletableFuture<Void> open = new CompletableFuture<>();
        LeaderElection hanging = node.sereno().election(NAME);
        bench.closeLater(closing(bench, node, hanging));
        bench.closeLater(() -> open.complete(null));
        hanging.onElectedLeader((leadership, topology) -> linger(bench, open, new AtomicInteger()))
                .start();
        Leadership leadership = lead(bench, node, hanging);
        long from = bench.now();
        bench.pass(ttl.multipliedBy(2));
        if (!leadership.isHeld()) {
            bench.unlessStoodStill(from, "a session was not renewed in time");
        }
        bench.same("isHeld() when the callback has hung for twice the ttl of the session", true, leadership.isHeld());
        open.complete(null);
        bench.stir();
    }

    @Rule(value = "LDR-9", waits = true, check = "WAT-1 and READ-3: whether a view can miss a candidate")
    void peersJoinAndLeaveInPairs(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Peers peers = new Peers(bench);
        LeaderElection watching = one.sereno().election(NAME);
        bench.closeLater(closing(bench, one, watching));
        watching.onPeerJoined(peers::joined).onPeerLeft(peers::left).start();
        lead(bench, one, watching);
        for (int i = 1; i <= 4; i++) {
            LeaderElection guest = other.sereno().election(NAME).start();
            int round = i;
            bench.verify(
                    bench.reach(() -> peers.joins() == round, LONG),
                    () -> "a candidate has joined for the " + round + ". time, and the listener received " + peers);
            other.run("close", guest::close);
            bench.verify(
                    bench.reach(() -> peers.leaves() == round, LONG),
                    () -> "a candidate has left for the " + round + ". time, and the listener received " + peers);
        }
        peers.requirePairs(bench);
    }

    /** Records who joins and leaves. */
    static final class Peers {
        private final Bench bench;
        private final List<String> events = new ArrayList<>();
        private int joins;
        private int leaves;

        Peers(Bench bench) {
            this.bench = bench;
        }

        synchronized void joined(Peer peer, Topology topology) {
            joins++;
            events.add("+" + peer.nodeId() + "#" + peer.incarnation());
            bench.stir();
        }

        synchronized void left(Peer peer, Topology topology) {
            leaves++;
            events.add("-" + peer.nodeId() + "#" + peer.incarnation());
            bench.stir();
        }

        synchronized int joins() {
            return joins;
        }

        synchronized int leaves() {
            return leaves;
        }

        /** Each incarnation joins once, and then leaves at most once. */
        synchronized void requirePairs(Bench judging) {
            List<String> there = new ArrayList<>();
            for (String event : events) {
                String who = event.substring(1);
                if (event.startsWith("+")) {
                    judging.verify(!there.contains(who), () -> who + " joined twice: " + events);
                    there.add(who);
                } else {
                    judging.verify(there.remove(who), () -> who + " left without having joined: " + events);
                }
            }
            judging.same("the number of join events", events.stream().distinct().count(), (long) events.size());
        }

        @Override
        public synchronized String toString() {
            return events.toString();
        }
    }

    @Rule(value = "LDR-11", waits = true, check = "COM-7a: a put on an entry that is there keeps its createRevision")
    void newMetadataReplacesTheOldInPlace(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Peers peers = new Peers(bench);
        LeaderElection watching = one.sereno().election(NAME);
        bench.closeLater(closing(bench, one, watching));
        watching.onPeerJoined(peers::joined).onPeerLeft(peers::left).start();
        lead(bench, one, watching);
        LeaderElection changing =
                candidate(bench, other).metadata(Map.of("version", "0")).start();
        Queues queue = Queues.ofElection(bench, NAME);
        queue.await(bench, 2);
        long place = queue.live().get(1).createRevision();
        for (int i = 1; i <= 5; i++) {
            changing.metadata(Map.of("version", Integer.toString(i)));
            bench.pass(Duration.ofMillis(20));
        }
        bench.verify(
                bench.reach(() -> version(watching).equals(Optional.of("5")), LONG),
                () -> "a candidate has set version 5, and another candidate sees " + watching.topology());
        bench.same("the createRevision of the entry", place, queue.live().get(1).createRevision());
        bench.verify(
                bench.reach(() -> peers.joins() == 1, bench.patience()) && peers.leaves() == 0,
                () -> "one candidate joined and changed its metadata, and the listener received " + peers);
    }

    private static Optional<String> version(LeaderElection election) {
        return election.topology().peers().stream()
                .map(peer -> peer.metadata().get("version"))
                .filter(java.util.Objects::nonNull)
                .findFirst();
    }

    private static LeaderElection candidate(Bench bench, Node node) {
        LeaderElection candidate = node.sereno().election(NAME);
        bench.closeLater(closing(bench, node, candidate));
        return candidate;
    }

    /** Closes the candidate while time passes. */
    public static AutoCloseable closing(Bench bench, Node node, LeaderElection candidate) {
        return () -> node.calls("close", () -> {
                    candidate.close();
                    return true;
                })
                .end(bench.patience());
    }

    public static Leadership lead(Bench bench, Node node, LeaderElection candidate) {
        return node.calls("awaitLeadership", () -> candidate.awaitLeadership()).result(LONG);
    }

    /**
     * A candidate is notified of others a moment after the store has them. topology() may have to read, so it is a call
     * of the node and no condition of {@link Bench#reach}, which blocks the threads that would answer it.
     */
    public static void requirePeers(Bench bench, Node node, LeaderElection election, List<String> all) {
        List<String> seen = node.result("topology", () -> peers(election));
        for (long end = bench.now() + LONG.toNanos(); !seen.equals(all) && bench.now() - end < 0; ) {
            bench.pass(BETWEEN_LOOKS);
            seen = node.result("topology", () -> peers(election));
        }
        bench.same("the candidates that are seen", all, seen);
    }

    private static List<String> peers(LeaderElection election) {
        return election.topology().peers().stream().map(Peer::nodeId).toList();
    }
}
