package io.sereno.recipes.operator;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Member;
import io.sereno.Membership.IfPresent;
import io.sereno.NotAppliedException;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.Slot;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WriteGrant;
import io.sereno.operator.GroupView;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Release;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.operator.SessionView;
import io.sereno.operator.SessionView.Holding;
import io.sereno.operator.SessionView.Role;
import io.sereno.operator.TopicView;
import io.sereno.operator.WaitForGraph;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.recipes.kernel.Origin;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator sees. */
@Timeout(60)
class OperatorViewsTest {
    private final Clients clients = new Clients();
    private final Backend store = clients.store.connect(Runnable::run);
    private final Sereno one = clients.connect("one");
    private final Sereno two = clients.connect("two");
    private final Operator operator = clients.connect("operator").operator();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aQueueShowsItsSeatsInOrder() throws Exception {
        Grant held = one.mutex("x").acquire();
        CompletableFuture<Grant> waiting = Threads.inThread(() -> two.mutex("x").acquire());
        Threads.awaitWaiters(one.mutex("x"), 1);
        QueueView queue = operator.queue(Kind.LOCK, "x").orElseThrow();
        assertThat(queue.seats()).hasSize(2);
        Seat holder = queue.holders().get(0);
        assertThat(holder.nodeId()).isEqualTo("one");
        assertThat(holder.host()).isEqualTo(Origin.host(System.getenv()));
        assertThat(holder.since()).isEqualTo(clients.time.wall());
        assertThat(holder.firstToken()).hasValue(held.fencingToken());
        assertThat(holder.shared()).isFalse();
        assertThat(holder.foreign()).isFalse();
        assertThat(holder.entry()).startsWith(holder.session() + "-");
        assertThat(operator.sessions())
                .anyMatch(session ->
                        session.id().equals(holder.session()) && session.markerRevision() == holder.sessionRevision());
        Seat waiter = queue.waiters().get(0);
        assertThat(waiter.nodeId()).isEqualTo("two");
        held.release();
        Grant next = waiting.get();
        assertThat(waiter.firstToken()).hasValue(next.fencingToken());
        next.release();
        assertThat(operator.queue(Kind.LOCK, "x")).isEmpty();
    }

    @Test
    void readersHoldTogetherAndAWriterBehindThemWaits() throws Exception {
        Right first = one.readWriteMutex("x").acquireRead();
        Right second = two.readWriteMutex("x").acquireRead();
        CompletableFuture<WriteGrant> writer =
                Threads.inThread(() -> one.readWriteMutex("x").acquireWrite());
        clients.passUntil(() -> clients.entries("rwlock/x").size() == 3, Duration.ofSeconds(1));
        QueueView queue = operator.queue(Kind.READ_WRITE_LOCK, "x").orElseThrow();
        assertThat(queue.holders()).extracting(Seat::nodeId).containsExactly("one", "two");
        assertThat(queue.holders())
                .allMatch(seat -> seat.shared() && seat.firstToken().isEmpty());
        assertThat(queue.waiters()).extracting(Seat::nodeId).containsExactly("one");
        assertThat(queue.waiters())
                .allMatch(seat -> !seat.shared() && seat.firstToken().isPresent());
        first.release();
        second.release();
        writer.get().release();
    }

    @Test
    void eachOfTheSlotsHasAHolderAndOneThatIsEndedIsTheNextOnes() throws Exception {
        Slot first = one.slotPool("x", 2).acquire();
        Slot second = two.slotPool("x", 2).acquire();
        CompletableFuture<Slot> waiting =
                Threads.inThread(() -> two.slotPool("x", 2).acquire());
        clients.passUntil(() -> clients.entries("slots/x").size() == 3, Duration.ofSeconds(1));
        QueueView queue = operator.queue(Kind.SLOT_POOL, "x").orElseThrow();
        assertThat(queue.holders()).extracting(Seat::nodeId).containsExactly("one", "two");
        assertThat(queue.holders().get(0).firstToken()).hasValue(first.fencingToken());
        assertThat(queue.holders()).noneMatch(Seat::shared);
        assertThat(queue.waiters()).extracting(Seat::nodeId).containsExactly("two");

        Release release = operator.endNow(queue.holders().get(0), "its GPU is needed");

        assertThat(release.result()).isEqualTo(Release.Result.RELEASED);
        clients.passUntilDone(waiting, Duration.ofMillis(100));
        clients.passUntilDone(first.lost().toCompletableFuture(), Clients.TTL.dividedBy(2));
        Slot next = waiting.get(10, TimeUnit.SECONDS);
        assertThat(next.number()).isEqualTo(first.number());
        next.release();
        second.release();
        assertThat(operator.queue(Kind.SLOT_POOL, "x")).isEmpty();
    }

