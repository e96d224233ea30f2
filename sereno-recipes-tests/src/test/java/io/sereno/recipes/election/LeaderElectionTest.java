package io.sereno.recipes.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.Sereno;
import io.sereno.Topology;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.recipes.Clients;
import io.sereno.recipes.client.Client;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Bytes;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LeaderElectionTest {
    private final Clients clients = new Clients();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void theFirstLeadsTheOthersFollowAndTakeOverInOrder() throws Exception {
        LeaderElection a = candidate(clients.connect("a"));
        Leadership first = a.awaitLeadership();
        expect("a leads");
        LeaderElection b = candidate(clients.connect("b"));
        expect("b follows a");
        assertThat(b.state()).isEqualTo(LeaderElection.State.FOLLOWER);

        a.resign();

        expectInAnyOrder("b leads", "a follows b");
        assertThat(first.isHeld()).isFalse();
        Leadership second = b.leadership().orElseThrow();
        assertThat(second.fencingToken()).isGreaterThan(first.fencingToken());
        assertThat(first.lost().toCompletableFuture()).isNotDone();

        b.close();
        expect("a leads");
        assertThat(a.topology().peers()).extracting(Peer::nodeId).containsExactly("a");
        a.close();
        assertThat(clients.connect("c").election("e").topology().peers()).isEmpty();
    }

    @Test
    void metadataIsReplacedInPlaceKeepingTheTurn() throws Exception {
        LeaderElection a = candidate(clients.connect("a"));
        Leadership leadership = a.awaitLeadership();
        Sereno other = clients.connect("b");

        a.metadata(Map.of("zone", "north one"));

        assertThat(other.election("e").topology().peers())
                .extracting(Peer::metadata)
                .isEqualTo(List.of(Map.of("zone", "north one")));
        assertThat(leadership.isHeld()).isTrue();
    }

    @Test
    void metadataThatTheStoreHasLostIsPutAgain() throws Exception {
        LeaderElection a = candidate(clients.connect("a"));
        a.awaitLeadership();
        MemoryBackup before = clients.store.backup();
        Bytes old = stored();
        a.metadata(Map.of("zone", "north one"));
        clients.passUntil(() -> !stored().equals(old), Clients.TTL);
        Bytes described = stored();

        clients.store.restore(before, MemoryBackup.Revisions.GO_ON);

        clients.passUntil(() -> stored().equals(described), Clients.TTL);
    }

    private Bytes stored() {
        return clients.entries("election/e").get(0).value();
    }

    /** Callbacks run here in the thread that submits them, which is earlier than in any other thread. */
    @Test
    void aFormerLeaderIsNotShownAsTheLeaderInTheFollowerCallback() {
        FaultyBackend line = clients.line();
        Client client = clients.client("a", line, clients.time, Runnable::run);
        List<Topology> seen = new ArrayList<>();
        LeaderElection a = new ElectionRecipe(client, "e", "election/e")
                .onElectedFollower(seen::add)
                .start();
        assertThat(a.state()).isEqualTo(LeaderElection.State.LEADER);
        assertThat(a.topology().isLeader()).isTrue();

        line.each(request -> true, Fate.refuse());
        clients.time.advance(Clients.TTL);

        assertThat(a.state()).isEqualTo(LeaderElection.State.SUSPENDED);
        assertThat(seen).hasSize(1);
        assertThat(seen.get(0).isLeader()).isFalse();
        assertThat(seen.get(0).self()).isEmpty();
        assertThat(seen.get(0).leader()).isEmpty();
        assertThat(seen.get(0).current()).isFalse();
    }

    /** Its own entry may stay in the store for a while, so no candidate can lead. */
    @Test
    void noLeaderIsNamedWhileTheFormerLeadersEntryMayBeInFront() {
        FaultyBackend line = clients.line();
        List<Topology> seen = new ArrayList<>();
        LeaderElection a = new ElectionRecipe(clients.client("a", line, clients.time, Runnable::run), "e", "election/e")
                .onElectedFollower(seen::add)
                .start();
        LeaderElection b = new ElectionRecipe(
                        clients.client("b", clients.line(), clients.time, Runnable::run), "e", "election/e")
                .start();
        assertThat(a.topology().peers()).extracting(Peer::nodeId).containsExactly("a", "b");

        line.cutOff(Duration.ofMillis(100));
        while (seen.isEmpty()) {
            clients.time.advance(Duration.ofMillis(50));
        }

        assertThat(b.leadership()).isEmpty();
        assertThat(seen).singleElement().satisfies(topology -> {
            assertThat(topology.leader()).isEmpty();
            assertThat(topology.peers()).extracting(Peer::nodeId).containsExactly("b");
        });
        line.heal();
        clients.time.advance(Clients.TTL);
        assertThat(b.leadership()).isPresent();
        assertThat(a.topology().leader()).map(Peer::nodeId).contains("b");
    }

    /** Its leadership has proved that all its predecessors are gone. */
    @Test
    void aPredecessorOfALeaderIsNotNamedAfterTheLossOfTheLeadership() {
        LeaderElection x = new ElectionRecipe(
                        clients.client("x", clients.line(), clients.time, Runnable::run), "e", "election/e")
                .start();
        FaultyBackend line = clients.line();
        List<Topology> seen = new ArrayList<>();
        LeaderElection a = new ElectionRecipe(clients.client("a", line, clients.time, Runnable::run), "e", "election/e")
                .onElectedFollower(seen::add)
                .start();
        assertThat(seen).hasSize(1);
        line.each(request -> request instanceof Request.Read read && read.query() instanceof Query.All, Fate.refuse());

        x.close();
        assertThat(a.state()).isEqualTo(LeaderElection.State.LEADER);
        line.cutOff(Duration.ofMillis(100));
        clients.time.advance(Clients.TTL);

        assertThat(seen).hasSize(2);
        assertThat(seen.get(1).leader()).isEmpty();
        assertThat(seen.get(1).peers()).isEmpty();
    }

    private LeaderElection candidate(Sereno sereno) {
        String id = sereno.nodeId();
        return sereno.election("e")
                .onElectedLeader((leadership, topology) -> events.add(id + " leads"))
                .onElectedFollower(topology -> events.add(
                        id + " follows " + topology.leader().map(Peer::nodeId).orElse("nobody")))
                .start();
    }

    /** Two candidates report the same event, each in its own time. */
    private void expectInAnyOrder(String one, String other) throws InterruptedException {
        assertThat(List.of(events.take(), events.take())).containsExactlyInAnyOrder(one, other);
    }

    private void expect(String event) throws InterruptedException {
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(event);
    }
}
