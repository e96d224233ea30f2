package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.operator.WaitForGraph;
import io.sereno.operator.WaitForGraph.Edge;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DeadlocksTest {
    private final Edge adaForBen = edge("ada", "ben", Kind.LOCK, "b");
    private final Edge benForAda = edge("ben", "ada", Kind.LOCK, "a");
    private final Edge benForCleo = edge("ben", "cleo", Kind.READ_WRITE_LOCK, "c");
    private final Edge cleoForAda = edge("cleo", "ada", Kind.LOCK, "a");
    private final Edge benLeads = edge("ada", "ben", Kind.ELECTION, "e");
    private final Edge adaLeads = edge("ben", "ada", Kind.ELECTION, "f");

    @Test
    void aCircleOfLocksIsFoundOnceBesideOneOfElections() {
        assertThat(circles(benLeads, adaLeads, adaForBen, benForAda)).containsExactly(List.of(adaForBen, benForAda));
        assertThat(circles(adaForBen, benForCleo, cleoForAda)).hasSize(1).allMatch(circle -> circle.size() == 3);
        assertThat(circles(adaForBen, benForAda, benForCleo, cleoForAda)).hasSize(2);
    }

    @Test
    void candidatesDoNotBlockEachOther() {
        assertThat(circles(benLeads, adaLeads)).isEmpty();
        assertThat(circles(adaForBen, adaLeads)).isEmpty();
        assertThat(circles(adaForBen, benForCleo)).isEmpty();
    }

    /** Of each circle the wait of the first of its clients by name comes first. */
    private static List<List<Edge>> circles(Edge... edges) {
        return Deadlocks.of(new WaitForGraph(List.of(edges), List.of())).stream()
                .map(circle -> circle.get(0).waiting().session().equals("ada")
                        ? circle
                        : circle.size() == 2 ? List.of(circle.get(1), circle.get(0)) : circle)
                .toList();
    }

    private static Edge edge(String waiting, String ahead, Kind kind, String name) {
        return new Edge(seat(waiting, kind, name, false), seat(ahead, kind, name, true));
    }

    private static Seat seat(String client, Kind kind, String name, boolean holds) {
        return new Seat(
                new Resource(kind, name),
                client + "-1",
                1,
                client,
                1,
                client,
                "host",
                Instant.EPOCH,
                holds,
                false,
                OptionalLong.empty(),
                false);
    }
}
