package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.operator.AuditEntry;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.Release;
import io.sereno.operator.Release.Result;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How an operator takes a right away, and what the audit says. */
@Timeout(60)
class OperatorEndTest {
    private static final String AUDIT = "@sereno-operator/topic/audit";

    private final Clients clients = new Clients();
    private final Backend store = clients.store.connect(Runnable::run);
    private final Sereno one = clients.connect("one");
    private final Sereno two = clients.connect("two");
    private final FaultyBackend line = clients.line();
    private final Sereno hand = clients.connect("hand", line);
    private final Operator operator = hand.operator();

    @AfterEach
    void close() {
        line.heal();
        clients.close();
    }

    @Test
    void aHolderThatRunsIsNotifiedAndTheNextIsGranted() throws Exception {
        Grant held = one.mutex("x").acquire();
        CompletableFuture<Grant> next = Threads.inThread(() -> two.mutex("x").acquire());
        Threads.awaitWaiters(one.mutex("x"), 1);
        Release release = end(seat("x"), "INC-42: hung");
        assertThat(release.result()).isEqualTo(Result.RELEASED);
        assertThat(release.unaudited()).isEmpty();
        assertThat(held.isHeld()).isFalse();
        clients.passUntilDone(next, Duration.ofSeconds(5));
        assertThat(next.get().isHeld()).isTrue();
        assertThat(audit())
                .extracting(AuditEntry::text)
                .satisfiesExactly(
                        intent -> assertThat(intent)
                                .startsWith("sereno/1 audit\nstep intent\naction end\nresource lock/x\nentry ")
                                .contains("\nnode one\n")
                                .endsWith("\nreason INC-42:%20hung\n"),
                        act -> assertThat(act).startsWith("sereno/1 audit\nintent 1\nstep act\n"),
                        outcome -> assertThat(outcome)
                                .isEqualTo("sereno/1 audit\nintent 1\nstep outcome\nresult RELEASED\n"));
        assertThat(audit()).allMatch(entry -> entry.operator().equals("hand"));
        assertThat(operator.audit(1)).extracting(AuditEntry::offset).containsExactly(3L);
    }

    /** The next renewal is due after a third of the ttl; the operator does not wait that long. */
    @Test
    void aHolderWhoseLookAtItsMarkerFailsIsNotifiedSoonAllTheSame() throws Exception {
        for (boolean duringARenewal : List.of(false, true)) {
            FaultyBackend wire = clients.line();
            Sereno holder = clients.connect("holder", wire);
            Grant held = holder.mutex("x").acquire();
            clients.time.advance(Duration.ofMillis(1));
            if (duringARenewal) {
                wire.next(OperatorEndTest::isCheckOfMarker, Fate.delayReply(Clients.TTL.dividedBy(8)));
                clients.time.advance(Clients.TTL.dividedBy(3));
            }
            wire.next(OperatorEndTest::isCheckOfMarker, Fate.loseReply());

            CompletableFuture<Release> ending = ending(seat("x"));

            clients.passUntilDone(ending, Clients.TTL.dividedBy(6));
            assertThat(ending.get().result()).isEqualTo(Result.RELEASED);
            assertThat(held.isHeld()).isFalse();
            holder.close();
        }
    }

    /** It may go on to believe until its session's deadline, so the seat stays until the lease has ended. */
    @Test
    void theSeatOfAStoppedHolderGoesWithItsLease() throws Exception {
        FaultyBackend wire = clients.line();
        Sereno stopped = clients.connect("stopped", wire);
        Grant held = stopped.mutex("x").acquire();
        CompletableFuture<Grant> next = Threads.inThread(() -> two.mutex("x").acquire());
        Threads.awaitWaiters(one.mutex("x"), 1);
        wire.pause();
        AtomicInteger looks = new AtomicInteger();
        line.each(request -> count(request, looks), Fate.pass());
        CompletableFuture<Release> ending = ending(seat("x"));
        clients.passUntil(() -> clients.entries(AUDIT).size() >= 3, Duration.ofMillis(100));
        while (held.isHeld()) {
            assertThat(next).isNotDone();
            assertThat(ending).isNotDone();
            clients.time.advance(Duration.ofMillis(100));
        }
        clients.passUntilDone(ending, Duration.ofSeconds(3));
        assertThat(ending.get().result()).isEqualTo(Result.RELEASED);
        assertThat(looks).as("reads of the queue").hasValueBetween(2, 12);
        clients.passUntilDone(next, Duration.ofSeconds(1));
        wire.resume();
    }