    @Test
    void whoWaitsAtABarrierIsShownAndOneThatIsEndedArrivesAgain() throws Exception {
        CompletableFuture<Boolean> first =
                Threads.inThread(() -> one.barrier("x", 3).await("a", Duration.ofHours(1)));
        clients.passUntil(() -> clients.entries("barrier/x").size() == 1, Duration.ofSeconds(1));
        CompletableFuture<Boolean> second =
                Threads.inThread(() -> two.barrier("x", 3).await("b", Duration.ofHours(1)));
        clients.passUntil(() -> clients.entries("barrier/x").size() == 2, Duration.ofSeconds(1));
        QueueView queue = operator.queue(Kind.BARRIER, "x").orElseThrow();
        assertThat(queue.holders()).isEmpty();
        assertThat(queue.waiters()).extracting(Seat::nodeId).containsExactly("one", "two");
        assertThat(queue.waiters()).allMatch(seat -> seat.firstToken().isEmpty() && !seat.foreign());
        assertThat(sessionOf("one").holdings()).extracting(Holding::role).containsExactly(Role.WAITS);
        CompletableFuture<WaitForGraph> graph = Threads.inThread(() -> operator.waitFor(Duration.ZERO));
        clients.passUntilDone(graph, Duration.ofSeconds(1));
        assertThat(graph.get().edges()).as("waits for clients that are there").isEmpty();

        Release release = operator.endNow(queue.waiters().get(0), "it hangs");

        assertThat(release.result()).isEqualTo(Release.Result.RELEASED);
        clients.passUntil(
                () -> operator.queue(Kind.BARRIER, "x").orElseThrow().seats().size() == 2, Clients.TTL.multipliedBy(2));
        assertThat(operator.queue(Kind.BARRIER, "x").orElseThrow().seats())
                .extracting(Seat::nodeId)
                .containsExactly("two", "one");
        CompletableFuture<Boolean> third =
                Threads.inThread(() -> two.barrier("x", 3).await("c", Duration.ofHours(1)));
        for (CompletableFuture<Boolean> each : List.of(first, second, third)) {
            clients.passUntilDone(each, Clients.TTL);
            assertThat(each.get(10, TimeUnit.SECONDS)).isTrue();
        }
        clients.passUntil(() -> operator.queue(Kind.BARRIER, "x").isEmpty(), Duration.ofSeconds(5));
    }

    @Test
    void lockSetsElectionsAndReadersAreQueuesToo() throws Exception {
        Grant both = one.lockSet("accounts").acquire(Set.of("alice", "bob"), Set.of());
        LeaderElection election = two.election("leader").start();
        clients.passUntil(() -> election.leadership().isPresent(), Duration.ofSeconds(1));
        Topic<String> topic = one.topic("orders", Codec.utf8());
        topic.publish("a");
        topic.publish("b");
        try (TopicReader<String> reader = two.topic("orders", Codec.utf8()).reader(From.durable("bill/ing"))) {
            assertThat(reader.next().payload()).isEqualTo("a");
            assertThat(operator.queues())
                    .extracting(queue -> queue.resource().toString())
                    .containsExactlyInAnyOrder("lockset/accounts", "election/leader", "reader/bill%2Fing/orders");
            assertThat(operator.queues(Kind.ELECTION))
                    .singleElement()
                    .satisfies(queue -> assertThat(queue.holders())
                            .singleElement()
                            .satisfies(seat -> assertThat(seat.firstToken())
                                    .hasValue(
                                            election.leadership().orElseThrow().fencingToken())));
            TopicView view = operator.topic(new Resource(Kind.TOPIC, "orders")).orElseThrow();
            assertThat(view.low()).isEqualTo(1);
            assertThat(view.next()).isEqualTo(3);
            assertThat(view.readers()).singleElement().satisfies(each -> {
                assertThat(each.name()).isEqualTo("bill/ing");
                assertThat(each.lag()).isEqualTo(2);
                assertThat(each.active()).map(Seat::nodeId).contains("two");
                assertThat(each.active().orElseThrow().firstToken()).isEmpty();
            });
        }
        both.release();
        election.close();
    }

