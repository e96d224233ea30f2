package io.sereno.suite.common;

import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import io.sereno.suite.election.LeaderRules;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What the orderly end of a client leaves behind when its requests or their answers are lost at first. */
public class ClosingRules {
    private static final Duration LONG = Duration.ofSeconds(40);

    /** How long close() retries. A store that close() does not reach in that time is not at fault. */
    private static final Duration ASKING = Duration.ofSeconds(4);

    /** Longer than close() takes. */
    private static final Duration SILENCE = Duration.ofSeconds(8);

    @Rule(value = "REC-6", waits = true, check = "LEA-5b: whether a revocation without an answer is sent again")
    void aRevocationThatWasLostIsMadeAllTheSame(Bench bench) {
        Map<String, Fate> fates = new LinkedHashMap<>();
        fates.put("was lost", Fate.loseRequest());
        fates.put("was not answered", Fate.loseReply());
        fates.put("was refused", Fate.refuse());
        fates.put("was lost in silence", Fate.loseRequest().givenUpAfter(SILENCE));
        fates.put("was answered by silence", Fate.loseReply().givenUpAfter(SILENCE));
        fates.forEach((what, fate) -> {
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            takePlaces(bench, node);
            // The first revocation of each of its leases.
            Set<Long> met = ConcurrentHashMap.newKeySet();
            node.script()
                    .each(request -> request instanceof Request.RevokeLease revoke && met.add(revoke.leaseId()), fate);
            long began = bench.now();
            node.acts("close", node.sereno()::close).result(LONG);
            requireNothing(bench, node, began, "the first revocation of each lease " + what);
            bench.evidence("first revocations that failed", met.size(), 1);
        });
    }

    @Rule(
            value = "REC-6",
            waits = true,
            check = "LEA-5b and OUT-7: what is left of a close while the connection breaks")
    void aCloseWhileTheConnectionBreaksLeavesNothing(Bench bench) {
        int reached = 0;
        for (boolean arrives : new boolean[] {true, false}) {
            Node node = Node.breakable(bench, Node.steady(bench)).awaitSession();
            takePlaces(bench, node);
            if (arrives) {
                node.faults().holdReplies();
            } else {
                node.faults().swallowRequests();
            }
            long before = node.faults().sent();
            long began = bench.now();
            Calling<Boolean> closing = node.acts("close", node.sereno()::close);
            node.faulty().orElseThrow().awaitSent(before);
            bench.pass(Duration.ofMillis(100));
            node.faults().breakConnections();
            node.faults().heal();
            closing.result(LONG);
            if (closing.returned() - began < ASKING.minusMillis(500).toNanos()) {
                reached++;
                requireNothing(
                        bench,
                        node,
                        began,
                        arrives ? "answers were lost during its close" : "requests were lost during its close");
            }
        }
        bench.count("closes that reached the store again", reached);
    }

    /** Takes a place in a lock, in an election, and in a group; the group's entry has a lease of its own. */
    private static void takePlaces(Bench bench, Node node) {
        node.result("acquire", node.sereno().mutex("l")::acquire);
        LeaderElection candidate = node.sereno().election("e").start();
        LeaderRules.lead(bench, node, candidate);
        KeepAlive member = node.result(
                "join",
                () -> node.sereno()
                        .membership("g")
                        .join("one", bench.ttl(Node.steady(bench).multipliedBy(2))));
        bench.same("the state of a member", KeepAlive.State.LISTED, member.state());
    }

    private static void requireNothing(Bench bench, Node node, long began, String fault) {
        List<String> left = new ArrayList<>();
        for (String directory : List.of("session", "lock/l", "election/e", "member/g")) {
            for (Entry entry : bench.judge().all(directory)) {
                left.add(directory + ": " + CallResult.describe(entry));
            }
        }
        if (!left.isEmpty()) {
            bench.unlessStoodStill(began, "a close was not through in its time");
        }
        bench.verify(
                left.isEmpty(),
                () -> node + " was closed in order, " + fault + ", close() has returned, and this is left: " + left);
    }
}
