package io.sereno.suite.election;

import io.sereno.LeaderElection;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What an election reports of its leaders, on a store without faults. */
public class LeaderChangeRules {
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "LDR-14", waits = true, check = "WAT-1 and READ-3: whether a view can miss a change")
    void aListenerGetsThePresentLeaderAndThenEachNewOne(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Node watcher = Node.in(bench);
        Leaders seen = new Leaders(bench);
        LeaderElection first = LeaderRules.candidate(bench, one).start();
        LeaderRules.lead(bench, one, first);
        LeaderElection second = LeaderRules.candidate(bench, other).start();
        Queues.ofElection(bench, LeaderRules.NAME).await(bench, 2);
        LeaderElection observer = LeaderRules.candidate(bench, watcher);
        watcher.run("onLeaderChanged", () -> observer.onLeaderChanged(peer -> seen.add(peer.nodeId())));
        List<String> expected = new ArrayList<>(List.of(one.sereno().nodeId()));
        seen.require(expected);
        for (int round = 1; round <= 3; round++) {
            one.run("resign", first::resign);
            LeaderRules.lead(bench, other, second);
            expected.add(other.sereno().nodeId());
            seen.require(expected);
            other.run("resign", second::resign);
            LeaderRules.lead(bench, one, first);
            expected.add(one.sereno().nodeId());
            seen.require(expected);
        }
        bench.pass(Duration.ofMillis(200));
        seen.require(expected);
    }

    /** The node ids that a listener received. */
    private static final class Leaders {
        private final Bench bench;
        private final List<String> received = new ArrayList<>();

        Leaders(Bench bench) {
            this.bench = bench;
        }

        void add(String nodeId) {
            synchronized (received) {
                received.add(nodeId);
            }
            bench.stir();
        }

        void require(List<String> expected) {
            bench.verify(
                    bench.reach(() -> received().equals(expected), LONG),
                    () -> "the leaders were " + expected + ", and the listener received " + received());
        }

        private List<String> received() {
            synchronized (received) {
                return List.copyOf(received);
            }
        }
    }
}
