package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.operator.WaitForGraph;
import io.sereno.operator.WaitForGraph.Edge;
import io.sereno.recipes.kernel.Card;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who waits for whom, and which circles are suspected, in queues as they were read twice. */
class WaitsTest {
    /** One reading shows seats of different moments. */
    @Test
    void aSeatThatOnlyOneReadingShowsIsInNoCircle() {
        List<Lineup> circle = List.of(lock("a", "one", "two"), lock("b", "two", "one"));
        List<Lineup> none = List.of(lock("a", "two"), lock("b", "two", "one"));
        assertThat(between(circle, circle).suspected()).hasSize(1);
        assertThat(between(circle, none).suspected()).isEmpty();
        assertThat(between(none, circle).suspected()).isEmpty();
        assertThat(between(none, none).edges()).hasSize(1);
    }

    @Test
    void eachClientIsInOneCircleAtMostAndTailsAreInNone() {
        List<Lineup> all = List.of(
                lock("a", "k1", "k2", "tail"),
                lock("b", "k2", "k3"),
                lock("c", "k3", "k1"),
                lock("d", "m1", "m2"),
                lock("e", "m2", "m1"),
                lock("f", "tail", "end"),
                lock("g", "m1", "k1"));
        assertThat(clients(all)).containsExactlyInAnyOrder(Set.of("k1", "k2", "k3"), Set.of("m1", "m2"));
    }

    @Test
    void aChangeOfWhatASeatClaimsMakesItAnother() {
        Resource lock = new Resource(Kind.READ_WRITE_LOCK, "x");
        Entry writer = place("one", 1, 1, "write lock\n");
        Entry downgraded = place("one", 1, 3, "read lock\n");
        Entry reader = place("two", 2, 2, "read lock\n");
        Lineup before = Lineup.of(lock, List.of(writer, reader), null);
        Lineup after = Lineup.of(lock, List.of(downgraded, reader), null);
        assertThat(between(List.of(before), List.of(before)).edges()).hasSize(1);
        assertThat(between(List.of(before), List.of(after)).edges()).isEmpty();
    }

    /** Replicas of one service lead one election each and wait for the other one all the time. */
    @Test
    void candidatesNodesOfTasksAndReadersAreInNoCircle() {
        for (Kind kind : List.of(Kind.ELECTION, Kind.TASK, Kind.READER)) {
            Lineup first = lineup(kind, "e", "one", "two");
            assertThat(clients(List.of(first, lineup(kind, "f", "two", "one")))).isEmpty();
            assertThat(clients(List.of(first, lock("b", "two", "one")))).isEmpty();
            assertThat(graph(List.of(first)).edges()).hasSize(1);
        }
        assertThat(clients(List.of(
                        lock("a", "one", "two"), lock("b", "two", "one"), lineup(Kind.ELECTION, "e", "two", "one"))))
                .containsExactly(Set.of("one", "two"));
    }

    @Test
    void aWaitForPermitsLeadsToAllThatHoldAndThroughThoseThatWait() {
        Lineup pool = pool("p", 3, "one 2 held", "two 1 held", "three 1", "four 1");
        assertThat(graph(List.of(pool)).edges())
                .extracting(edge -> edge.waiting().nodeId() + " " + edge.ahead().nodeId())
                .containsExactlyInAnyOrder("three one", "three two", "four three");
    }

    @Test
    void aClientThatHoldsAllPermitsAndWaitsForALockOfOneThatWaitsForThemIsSuspected() {
        assertThat(clients(List.of(pool("p", 2, "one 2 held", "two 1"), lock("a", "two", "one"))))
                .containsExactly(Set.of("one", "two"));
    }

    /** It need not wait for the one that waits for it. */
    @Test
    void aPermitThatAThirdClientReturnsEndsTheWait() {
        Lineup pool = pool("p", 2, "one 1 held", "three 1 held", "two 1");
        Lineup lock = lock("a", "two", "one");
        assertThat(clients(List.of(pool, lock))).isEmpty();
        assertThat(clients(List.of(pool, lock, lock("b", "two", "three")))).hasSize(1);
        assertThat(clients(List.of(pool("p", 2, "one 1 held", "three 1 held", "two 2"), lock)))
                .containsExactly(Set.of("one", "two"));
    }

    /** Those in front that wait are served first, and may still return what they get. */
    @Test
    void aWaitBehindAnotherOneLastsOnlyIfThatOneDoes() {
        Lineup lock = lock("a", "two", "one");
        assertThat(clients(List.of(pool("p", 2, "three 2 held", "one 1", "two 1"), lock)))
                .isEmpty();
        assertThat(clients(List.of(pool("p", 2, "three 2 held", "one 2", "two 1"), lock)))
                .containsExactly(Set.of("one", "two"));
    }