    @Test
    void aGroupShowsItsMembersAndTheClientOfEach() throws Exception {
        one.membership("web").join("b", Clients.TTL, Map.of("port", "80"), IfPresent.WAIT);
        two.membership("web").join("a", Clients.TTL.multipliedBy(2));
        put("member/web", "m-c", "by hand");
        put("member/web", "other", "of a later version");

        GroupView group = operator.group(new Resource(Kind.GROUP, "web")).orElseThrow();

        assertThat(group.members().stream()
                        .map(member -> new Member(member.id(), member.incarnation(), member.metadata())))
                .isEqualTo(one.membership("web").members().list());
        assertThat(group.members()).extracting(GroupView.Listed::nodeId).containsExactly("two", "one", "");
        assertThat(group.members())
                .extracting(GroupView.Listed::ttl)
                .containsExactly(Clients.TTL.multipliedBy(2), Clients.TTL, Duration.ZERO);
        GroupView.Listed member = group.members().get(1);
        assertThat(member.host()).isEqualTo(Origin.host(System.getenv()));
        assertThat(member.since()).isEqualTo(clients.time.wall());
        assertThat(operator.sessions())
                .anyMatch(session ->
                        session.id().equals(member.session()) && session.markerRevision() == member.sessionRevision());
        assertThat(operator.group(new Resource(Kind.GROUP, "api"))).isEmpty();
    }

    /** Whatever a recipe stores has a kind, so that an operator can find it. */
    @Test
    void whatEachRecipeStoresIsListed() throws Exception {
        Map<String, ThrowingConsumer<String>> recipes = Map.ofEntries(
                entry("mutex", name -> one.mutex(name).acquire()),
                entry("readWriteMutex", name -> one.readWriteMutex(name).acquireRead()),
                entry("lockSet", name -> one.lockSet(name).acquire(Set.of("a"), Set.of())),
                entry("permitPool", name -> one.permitPool(name, 1).acquire()),
                entry("slotPool", name -> one.slotPool(name, 1).acquire()),
                entry("election", name -> one.election(name).start()),
                entry("task", name -> one.task(name).every(Duration.ofHours(1)).run(grant -> {})),
                entry("counter", name -> one.counter(name).incrementAndGet()),
                entry("value", name -> one.value(name, Codec.utf8()).set("a")),
                entry("map", name -> one.map(name, Codec.utf8()).at("a").set("b")),
                entry("waitGroup", name -> one.waitGroup(name).add(1)),
                entry("barrier", name -> one.barrier(name, 1).await("a")),
                entry("topic", name -> one.topic(name, Codec.utf8()).publish("a")),
                entry("membership", name -> one.membership(name).join("node-1", Clients.TTL)),
                entry("keepAlive", name -> one.keepAlive(name, "node-1", Clients.TTL)),
                entry("ids", name -> one.ids(name).nextId()));
        assertThat(Arrays.stream(Sereno.class.getMethods())
                        .filter(method -> !Modifier.isStatic(method.getModifiers())
                                && Arrays.asList(method.getParameterTypes()).contains(String.class)
                                && method.getReturnType() != Sereno.class)
                        .map(Method::getName))
                .as("methods that give a recipe")
                .hasSameElementsAs(recipes.keySet());
        for (Map.Entry<String, ThrowingConsumer<String>> recipe : recipes.entrySet()) {
            recipe.getValue().accept("of " + recipe.getKey());
        }
        clients.passUntil(() -> operator.resources().count() >= recipes.size(), Duration.ofSeconds(5));
        assertThat(operator.resources().map(Resource::name))
                .containsExactlyInAnyOrderElementsOf(
                        recipes.keySet().stream().map(name -> "of " + name).toList());
        assertThat(operator.resources().map(Resource::kind).filter(kind -> kind != Kind.READER))
                .containsOnlyOnceElementsOf(EnumSet.complementOf(EnumSet.of(Kind.READER, Kind.GROUP)))
                .contains(Kind.GROUP);
    }

