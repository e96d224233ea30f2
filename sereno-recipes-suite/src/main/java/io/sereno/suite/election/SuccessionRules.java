package io.sereno.suite.election;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.OutcomeUnknownException;
import io.sereno.Peer;
import io.sereno.properties.Grants;
import io.sereno.tck.recipes.Calling;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Who leads next where that is not the candidate that enrolled first. */
public class SuccessionRules {
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "LDR-15", waits = true, check = "WAT-1: whether a candidate is notified of one that enrols behind it")
    void theCandidateOfTheHighestPriorityLeadsNextAndNobodyIsDeposed(Bench bench) {
        List<Node> nodes = new ArrayList<>();
        List<LeaderElection> candidates = new ArrayList<>();
        for (int priority : new int[] {0, 0, 2, 5}) {
            Node node = Node.in(bench);
            LeaderElection candidate = LeaderRules.candidate(bench, node);
            node.run("priority " + priority, () -> candidate.priority(priority));
            node.run("start", candidate::start);
            nodes.add(node);
            candidates.add(candidate);
            Queues.ofElection(bench, LeaderRules.NAME).await(bench, nodes.size());
        }
        Leadership first = LeaderRules.lead(bench, nodes.get(0), candidates.get(0));
        List<String> order = List.of(0, 3, 2, 1).stream()
                .map(place -> nodes.get(place).sereno().nodeId())
                .toList();
        LeaderRules.requirePeers(bench, nodes.get(0), candidates.get(0), order);
        bench.same("isHeld() of a leader of low priority", true, first.isHeld());
        for (int next : new int[] {3, 2, 1}) {
            int leader = next == 3 ? 0 : next + 1;
            nodes.get(leader).run("close", candidates.get(leader)::close);
            LeaderRules.lead(bench, nodes.get(next), candidates.get(next));
        }
    }

    @Rule(value = "LDR-15", waits = true, check = "COM-7a: a put on an entry that is there keeps its createRevision")
    void aPriorityMayChangeWhileACandidateStands(Bench bench) {
        Node one = Node.in(bench);
        Node two = Node.in(bench);
        Node three = Node.in(bench);
        LeaderElection first = LeaderRules.candidate(bench, one).start();
        Leadership held = LeaderRules.lead(bench, one, first);
        LeaderElection second = LeaderRules.candidate(bench, two).start();
        Queues.ofElection(bench, LeaderRules.NAME).await(bench, 2);
        LeaderElection third = LeaderRules.candidate(bench, three).start();
        Queues.ofElection(bench, LeaderRules.NAME).await(bench, 3);
        three.run("priority 1", () -> third.priority(1));
        LeaderRules.requirePeers(bench, one, first, ids(one, three, two));
        two.run("priority 2", () -> second.priority(2));
        LeaderRules.requirePeers(bench, one, first, ids(one, two, three));
        bench.same("isHeld() of the leader", true, held.isHeld());
    }

    private static List<String> ids(Node... nodes) {
        return List.of(nodes).stream().map(node -> node.sereno().nodeId()).toList();
    }

    @Rule(
            value = "LDR-16",
            waits = true,
            check = "READ-3a: whether a listing can miss a candidate between leader and peer")
    void aTransferMakesTheChosenPeerTheLeaderOnceItIsPrepared(Bench bench) {
        Node one = Node.in(bench);
        Node two = Node.in(bench);
        Node three = Node.in(bench);
        Grants grants = new Grants();
        LeaderElection first = LeaderRules.candidate(bench, one).start();
        Leadership former = LeaderRules.lead(bench, one, first);
        bench.right(grants.granted(former));
        LeaderElection between = LeaderRules.candidate(bench, two);
        AtomicBoolean betweenLed = new AtomicBoolean();
        between.onElectedLeader((leadership, topology) -> betweenLed.set(true));
        between.start();
        Queues.ofElection(bench, LeaderRules.NAME).await(bench, 2);
        LeaderElection chosen = LeaderRules.candidate(bench, three);
        CompletableFuture<Boolean> heldDuringPreparation = new CompletableFuture<>();
        chosen.onPreparing(from -> heldDuringPreparation.complete(former.isHeld()));
        chosen.start();
        LeaderRules.requirePeers(bench, one, first, ids(one, two, three));

        Calling<Boolean> transferring =
                one.calls("transferTo", () -> first.transferTo(peer(first, three), Duration.ofSeconds(30)));

        bench.same("what transferTo returned", true, transferring.result(LONG));
        bench.same(
                "isHeld() of the former leader while the peer prepared itself; empty if it did not",
                Optional.of(true),
                heldDuringPreparation.isDone() ? Optional.of(heldDuringPreparation.join()) : Optional.empty());
        Leadership next = LeaderRules.lead(bench, three, chosen);
        bench.right(grants.granted(next));
        bench.same("isHeld() of the former leader", false, former.isHeld());
        bench.same("whether the candidate between them has led", false, betweenLed.get());
    }

    @Rule(value = "LDR-16", waits = true, check = "whether a leader gives up before its peer is prepared")
    void aLeaderLeadsOnIfThePeerIsNotPreparedInTime(Bench bench) {
        Node one = Node.in(bench);
        Node two = Node.in(bench);
        LeaderElection first = LeaderRules.candidate(bench, one).start();
        Leadership held = LeaderRules.lead(bench, one, first);
        CompletableFuture<Void> open = new CompletableFuture<>();
        bench.closeLater(() -> open.complete(null));
        LeaderElection slow = LeaderRules.candidate(bench, two);
        CompletableFuture<Void> begun = new CompletableFuture<>();
        slow.onPreparing(from -> {
            begun.complete(null);
            LeaderRules.linger(bench, open, new AtomicInteger());
        });
        slow.start();
        LeaderRules.requirePeers(bench, one, first, ids(one, two));
        Calling<Boolean> transferring = one.calls(
                "transferTo", () -> first.transferTo(peer(first, two), bench.afterNotice(Duration.ofSeconds(3))));
        bench.verify(bench.reach(begun::isDone, LONG), () -> two + " was not told to prepare itself");
        bench.same("what transferTo returned", false, transferring.result(LONG));
        bench.same("isHeld() of the leader", true, held.isHeld());
        open.complete(null);
        bench.stir();
        bench.pass(Duration.ofMillis(500));
        bench.same("isHeld() of the leader, when the peer is prepared", true, held.isHeld());
        one.run("resign", first::resign);
        LeaderRules.lead(bench, two, slow);
    }

    @Rule(
            value = "LDR-16",
            waits = true,
            check = "OUT-3: whether a leader whose request had no answer is told what became of it")
    void aTransferToAPeerThatIsCutOffEndsHonestly(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node one = Node.in(bench);
        Node two = Node.breakable(bench, ttl).awaitSession();
        Grants grants = new Grants();
        LeaderElection first = LeaderRules.candidate(bench, one).start();
        bench.right(grants.granted(LeaderRules.lead(bench, one, first)));
        LeaderElection second = LeaderRules.candidate(bench, two).start();
        LeaderRules.requirePeers(bench, one, first, ids(one, two));
        Peer chosen = peer(first, two);
        two.faults().cutOff();
        Calling<Boolean> transferring = one.calls("transferTo", () -> first.transferTo(chosen, ttl.multipliedBy(20)));
        CallResult<Boolean> ended = transferring.end(LONG.plus(ttl.multipliedBy(20)));
        boolean led = ended.succeeded() && Boolean.TRUE.equals(ended.result());
        bench.verify(
                !ended.isOpen() && !led && (ended.succeeded() || ended.thrown() instanceof OutcomeUnknownException),
                () -> "a transfer to a peer that is cut off ended as " + ended);
        two.faults().heal();
        Leadership next = LeaderRules.lead(bench, one, first);
        bench.right(grants.granted(next));
        one.run("close", first::close);
        bench.right(grants.granted(LeaderRules.lead(bench, two, second)));
    }

    private static Peer peer(LeaderElection election, Node node) {
        return election.topology().peers().stream()
                .filter(peer -> peer.nodeId().equals(node.sereno().nodeId()))
                .findFirst()
                .orElseThrow();
    }
}
