package io.sereno.suite.election;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.Topology;
import io.sereno.properties.CandidateEvents;
import io.sereno.properties.Grants;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** The election, on a store without faults. */
public class LeaderRules {
    static final String NAME = "election";
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
        Grants grants = new Grants();
        Leadership before = lead(bench, one, first);
        bench.right(grants.granted(before));
        LeaderElection second = candidate(bench, other).start();
        Queues.ofElection(bench, NAME).await(bench, 2);
        for (boolean close : new boolean[] {false, true}) {
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
            bench.right(grants.granted(next));
            bench.same("isHeld() of the former leadership", false, before.isHeld());
            before = next;
        }
    }

    @Rule(value = "LDR-5a", waits = true, check = "whether callbacks of one candidate can overlap")
    void callbacksOfLeadingAndFollowingAlternate(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        CandidateEvents events = new CandidateEvents(false);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger beside = new AtomicInteger();
        LeaderElection watched = candidate(bench, one);
        watched.onElectedLeader((leadership, topology) -> slow(bench, running, beside, () -> events.role("leader")))
                .onElectedFollower(topology -> slow(bench, running, beside, () -> events.role("follower")))
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
                bench.reach(() -> events.count("leader") >= 5, bench.patience()),
                () -> "a candidate led 5 times, and its callbacks were " + events);
        bench.right(events.wrong());
        bench.same("callbacks that overlapped another callback", 0, beside.get());
        bench.evidence("callbacks", events.count(""), 9);
    }

    @Rule(value = "LDR-5a", waits = true, check = "whether callbacks about peers can overlap")
    void callbacksAboutPeersAreSerial(Bench bench) {
        Node one = Node.in(bench);
        CandidateEvents peers = new CandidateEvents(false);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger beside = new AtomicInteger();
        LeaderElection watching = candidate(bench, one);
        watching.onPeerJoined((peer, topology) -> slow(bench, running, beside, () -> peers.joined(peer, topology)))
                .onPeerLeft((peer, topology) -> slow(bench, running, beside, () -> peers.left(peer, topology)))
                .start();
        lead(bench, one, watching);
        List<Node> guests = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        for (int round = 1; round <= 2; round++) {
            int times = 3 * round;
            List<LeaderElection> candidates = new ArrayList<>();
            guests.forEach(guest -> candidates.add(guest.sereno().election(NAME).start()));
            bench.verify(
                    bench.reach(() -> peers.count("+") == times, LONG),
                    () -> times + " candidates have joined, and the listener received " + peers);
            for (int i = 0; i < guests.size(); i++) {
                guests.get(i).acts("close", candidates.get(i)::close);
            }
            bench.verify(
                    bench.reach(() -> peers.count("-") == times, LONG),
                    () -> times + " candidates have left, and the listener received " + peers);
        }
        bench.right(peers.wrong());
        bench.same("callbacks about peers that overlapped another callback", 0, beside.get());
    }

    /** So slow that a callback that begins before another has returned is counted. */
    private static void slow(Bench bench, AtomicInteger running, AtomicInteger beside, Runnable callback) {
        if (running.getAndIncrement() > 0) {
            beside.incrementAndGet();
        }
        callback.run();
        try {
            bench.pass(Duration.ofMillis(3));
        } finally {
            running.decrementAndGet();
        }
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
        LeaderElection stubborn = candidate(bench, one);
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
                one.acts("resign", stubborn::resign);
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
        LeaderElection hanging = candidate(bench, one);
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
        LeaderElection hanging = candidate(bench, node);
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
        LeaderElection watching = candidate(bench, one);
        watching.onPeerJoined(peers::joined).onPeerLeft(peers::left).start();
        lead(bench, one, watching);
        for (int i = 1; i <= 4; i++) {
            LeaderElection guest = other.sereno().election(NAME).start();
            int round = i;
            bench.verify(
                    bench.reach(() -> peers.count("+") == round, LONG),
                    () -> "a candidate has joined for the " + round + ". time, and the listener received " + peers);
            other.run("close", guest::close);
            bench.verify(
                    bench.reach(() -> peers.count("-") == round, LONG),
                    () -> "a candidate has left for the " + round + ". time, and the listener received " + peers);
        }
        bench.right(peers.wrong());
    }

    /** Wakes the rule when a peer has joined or left. */
    static final class Peers extends CandidateEvents {
        private final Bench bench;

        Peers(Bench bench) {
            super(false);
            this.bench = bench;
        }

        @Override
        public synchronized void joined(Peer peer, Topology topology) {
            super.joined(peer, topology);
            bench.stir();
        }

        @Override
        public synchronized void left(Peer peer, Topology topology) {
            super.left(peer, topology);
            bench.stir();
        }
    }

    @Rule(value = "LDR-11", waits = true, check = "COM-7a: a put on an entry that is there keeps its createRevision")
    void newMetadataReplacesTheOldInPlace(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Peers peers = new Peers(bench);
        LeaderElection watching = candidate(bench, one);
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
                bench.reach(() -> peers.count("+") == 1, bench.patience()) && peers.count("-") == 0,
                () -> "one candidate joined and changed its metadata, and the listener received " + peers);
        bench.right(peers.wrong());
    }

    private static Optional<String> version(LeaderElection election) {
        return election.topology().peers().stream()
                .map(peer -> peer.metadata().get("version"))
                .filter(java.util.Objects::nonNull)
                .findFirst();
    }

    static LeaderElection candidate(Bench bench, Node node) {
        LeaderElection candidate = node.sereno().election(NAME);
        bench.closeLater(closing(bench, node, candidate));
        return candidate;
    }

    /** Closes the candidate while time passes. */
    public static AutoCloseable closing(Bench bench, Node node, LeaderElection candidate) {
        return () -> node.acts("close", candidate::close).end(bench.patience());
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