    @Test
    void whatIsNoPlaceIsNoSeatAndAWithdrawnPlaceIsNone() {
        put("lock/x", "limit", "sereno/2 something\n");
        put("lock/x", "3kd82jD0aXq-4", "sereno/1 withdrawn\n");
        assertThat(operator.queue(Kind.LOCK, "x")).isEmpty();
        put("lock/x", "3kd82jD0aXq-5", "\u0000\nsince tomorrow\nnode %0\n");
        assertThat(operator.queue(Kind.LOCK, "x").orElseThrow().seats())
                .singleElement()
                .satisfies(seat -> {
                    assertThat(seat.foreign()).isTrue();
                    assertThat(seat.session()).isEmpty();
                    assertThat(seat.firstToken()).isEmpty();
                });
    }

    /** A seat is of the session that it is named after, if it is bound to the lease of that session. */
    @Test
    void aSeatThatIsNamedAfterAnotherSessionHasNoMarker() throws Exception {
        one.mutex("y").acquire();
        Seat real = operator.queue(Kind.LOCK, "y").orElseThrow().seats().get(0);
        Lease lease = store.grantLease(Clients.TTL).toCompletableFuture().get();
        var unused = store.commit(Commit.to("lock/x")
                        .put(real.session() + "-zz", Bytes.EMPTY, lease.id())
                        .build())
                .toCompletableFuture()
                .get();
        Seat forged = operator.queue(Kind.LOCK, "x").orElseThrow().seats().get(0);
        assertThat(forged.sessionRevision()).isZero();
        assertThat(forged.host()).isEmpty();
        assertThat(operator.queues())
                .anySatisfy(queue -> assertThat(queue.seats()).containsExactly(forged));
    }

    @Test
    void hostileMarkersAreRead() {
        put("session", "3kd82jD0aXq", "nonsense");
        put(
                "session",
                "3kd82jD0aXr",
                "sereno/1 card\nhost <img>\npid 99999999999999999999\nttl -1\nversion \u202e\nmood good\n");
        assertThat(operator.sessions()).allSatisfy(session -> {
            assertThat(session.host()).matches("[A-Za-z0-9._-]*");
            assertThat(session.ttl().isNegative()).isFalse();
        });
    }

    @Test
    void sessionsShowWhatEachHasInAllNamespaces() throws Exception {
        Grant held = one.mutex("x").acquire();
        Grant inChild = one.withNamespace("eu").mutex("x").acquire();
        CompletableFuture<Grant> waiting =
                Threads.inThread(() -> one.withNamespace("eu").mutex("y").acquire());
        waiting.get();
        var unused = Threads.inThread(() -> two.mutex("x").acquire());
        Threads.awaitWaiters(one.mutex("x"), 1);
        one.membership("workers").join("node-1", Duration.ofSeconds(20));
        one.waitGroup("jobs").add(1);
        one.waitGroup("jobs").join();
        one.ids("orders").nextId();
        one.counter("visits").incrementAndGet();
        SessionView session = sessionOf("one");
        assertThat(session.holdings())
                .extracting(holding -> holding.role() + " " + holding.resource())
                .containsExactlyInAnyOrder(
                        "HOLDS lock/x",
                        "HOLDS @eu/lock/x",
                        "HOLDS @eu/lock/y",
                        "WORKER waitgroup/jobs",
                        "ID_SLOT ids/orders");
        // The member has another ttl, and so a session of its own.
        assertThat(operator.sessions())
                .filteredOn(other -> other.ttl().equals(Duration.ofSeconds(20)))
                .singleElement()
                .satisfies(other ->
                        assertThat(other.holdings()).extracting(Holding::role).containsExactly(Role.MEMBER));
        assertThat(session.ttl()).isEqualTo(Clients.TTL);
        assertThat(session.pid()).hasValue(ProcessHandle.current().pid());
        assertThat(session.version()).isNotEmpty();
        assertThat(sessionOf("two").holdings()).extracting(Holding::role).containsExactly(Role.WAITS);
        assertThat(sessionOf("operator").holdings()).isEmpty();
        assertThat(one.withNamespace("eu").operator().resources())
                .containsExactlyInAnyOrder(new Resource(Kind.LOCK, "x"), new Resource(Kind.LOCK, "y"));
        held.release();
        inChild.release();
    }