    @Test
    void everythingElseOfTheSessionIsLostAndOtherSessionsAreNot() throws Exception {
        Grant held = one.mutex("x").acquire();
        Right reading = one.readWriteMutex("y").acquireRead();
        Right theirs = two.readWriteMutex("y").acquireRead();
        end(seat("x"), "INC-42");
        clients.passUntilDone(reading.lost().toCompletableFuture(), Duration.ofSeconds(1));
        assertThat(reading.lost().toCompletableFuture().join()).isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(held.isHeld()).isFalse();
        assertThat(theirs.isHeld()).isTrue();
    }

    @Test
    void endNowTakesTheSeatAloneAndTheNextIsGrantedAtOnce() throws Exception {
        Grant held = one.mutex("x").acquire();
        Grant other = one.mutex("other").acquire();
        CompletableFuture<Grant> next = Threads.inThread(() -> two.mutex("x").acquire());
        Threads.awaitWaiters(one.mutex("x"), 1);
        Release release = operator.endNow(seat("x"), "INC-42");
        assertThat(release.result()).isEqualTo(Result.RELEASED);
        clients.passUntilDone(next, Duration.ofMillis(100));
        clients.passUntilDone(held.lost().toCompletableFuture(), Clients.TTL.dividedBy(2));
        assertThat(held.lost().toCompletableFuture().join()).isEqualTo(LossCause.ENTRY_REMOVED);
        assertThat(other.isHeld()).isTrue();
        assertThat(audit()).hasSize(3);
    }

    /** Its client can learn nothing, so it relies on the right until the deadline of its session. */
    @Test
    void aHolderThatIsCutOffHoldsBesideTheNextAfterEndNow() throws Exception {
        FaultyBackend wire = clients.line();
        Grant held = clients.connect("cut off", wire).mutex("x").acquire();
        CompletableFuture<Grant> next = Threads.inThread(() -> two.mutex("x").acquire());
        Threads.awaitWaiters(one.mutex("x"), 1);
        Seat seat = seat("x");
        wire.cutOff(Clients.OPERATION_TIMEOUT);
        assertThat(operator.endNow(seat, "INC-42").result()).isEqualTo(Result.RELEASED);
        clients.passUntilDone(next, Duration.ofMillis(100));
        for (int step = 0; step < 80; step++) {
            clients.time.advance(Clients.TTL.dividedBy(100));
        }
        assertThat(held.isHeld()).isTrue();
        assertThat(next.get().isHeld()).isTrue();
        for (int step = 0; step < 20; step++) {
            clients.time.advance(Clients.TTL.dividedBy(100));
        }
        assertThat(held.isHeld()).isFalse();
        wire.heal();
    }

    @Test
    void aSeatThatIsGoneAndASeatThatIsAnotherAreLeftAlone() throws Exception {
        Grant held = one.mutex("x").acquire();
        Seat seat = seat("x");
        Seat earlier = withRevision(seat, seat.createRevision() - 1, seat.sessionRevision());
        Seat ofOtherSession = withRevision(seat, seat.createRevision(), seat.sessionRevision() + 1);
        assertThat(end(earlier, "INC-42").result()).isEqualTo(Result.CHANGED);
        assertThat(end(ofOtherSession, "INC-42").result()).isEqualTo(Result.CHANGED);
        assertThat(operator.endNow(earlier, "INC-42").result()).isEqualTo(Result.CHANGED);
        assertThat(held.isHeld()).isTrue();
        held.release();
        assertThat(end(seat, "INC-42").result()).isEqualTo(Result.GONE);
        assertThat(operator.endNow(seat, "INC-42").result()).isEqualTo(Result.GONE);
        assertThat(clients.entries("session")).hasSize(3);
        // Nothing was done, so each has an intent and an outcome.
        assertThat(audit()).hasSize(10).noneMatch(entry -> entry.text().contains("step act"));
    }