    /** The one thread returns what the other one waits for: a pool that is in use looks so all the time. */
    @Test
    void clientsThatHoldAndAwaitPermitsOfOnePoolAreInNoCircle() {
        assertThat(clients(List.of(pool("p", 2, "one 1 held", "two 1 held", "one 1", "two 1"))))
                .isEmpty();
        assertThat(clients(List.of(pool("p", 3, "one 1 held", "two 2 held", "one 2", "two 2"))))
                .isEmpty();
        assertThat(clients(List.of(
                        pool("p", 3, "one 1 held", "two 2 held", "one 2", "two 2"),
                        pool("q", 1, "one 1 held", "two 1"))))
                .hasSize(1);
    }

    @Test
    void aLimitThatChangesMeanwhileProvesNoWait() {
        List<Lineup> before = List.of(pool("p", 1, "one 1 held", "two 1"));
        List<Lineup> after = List.of(pool("p", 2, "one 1 held", "two 1", "three 1"));
        assertThat(graph(before).edges()).hasSize(1);
        assertThat(between(before, after).edges()).isEmpty();
        assertThat(between(after, before).edges()).isEmpty();
    }

    /** No client put it, and it counts as more permits than any limit. */
    @Test
    void aForeignPlaceInAPoolIsWaitedForAndInNoCircle() {
        Entry foreign = new Entry("foreignforn-1", Bytes.EMPTY, 1, 1, 0);
        Lineup pool = Lineup.of(
                new Resource(Kind.PERMIT_POOL, "p"), List.of(foreign, place("two", 2, 2, "weight 1\n")), limit(9));
        assertThat(graph(List.of(pool, lock("a", "two", "one"))).edges())
                .extracting(edge -> edge.ahead().foreign())
                .containsExactlyInAnyOrder(true, false);
        assertThat(clients(List.of(pool, lock("a", "two", "one")))).isEmpty();
    }

    private static List<Set<String>> clients(List<Lineup> queues) {
        List<List<Edge>> circles = graph(queues).suspected();
        circles.forEach(WaitsTest::requireClosed);
        return circles.stream()
                .map(circle ->
                        circle.stream().map(edge -> edge.waiting().nodeId()).collect(Collectors.toSet()))
                .toList();
    }

    private static void requireClosed(List<Edge> circle) {
        for (int i = 0; i < circle.size(); i++) {
            String ahead = circle.get(i).ahead().nodeId();
            assertThat(circle.get((i + 1) % circle.size()).waiting().nodeId()).isEqualTo(ahead);
        }
    }

    private static WaitForGraph graph(List<Lineup> queues) {
        return between(queues, queues);
    }

    private static WaitForGraph between(List<Lineup> first, List<Lineup> second) {
        return Waits.between(first, second, new Markers());
    }

    private static Lineup lock(String name, String... nodes) {
        return lineup(Kind.LOCK, name, nodes);
    }

    /** Each node has its own session, and one place in each queue. */
    private static Lineup lineup(Kind kind, String name, String... nodes) {
        List<Entry> queue = new ArrayList<>();
        for (String node : nodes) {
            queue.add(place(node, node.hashCode(), node.hashCode(), ""));
        }
        return Lineup.of(new Resource(kind, name), queue, null);
    }

    /** Of each place its node, its weight and its mark. */
    private static Lineup pool(String name, int limit, String... places) {
        List<Entry> queue = new ArrayList<>();
        for (String place : places) {
            String[] words = place.split(" ", 3);
            String lines = "weight " + words[1] + "\n" + (words.length > 2 ? "held\n" : "");
            int number = queue.size() + 1;
            queue.add(place(words[0], number, number, lines));
        }
        return Lineup.of(new Resource(Kind.PERMIT_POOL, name), queue, limit(limit));
    }

    private static Entry limit(int limit) {
        return new Entry("limit", Bytes.utf8("sereno/1 limit\nlimit " + limit + "\n"), 1, limit, 0);
    }

    private static Entry place(String node, int createRevision, int modRevision, String lines) {
        String session = String.format("%11s", node).replace(' ', '0');
        Bytes value = new Card(node, Instant.EPOCH, Map.of()).encode(lines);
        return new Entry(
                session + "-" + Math.abs(createRevision), value, Math.abs(createRevision), Math.abs(modRevision), 1);
    }
}
