package io.sereno.suite.operator;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.Member;
import io.sereno.Membership;
import io.sereno.Permit;
import io.sereno.Right;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WriteGrant;
import io.sereno.operator.GroupView;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.operator.TopicView;
import io.sereno.operator.WaitForGraph;
import io.sereno.spi.Commit;
import io.sereno.spi.Promise;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What operators see. */
public class OperatorViewRules {
    private static final String NAME = "close-month";
    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "OPR-5", waits = true, check = "in which order seats are shown, and who of them holds")
    void aMutexShowsItsSeatsInOrder(Bench bench) {
        List<Node> nodes = List.of(Node.in(bench), Node.in(bench), Node.in(bench));
        Operator operator = Node.in(bench).sereno().operator();
        Queues queue = Queues.ofLock(bench, NAME);
        bench.judge().put(queue.directory(), "limit", "sereno/2 something\n");
        bench.judge().put(queue.directory(), "3kd82jD0aXq-4", "sereno/1 withdrawn\n");
        Node first = nodes.get(0);
        Grant held = first.calls("acquire", first.sereno().mutex(NAME)::acquire).result(LONG);
        for (int i = 1; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            node.calls("acquire", () -> {
                node.sereno().mutex(NAME).acquire().release();
                return true;
            });
            queue.await(bench, i + 1);
        }
        QueueView view =
                first.result("queue", () -> operator.queue(Kind.LOCK, NAME)).orElseThrow();
        bench.same(
                "nodes in the queue",
                names(nodes),
                view.seats().stream().map(Seat::nodeId).toList());
        bench.same(
                "nodes that hold",
                names(nodes.subList(0, 1)),
                view.holders().stream().map(Seat::nodeId).toList());
        bench.same(
                "the first token of the holder",
                held.fencingToken(),
                view.holders().get(0).firstToken().orElse(0));
        bench.verify(
                view.seats().stream()
                        .allMatch(seat ->
                                seat.sessionRevision() > 0 && !seat.host().isEmpty()),
                () -> "a seat does not show its session: " + view);
        if (bench.promises(Promise.LISTS_DIRECTORIES)) {
            bench.same(
                    "what queues(LOCK) shows of it",
                    List.of(view),
                    first.result("queues", () -> operator.queues(Kind.LOCK)));
        }
        first.run("release", held::release);
        queue.await(bench, 0);
        bench.same(
                "the queue after all have released",
                Optional.empty(),
                first.result("queue", () -> operator.queue(Kind.LOCK, NAME)));
    }

    @Rule(value = "OPR-5", waits = true, check = "who holds a lock with readers")
    void readersThatHoldTogetherAreAllHolders(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Right one = first.calls("acquireRead", first.sereno().readWriteMutex(NAME)::acquireRead)
                .result(LONG);
        Right other = second.calls("acquireRead", second.sereno().readWriteMutex(NAME)::acquireRead)
                .result(LONG);
        Calling<WriteGrant> writer = third.calls("acquireWrite", third.sereno().readWriteMutex(NAME)::acquireWrite);
        new Queues(bench.judge(), "rwlock/" + NAME).await(bench, 3);
        QueueView view = first.result("queue", () -> first.sereno().operator().queue(Kind.READ_WRITE_LOCK, NAME))
                .orElseThrow();
        bench.same(
                "nodes that hold",
                names(List.of(first, second)),
                view.holders().stream().map(Seat::nodeId).toList());
        bench.same(
                "nodes that wait",
                names(List.of(third)),
                view.waiters().stream().map(Seat::nodeId).toList());
        first.run("release", one::release);
        second.run("release", other::release);
        third.run("release", writer.result(LONG)::release);
    }

    @Rule(value = "OPR-5", waits = true, check = "how many permits each seat of a pool has")
    void aPoolShowsItsLimitAndThePermitsOfEachSeat(Bench bench) {
        Node first = Node.in(bench);
        Node second = Node.in(bench);
        Node third = Node.in(bench);
        Permit two = permits(first, 2).result(LONG);
        Permit one = permits(second, 1).result(LONG);
        Calling<Permit> waiting = permits(third, 2);
        new Queues(bench.judge(), "semaphore/" + NAME).await(bench, 3);
        QueueView view = first.result("queue", () -> first.sereno().operator().queue(Kind.PERMIT_POOL, NAME))
                .orElseThrow();
        bench.same("the limit", OptionalInt.of(3), view.limit());
        bench.same(
                "who has and awaits how many permits",
                List.of(first.name() + " 2 true", second.name() + " 1 true", third.name() + " 2 false"),
                view.seats().stream()
                        .map(seat -> seat.nodeId() + " " + seat.weight() + " " + seat.holds())
                        .toList());
        first.run("release", two::release);
        second.run("release", one::release);
        third.run("release", waiting.result(LONG)::release);
    }

    private static Calling<Permit> permits(Node node, int weight) {
        return node.calls("acquire", () -> node.sereno().permitPool(NAME, 3).acquire(weight));
    }

    @Rule(value = "OPR-6", waits = true, check = "what is shown of a session, in all namespaces")
    void sessionsShowWhatTheyHave(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        node.calls("acquire", node.sereno().mutex(NAME)::acquire).result(LONG);
        node.calls("acquire", node.sereno().withNamespace("eu").mutex(NAME)::acquire)
                .result(LONG);
        other.calls("acquire", other.sereno().mutex(NAME)::acquire);
        Queues.ofLock(bench, NAME).await(bench, 2);
        node.run("add", () -> node.sereno().waitGroup("jobs").add(1));
        node.calls("join", node.sereno().waitGroup("jobs")::join).result(LONG);
        node.result("nextId", node.sereno().ids("orders")::nextId);
        node.calls("join", () -> node.sereno().membership("workers").join("m1", Node.steady(bench)))
                .result(LONG);
        List<SessionView> sessions = node.result("sessions", node.sereno().operator()::sessions);
        bench.same(
                "what the first node has",
                List.of(
                        "HOLDS @eu/lock/close-month",
                        "HOLDS lock/close-month",
                        "ID_SLOT ids/orders",
                        "MEMBER member/workers",
                        "WORKER waitgroup/jobs"),
                holdings(sessions, node));
        bench.same("what the second node has", List.of("WAITS lock/close-month"), holdings(sessions, other));
        bench.verify(
                sessions.stream()
                        .allMatch(session ->
                                session.markerRevision() > 0 && session.pid().isPresent()),
                () -> "a session does not show its process: " + sessions);
    }

    @Rule(value = "OPR-6", waits = true, check = "whether sessions are found by their markers alone")
    void aSessionWithoutMarkerIsShownForAsLongAsItsEntriesLive(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Node stopped = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node looking = Node.in(bench);
        stopped.calls("acquire", stopped.sereno().mutex(NAME)::acquire).result(LONG);
        Operator operator = looking.sereno().operator();
        Seat seat = first(looking, operator);
        stopped.faults().cutOff();
        bench.judge().committed(Commit.to("session").delete(seat.session()).build());
        List<SessionView> sessions = looking.result("sessions", operator::sessions);
        bench.same("what the session without marker has", List.of("HOLDS lock/" + NAME), holdings(sessions, stopped));
        bench.same("the revision of its marker", 0L, first(looking, operator).sessionRevision());
        stopped.faults().heal();
    }

    @Rule(value = "OPR-7", waits = true, check = "how waits in different queues are joined")
    void clientsThatWaitForEachOtherAreSuspected(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Operator operator = Node.in(bench).sereno().operator();
        Grant a = one.calls("acquire", one.sereno().mutex("a")::acquire).result(LONG);
        Grant b = other.calls("acquire", other.sereno().mutex("b")::acquire).result(LONG);
        Calling<Grant> forB = one.calls("acquire", one.sereno().mutex("b")::acquire);
        Queues.ofLock(bench, "b").await(bench, 2);
        WaitForGraph before = graph(one, operator);
        bench.same("circles while only one waits", List.of(), before.suspected());
        bench.same("edges while only one waits", 1, before.edges().size());
        Calling<Grant> forA = other.calls("acquire", other.sereno().mutex("a")::acquire);
        Queues.ofLock(bench, "a").await(bench, 2);
        WaitForGraph graph = graph(one, operator);
        bench.same("circles while both wait", 1, graph.suspected().size());
        bench.same(
                "who waits in the circle",
                List.of(one.name(), other.name()).stream().sorted().toList(),
                graph.suspected().get(0).stream()
                        .map(edge -> edge.waiting().nodeId())
                        .sorted()
                        .toList());
        one.run("release", a::release);
        other.run("release", forA.result(LONG)::release);
        other.run("release", b::release);
        one.run("release", forB.result(LONG)::release);
        bench.same("circles afterwards", List.of(), graph(one, operator).suspected());
    }

    @Rule(value = "OPR-7", waits = true, check = "how waits for permits are joined with those for locks")
    void aClientThatWaitsForALockOfOneThatWaitsForItsPermitsIsSuspected(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Node third = Node.in(bench);
        Operator operator = Node.in(bench).sereno().operator();
        Permit ofOne = permits(one, 1).result(LONG);
        Permit ofThird = permits(third, 2).result(LONG);
        Grant a = other.calls("acquire", other.sereno().mutex("a")::acquire).result(LONG);
        Calling<Grant> forA = one.calls("acquire", one.sereno().mutex("a")::acquire);
        Calling<Permit> forPermits = permits(other, 3);
        Queues.ofLock(bench, "a").await(bench, 2);
        Queues pool = new Queues(bench.judge(), "semaphore/" + NAME);
        pool.await(bench, 3);
        bench.same(
                "circles if all permits are wanted",
                1,
                graph(one, operator).suspected().size());
        third.run("release", ofThird::release);
        pool.await(bench, 2);
        bench.same(
                "circles if all permits but those of one are returned",
                1,
                graph(one, operator).suspected().size());
        one.run("release", ofOne::release);
        other.run("release", forPermits.result(LONG)::release);
        other.run("release", a::release);
        one.run("release", forA.result(LONG)::release);
        bench.same("circles afterwards", List.of(), graph(one, operator).suspected());
    }

    @Rule(value = "OPR-9", waits = true, check = "what the lag of a reader is counted from")
    void aTopicShowsItsOffsetsAndTheLagOfItsReaders(Bench bench) {
        Node node = Node.in(bench);
        Node reading = Node.in(bench);
        Topic<String> topic = node.sereno().topic("orders", Codec.utf8());
        for (int i = 0; i < 5; i++) {
            String message = "m" + i;
            node.result("publish", () -> topic.publish(message));
        }
        TopicReader<String> reader = reading.result(
                "reader", () -> reading.sereno().topic("orders", Codec.utf8()).reader(From.durable("billing")));
        for (int i = 0; i < 3; i++) {
            reading.calls("next", reader::next).result(LONG);
        }
        Resource resource = new Resource(Kind.TOPIC, "orders");
        Operator operator = node.sereno().operator();
        bench.pass(Duration.ofSeconds(1)); // An acknowledgement is stored a little later.
        TopicView view = node.result("topic", () -> operator.topic(resource)).orElseThrow();
        bench.same("low", 1L, view.low());
        bench.same("next", 6L, view.next());
        bench.same("readers", 1, view.readers().size());
        bench.same(
                "the lag of a reader that has acknowledged two of five",
                3L,
                view.readers().get(0).lag());
        bench.same(
                "who reads",
                Optional.of(reading.name()),
                view.readers().get(0).active().map(Seat::nodeId));
        reader.close();
    }

    @Rule(value = "OPR-10", waits = true, check = "whose entry a member is")
    void aGroupShowsItsMembersAndTheClientOfEach(Bench bench) {
        Node one = Node.in(bench);
        Node other = Node.in(bench);
        Membership group = one.sereno().membership("workers");
        one.calls("join", () -> group.join("m2", Node.steady(bench))).result(LONG);
        other.calls("join", () -> other.sereno().membership("workers").join("m1", Node.steady(bench)))
                .result(LONG);
        Resource resource = new Resource(Kind.GROUP, "workers");
        GroupView view = one.result("group", () -> one.sereno().operator().group(resource))
                .orElseThrow();
        bench.same(
                "the members",
                one.result("members", group::members).list(),
                view.members().stream()
                        .map(member -> new Member(member.id(), member.incarnation(), member.metadata()))
                        .toList());
        bench.same(
                "the node of each",
                names(List.of(other, one)),
                view.members().stream().map(GroupView.Listed::nodeId).toList());
        bench.verify(
                view.members().stream()
                        .allMatch(member ->
                                member.sessionRevision() > 0 && !member.host().isEmpty()),
                () -> "a member does not show its session: " + view);
    }

    private static WaitForGraph graph(Node node, Operator operator) {
        return node.calls("waitFor", () -> operator.waitFor(Duration.ofMillis(50)))
                .result(LONG);
    }

    static Seat first(Node node, Operator operator) {
        return node.result("queue", () -> operator.queue(Kind.LOCK, NAME))
                .orElseThrow()
                .seats()
                .get(0);
    }

    private static List<String> holdings(List<SessionView> sessions, Node node) {
        return sessions.stream()
                .filter(session -> session.nodeId().equals(node.name()))
                .flatMap(session -> session.holdings().stream())
                .map(holding -> holding.role() + " " + holding.resource())
                .sorted()
                .toList();
    }

    private static List<String> names(List<Node> nodes) {
        return nodes.stream().map(Node::name).toList();
    }
}