    @Test
    void whatIsNoSeatIsRefusedBeforeAnyRequest() throws Exception {
        one.counter("c").incrementAndGet();
        one.mutex("x").acquire();
        Seat seat = seat("x");
        List<Entry> counter = clients.entries("counter/c");
        line.each(request -> request instanceof Request.Commit, Fate.refuse());
        for (Entry entry : counter) {
            Seat record =
                    seat(new Resource(Kind.COUNTER, "c"), entry.name(), entry.createRevision(), "3kd82jD0aXq", false);
            assertThatIllegalArgumentException().isThrownBy(() -> operator.endNow(record, "INC-42"));
            assertThatIllegalArgumentException().isThrownBy(() -> operator.end(record, "INC-42"));
        }
        for (String name :
                List.of("limit", "v", "o-3kd82jD0aXq-4", "3kd82jD0aXq", "3kd82jD0aXq-A", "3kd82jD0aXq-4-5")) {
            Seat none = seat(seat.resource(), name, 1, "3kd82jD0aXq", false);
            assertThatIllegalArgumentException().isThrownBy(() -> operator.endNow(none, "INC-42"));
            assertThatIllegalArgumentException().isThrownBy(() -> operator.end(none, "INC-42"));
        }
        Seat stolen = seat(seat.resource(), seat.entry(), seat.createRevision(), "another-one", false);
        assertThatIllegalArgumentException().isThrownBy(() -> operator.end(stolen, "INC-42"));
        for (String reason : List.of("", " \n", "a\u0000b", "\ud800", "x".repeat(501))) {
            assertThatIllegalArgumentException().isThrownBy(() -> operator.end(seat, reason));
            assertThatIllegalArgumentException().isThrownBy(() -> operator.endNow(seat, reason));
        }
        assertThat(clients.entries(AUDIT)).isEmpty();
        assertThat(clients.entries("lock/x")).hasSize(1);
    }

    @Test
    void aWithdrawnEntryIsNotDeleted() {
        put("lock/x", "3kd82jD0aXq-4", "sereno/1 withdrawn\n");
        long revision = clients.entries("lock/x").get(0).createRevision();
        Seat withdrawn = seat(new Resource(Kind.LOCK, "x"), "3kd82jD0aXq-4", revision, "3kd82jD0aXq", false);
        assertThat(operator.endNow(withdrawn, "INC-42").result()).isEqualTo(Result.CHANGED);
        assertThat(clients.entries("lock/x")).hasSize(1);
    }