    @Test
    void aSessionWhoseMarkerIsGoneIsShownForAsLongAsItsEntriesLive() throws Exception {
        FaultyBackend line = clients.line();
        Sereno stopped = clients.connect("stopped", line);
        stopped.mutex("x").acquire();
        String id = operator.queue(Kind.LOCK, "x").orElseThrow().seats().get(0).session();
        line.pause();
        var unused = store.commit(Commit.to("session").delete(id).build())
                .toCompletableFuture()
                .get();
        SessionView ended = operator.sessions().stream()
                .filter(session -> session.markerRevision() == 0)
                .findFirst()
                .orElseThrow();
        assertThat(ended.id()).isEqualTo(id);
        assertThat(ended.nodeId()).isEqualTo("stopped");
        assertThat(ended.holdings()).extracting(Holding::role).containsExactly(Role.HOLDS);
        assertThat(operator.queue(Kind.LOCK, "x").orElseThrow().seats())
                .singleElement()
                .satisfies(seat -> assertThat(seat.sessionRevision()).isZero());
        clients.time.advance(Clients.TTL);
        assertThat(operator.sessions()).noneMatch(session -> session.markerRevision() == 0);
        line.resume();
    }

    /** Its place is read, since it came before that, so its marker has to be read too. */
    @Test
    void aSessionThatBeginsMeanwhileDoesNotSeemToHaveEnded() throws Exception {
        FaultyBackend line = clients.line();
        Operator looking = clients.connect("three", line).operator();
        one.mutex("x").acquire();
        AtomicInteger reads = new AtomicInteger();
        line.each(
                request -> {
                    if (request instanceof Request.Read read
                            && read.query().directory().equals("lock/x")) {
                        Sereno fresh = clients.connect("fresh" + reads.incrementAndGet());
                        var unused = Threads.inThread(() -> fresh.mutex("x").acquire());
                        Threads.awaitWaiters(one.mutex("x"), reads.get());
                    }
                    return false;
                },
                Fate.pass());
        assertThat(looking.queues().get(0).seats()).hasSize(2).allMatch(seat -> seat.sessionRevision() > 0);
        assertThat(looking.sessions()).hasSize(6).allMatch(session -> session.markerRevision() > 0);
        assertThat(reads).hasValue(2);
    }

    @Test
    void directoriesThatSerenoDoesNotWriteAreLeftOut() {
        for (String path : List.of("@", "@/lock/x", "@a%/lock/x", "vault/x", "lock", "@shedlock/atleast/x")) {
            put(path, "3kd82jD0aXq-5", "");
        }
        assertThat(operator.resources()).isEmpty();
        assertThat(operator.queues()).isEmpty();
        assertThat(operator.sessions())
                .extracting(SessionView::nodeId)
                .containsExactlyInAnyOrder("one", "two", "operator");
    }