    @Test
    void aForeignSeatHasNoSessionAndIsDeletedByEndNow() throws Exception {
        put("lock/x", "3kd82jD0aXq-4", "stop");
        Seat foreign = seat("x");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operator.end(foreign, "INC-42"))
                .withMessageContaining("endNow");
        assertThat(operator.endNow(foreign, "INC-42").result()).isEqualTo(Result.RELEASED);
        assertThat(one.mutex("x").tryAcquire()).isPresent();
    }

    /** The session ended by another hand; its entries live until the lease ends. */
    @Test
    void aSeatWhoseMarkerIsGoneIsWaitedFor() throws Exception {
        FaultyBackend wire = clients.line();
        clients.connect("stopped", wire).mutex("x").acquire();
        Seat seat = seat("x");
        wire.pause();
        clients.removeAll("session");
        for (Seat seen : List.of(seat, seat("x"))) {
            CompletableFuture<Release> ending = ending(seen);
            clients.passUntilDone(ending, Clients.TTL.plusSeconds(1));
            assertThat(ending.get().result()).isIn(Result.RELEASED, Result.GONE);
        }
        assertThat(audit()).noneMatch(entry -> entry.text().contains("step act"));
        wire.resume();
    }

    @Test
    void aSeatThatOutlastsTheWaitIsPendingAndMayBeWaitedForAgain() throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat("x");
        // Its client has gone, its lease is renewed by somebody else, and its marker says nothing of the ttl.
        var lease =
                store.grantLease(Duration.ofMinutes(3)).toCompletableFuture().get();
        store.commit(Commit.to("lock/y")
                        .put("3kd82jD0aXq-4", Bytes.EMPTY, lease.id())
                        .build())
                .toCompletableFuture()
                .get();
        store.commit(Commit.to("session")
                        .put("3kd82jD0aXq", Bytes.EMPTY, lease.id())
                        .build())
                .toCompletableFuture()
                .get();
        CompletableFuture<Release> ending = ending(seat("y"));
        while (clients.entries("session").stream()
                .anyMatch(marker -> marker.name().equals("3kd82jD0aXq"))) {
            Thread.onSpinWait(); // No time passes before the wait begins.
        }
        clients.passUntilDone(ending, Duration.ofSeconds(150));
        assertThat(ending.get().result()).isEqualTo(Result.PENDING);
        CompletableFuture<Release> again = ending(seat("y"));
        clients.passUntilDone(again, Duration.ofSeconds(125));
        assertThat(again.get().result()).isEqualTo(Result.RELEASED);
        assertThat(seat.foreign()).isFalse();
    }

    @Test
    void withoutAnIntentInTheAuditNothingIsDone() throws Exception {
        Grant held = one.mutex("x").acquire();
        Seat seat = seat("x");
        Runnable heal = line.each(Request.commitsTo(AUDIT), Fate.refuse());
        CompletableFuture<Release> ending = ending(seat);
        clients.passUntilDone(ending, Duration.ofSeconds(10));
        assertThatThrownBy(ending::join)
                .cause()
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("nothing was done");
        CompletableFuture<Release> now = Threads.inThread(() -> operator.endNow(seat, "INC-42"));
        clients.passUntilDone(now, Duration.ofSeconds(10));
        assertThatThrownBy(now::join).cause().isInstanceOf(NotAppliedException.class);
        assertThat(held.isHeld()).isTrue();
        assertThat(clients.entries("lock/x")).hasSize(1);
        assertThat(clients.entries("session")).hasSize(3);
        heal.run();
    }

    @Test
    void anAuditThatFailsLaterIsReported() throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat("x");
        line.each(OperatorEndTest::recordsAnOutcome, Fate.refuse());
        CompletableFuture<Release> ending = ending(seat);
        clients.passUntilDone(ending, Duration.ofSeconds(20));
        assertThat(ending.get().result()).isEqualTo(Result.RELEASED);
        assertThat(ending.get().unaudited()).contains("topic 'audit'");
    }

    @Test
    void anUnknownOutcomeIsSettled() throws Exception {
        for (Fate fate : List.of(Fate.loseRequest(), Fate.loseReply())) {
            clients.passUntilDone(one.mutex("x").acquireAsync(), Duration.ofSeconds(5));
            Seat seat = seat("x");
            line.next(Request.commitsTo("session").and(OperatorEndTest::deletes), fate);
            assertThat(end(seat, "INC-42").result()).isEqualTo(Result.RELEASED);
            clients.passUntilDone(one.mutex("x").acquireAsync(), Duration.ofSeconds(5));
            Seat next = seat("x");
            line.next(Request.commitsTo("lock/x").and(OperatorEndTest::deletes), fate);
            CompletableFuture<Release> now = Threads.inThread(() -> operator.endNow(next, "INC-42"));
            clients.passUntilDone(now, Duration.ofSeconds(5));
            assertThat(now.get().result()).isEqualTo(Result.RELEASED);
        }
        assertThat(audit().stream().filter(entry -> entry.text().contains("step act")))
                .hasSize(4);
    }

    @Test
    void anOutcomeThatStaysUnknownIsReportedAsSuch() throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat("x");
        line.each(Request.commitsTo("session").and(OperatorEndTest::deletes), Fate.loseRequest());
        CompletableFuture<Release> ending = ending(seat);
        clients.passUntilDone(ending, Duration.ofSeconds(20));
        assertThatThrownBy(ending::join).cause().isInstanceOf(OutcomeUnknownException.class);
        assertThat(audit()).anyMatch(entry -> entry.text().contains("step outcome\nfailure "));
    }

    @Test
    void aRefusedDeletionChangesNothing() throws Exception {
        Grant held = one.mutex("x").acquire();
        Seat seat = seat("x");
        line.each(Request.commitsTo("session").and(OperatorEndTest::deletes), Fate.refuse());
        line.each(Request.commitsTo("lock/x"), Fate.refuse());
        CompletableFuture<Release> ending = ending(seat);
        clients.passUntilDone(ending, Duration.ofSeconds(20));
        assertThatThrownBy(ending::join).cause().isInstanceOf(NotAppliedException.class);
        CompletableFuture<Release> now = Threads.inThread(() -> operator.endNow(seat, "INC-42"));
        clients.passUntilDone(now, Duration.ofSeconds(20));
        assertThatThrownBy(now::join).cause().isInstanceOf(NotAppliedException.class);
        assertThat(held.isHeld()).isTrue();
    }

    @Test
    void aCloseEndsTheWait() throws Exception {
        FaultyBackend wire = clients.line();
        clients.connect("stopped", wire).mutex("x").acquire();
        wire.pause();
        CompletableFuture<Release> ending = ending(seat("x"));
        clients.passUntil(() -> clients.entries(AUDIT).size() >= 3, Duration.ofMillis(100));
        CompletableFuture<String> closed = Threads.inThread(() -> {
            hand.close();
            return "closed";
        });
        clients.passUntilDone(closed, Duration.ofSeconds(10));
        clients.passUntilDone(ending, Duration.ofSeconds(1));
        assertThat(ending.get().result()).isEqualTo(Result.PENDING);
        assertThat(ending.get().unaudited()).contains("closed");
        assertThatThrownBy(() -> operator.endNow(seat("x"), "INC-42")).isInstanceOf(SerenoClosedException.class);
        wire.resume();
    }

    @Test
    void aSeatInAChildNamespaceIsEndedFromAbove() throws Exception {
        one.withNamespace("eu").mutex("x").acquire();
        Resource resource = new Resource(Kind.LOCK, List.of("eu"), "x");
        Seat seat = operator.queue(resource).orElseThrow().seats().get(0);
        assertThat(seat.host()).isNotEmpty();
        assertThat(end(seat, "INC-42").result()).isEqualTo(Result.RELEASED);
        assertThat(hand.withNamespace("eu").operator().audit(10)).hasSize(3);
    }

    /** The operator of a child sees a part of what is lost, as Operator.end says. */
    @Test
    void allThatASessionHasIsLostAndTheOperatorOfItsOwnNamespaceShowsAllOfIt() throws Exception {
        Grant own = one.mutex("x").acquire();
        Grant held = one.withNamespace("eu").mutex("x").acquire();
        Grant beside = one.withNamespace("us").mutex("y").acquire();
        Operator child = hand.withNamespace("eu").operator();
        assertThat(holdings(child)).containsExactly("lock/x");
        assertThat(holdings(operator)).containsExactlyInAnyOrder("lock/x", "@eu/lock/x", "@us/lock/y");
        Seat seat = child.queue(Kind.LOCK, "x").orElseThrow().seats().get(0);
        CompletableFuture<Release> ending = Threads.inThread(() -> child.end(seat, "INC-42"));
        clients.passUntilDone(ending, Duration.ofSeconds(5));
        assertThat(ending.join().result()).isEqualTo(Result.RELEASED);
        assertThat(List.of(held, own, beside)).noneMatch(Grant::isHeld);
    }

    private static List<String> holdings(Operator operator) {
        return operator.sessions().stream()
                .filter(session -> session.nodeId().equals("one"))
                .flatMap(session -> session.holdings().stream())
                .map(holding -> holding.resource().toString())
                .toList();
    }

    private static boolean count(Request request, AtomicInteger looks) {
        if (request instanceof Request.Read read && read.query().directory().equals("lock/x")) {
            looks.incrementAndGet();
        }
        return false;
    }

    private static boolean recordsAnOutcome(Request request) {
        return Request.commitsTo(AUDIT).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.value().toUtf8().contains("step outcome"));
    }

    private static boolean deletes(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().writes().stream().anyMatch(Write.Delete.class::isInstance);
    }

    private Seat seat(String name) {
        return one.operator().queue(Kind.LOCK, name).orElseThrow().seats().get(0);
    }

    private Release end(Seat seat, String reason) throws InterruptedException {
        CompletableFuture<Release> ending = Threads.inThread(() -> operator.end(seat, reason));
        clients.passUntilDone(ending, Duration.ofSeconds(5));
        return ending.join();
    }

    private CompletableFuture<Release> ending(Seat seat) {
        return Threads.inThread(() -> operator.end(seat, "INC-42"));
    }

    private List<AuditEntry> audit() throws InterruptedException {
        return operator.audit(100);
    }

    private static Seat withRevision(Seat seat, long createRevision, long sessionRevision) {
        return new Seat(
                seat.resource(),
                seat.entry(),
                createRevision,
                seat.session(),
                sessionRevision,
                seat.nodeId(),
                seat.host(),
                seat.since(),
                seat.holds(),
                seat.shared(),
                seat.weight(),
                seat.firstToken(),
                seat.foreign());
    }

    private static Seat seat(Resource resource, String entry, long createRevision, String session, boolean foreign) {
        return new Seat(
                resource,
                entry,
                createRevision,
                session,
                1,
                "",
                "",
                Instant.EPOCH,
                true,
                false,
                1,
                OptionalLong.empty(),
                foreign);
    }

    private void put(String directory, String name, String value) {
        store.commit(Commit.to(directory).put(name, Bytes.utf8(value)).build())
                .toCompletableFuture()
                .join();
    }

    private static boolean isCheckOfMarker(Request request) {
        return request instanceof Request.Commit sent
                && sent.commit().directory().equals("session")
                && sent.commit().writes().isEmpty();
    }
}