    @Test
    void badArgumentsAreRefusedBeforeAnyRequest() {
        FaultyBackend line = clients.line();
        Operator refusing = clients.connect("three", line).operator();
        line.each(request -> true, Fate.refuse());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> refusing.queue(Kind.COUNTER, "x"))
                .withMessageContaining("COUNTER")
                .withMessageContaining("READ_WRITE_LOCK");
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.queues(Kind.LOCK, Kind.TOPIC));
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.queue(Kind.LOCK, ""));
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.topic(new Resource(Kind.LOCK, "x")));
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.group(new Resource(Kind.LOCK, "x")));
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.waitFor(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.waitFor(Duration.ofSeconds(61)));
        assertThatIllegalArgumentException().isThrownBy(() -> refusing.audit(0));
        assertThatThrownBy(() -> refusing.queue(Kind.LOCK, "x"))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("lock 'x'");
    }

    @Test
    void oneFailedRequestFailsTheListing() throws Exception {
        for (int i = 0; i < 100; i++) {
            one.mutex("x" + i).acquire();
        }
        FaultyBackend line = clients.line();
        Operator unlucky = clients.connect("three", line).operator();
        assertThat(unlucky.queues()).hasSize(100);
        line.next(
                request -> request instanceof Request.Read read
                        && read.query().directory().equals("lock/x77"),
                Fate.refuse());
        assertThatThrownBy(unlucky::sessions)
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("lock 'x77'");
    }

    @Test
    void aClosedClientIsReported() {
        Sereno three = clients.connect("three");
        Operator closed = three.operator();
        three.close();
        assertThatThrownBy(closed::sessions).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> closed.queue(Kind.LOCK, "x")).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void twoClientsThatWaitForEachOtherAreSuspected() throws Exception {
        one.mutex("a").acquire();
        two.mutex("b").acquire();
        var unused = Threads.inThread(() -> one.mutex("b").acquire());
        Threads.awaitWaiters(two.mutex("b"), 1);
        assertThat(graph().suspected()).isEmpty();
        assertThat(graph().edges()).hasSize(1);
        var unusedToo = Threads.inThread(() -> two.mutex("a").acquire());
        Threads.awaitWaiters(one.mutex("a"), 1);
        var circle = graph().suspected();
        assertThat(circle).singleElement().satisfies(edges -> {
            assertThat(edges).hasSize(2);
            assertThat(edges.get(0).ahead().nodeId())
                    .isEqualTo(edges.get(1).waiting().nodeId());
            assertThat(edges.get(1).ahead().nodeId())
                    .isEqualTo(edges.get(0).waiting().nodeId());
            assertThat(edges).extracting(edge -> edge.ahead().resource().name()).containsExactlyInAnyOrder("a", "b");
        });
    }

    /** A node id need not be unique, and these two are even in one process. */
    @Test
    void twoClientsWithOneNodeIdAreTwo() throws Exception {
        Sereno first = clients.connect("app");
        Sereno second = clients.connect("app");
        first.mutex("a").acquire();
        second.mutex("b").acquire();
        var unused1 = Threads.inThread(() -> first.mutex("b").acquire());
        Threads.awaitWaiters(one.mutex("b"), 1);
        var unused2 = Threads.inThread(() -> second.mutex("a").acquire());
        Threads.awaitWaiters(one.mutex("a"), 1);
        assertThat(graph().suspected())
                .singleElement()
                .satisfies(edges -> assertThat(edges)
                        .extracting(edge -> edge.ahead().resource().name())
                        .containsExactlyInAnyOrder("a", "b"));
    }

    /** One of them waits for a third client, which waits for the other one. */
    @Test
    void aChainThroughTwoClientsWithOneNodeIdIsNoCircle() throws Exception {
        Sereno first = clients.connect("app");
        Sereno second = clients.connect("app");
        two.mutex("a").acquire();
        second.mutex("b").acquire();
        var unused3 = Threads.inThread(() -> first.mutex("a").acquire());
        Threads.awaitWaiters(one.mutex("a"), 1);
        var unused4 = Threads.inThread(() -> two.mutex("b").acquire());
        Threads.awaitWaiters(one.mutex("b"), 1);
        assertThat(graph().edges()).hasSize(2);
        assertThat(graph().suspected()).isEmpty();
    }

    private WaitForGraph graph() throws InterruptedException {
        CompletableFuture<WaitForGraph> graph = Threads.inThread(() -> operator.waitFor(Duration.ofMillis(100)));
        clients.passUntilDone(graph, Duration.ofSeconds(1));
        return graph.join();
    }

    private SessionView sessionOf(String node) {
        Optional<SessionView> session = operator.sessions().stream()
                .filter(each -> each.nodeId().equals(node) && each.ttl().equals(Clients.TTL))
                .findFirst();
        return session.orElseThrow();
    }

    private void put(String directory, String name, String value) {
        store.commit(Commit.to(directory).put(name, Bytes.utf8(value)).build())
                .toCompletableFuture()
                .join();
    }
}
