package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.SessionState;
import io.sereno.operator.AuditEntry;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.Release;
import io.sereno.operator.Release.Result;
import io.sereno.operator.Seat;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an operator is told if the store is slow or does not answer, and what the audit says then. */
@Timeout(60)
class OperatorFailuresTest {
    private static final String AUDIT = "@sereno-operator/topic/audit";

    /** The two interventions, and the requests of each. */
    @SuppressWarnings("ImmutableEnumChecker") // The predicates have no state.
    enum Way {
        END("session") {
            @Override
            Release call(Operator operator, Seat seat) throws InterruptedException {
                return operator.end(seat, "INC-42");
            }
        },
        END_NOW("lock/x") {
            @Override
            Release call(Operator operator, Seat seat) {
                return operator.endNow(seat, "INC-42");
            }
        };

        /** It looks for what it deletes. */
        private final Predicate<Request> look;

        private final Predicate<Request> deletion;

        Way(String directory) {
            this.look = request -> request instanceof Request.Read read
                    && read.query().directory().equals(directory);
            this.deletion = Request.commitsTo(directory)
                    .and(request -> request instanceof Request.Commit commit
                            && commit.commit().writes().stream().anyMatch(Write.Delete.class::isInstance));
        }

        abstract Release call(Operator operator, Seat seat) throws InterruptedException;
    }

    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final FaultyBackend line = clients.line();
    private final Sereno hand = clients.connect("hand", line);
    private final Operator operator = hand.operator();

    @AfterEach
    void close() {
        line.heal();
        clients.close();
    }

    @ParameterizedTest
    @EnumSource
    void aDeletionThatIsUnderWayWhenTheTimeEndsHasAnUnknownOutcome(Way way) throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat();
        line.next(way.look, Fate.delayReply(Duration.ofSeconds(1)));
        line.next(way.deletion, Fate.delayReply(Duration.ofMillis(4_600)));
        CompletableFuture<Release> ending = intervene(way, seat);
        clients.passUntilDone(ending, Duration.ofSeconds(10));
        assertThatThrownBy(ending::join).cause().isInstanceOf(OutcomeUnknownException.class);
        assertThat(steps()).containsExactly("intent", "act", "outcome");
        AtomicInteger looks = new AtomicInteger();
        line.each(
                request -> {
                    looks.addAndGet(request instanceof Request.Read || request instanceof Request.OpenWatch ? 1 : 0);
                    return false;
                },
                Fate.pass());
        clients.time.advance(Duration.ofSeconds(1));
        clients.time.advance(Duration.ofSeconds(20));
        assertThat(looks).as("requests after the failure was reported").hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsDeletedAfterTheFailureWasReported(Way way) throws Exception {
        Grant held = one.mutex("x").acquire();
        Seat seat = seat();
        line.next(way.look, Fate.loseRequest().givenUpAfter(Duration.ofSeconds(2)));
        line.next(way.look, Fate.delayReply(Duration.ofSeconds(4)));
        AtomicInteger deletions = new AtomicInteger();
        line.each(
                request -> {
                    deletions.addAndGet(way.deletion.test(request) ? 1 : 0);
                    return false;
                },
                Fate.pass());
        CompletableFuture<Release> ending = intervene(way, seat);
        clients.passUntilDone(ending, Duration.ofSeconds(10));
        assertThatThrownBy(ending::join).cause().isInstanceOf(NotAppliedException.class);
        clients.time.advance(Duration.ofSeconds(2));
        clients.time.advance(Duration.ofSeconds(2));
        assertThat(deletions).hasValue(0);
        assertThat(held.isHeld()).isTrue();
        assertThat(steps()).containsExactly("intent", "outcome");
    }

    @Test
    void aCloseDuringTheDeletionLeavesItsOutcomeUnknown() throws Exception {
        one.mutex("x").acquire();
        AtomicInteger deletions = new AtomicInteger();
        line.each(
                request -> Way.END.deletion.test(request) && deletions.incrementAndGet() > 0,
                Fate.delayReply(Duration.ofSeconds(4)));
        CompletableFuture<Release> ending = intervene(Way.END, seat());
        clients.passUntil(() -> deletions.get() > 0, Duration.ofMillis(100));
        CompletableFuture<String> closed = Threads.inThread(() -> {
            hand.close();
            return "closed";
        });
        clients.passUntilDone(ending, Duration.ofSeconds(1));
        assertThatThrownBy(ending::join).cause().isInstanceOf(OutcomeUnknownException.class);
        clients.passUntilDone(closed, Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @EnumSource
    void aFailureSaysThatRecordsAreMissing(Way way) throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat();
        line.next(way.deletion, Fate.loseRequest());
        line.each(way.deletion, Fate.refuse());
        line.each(request -> records(request, "step act") || records(request, "step outcome"), Fate.refuse());
        CompletableFuture<Release> ending = intervene(way, seat);
        clients.passUntilDone(ending, Duration.ofSeconds(20));
        assertThatThrownBy(ending::join)
                .cause()
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("may still take effect")
                .hasMessageContaining("the audit topic did not take all records of this call: publish");
    }

    @ParameterizedTest
    @EnumSource
    void anIntentOfUnknownOutcomeIsReportedAsSuch(Way way) throws Exception {
        Grant held = one.mutex("x").acquire();
        Seat seat = seat();
        line.each(request -> records(request, "step intent"), Fate.loseReply().givenUpAfter(Duration.ofSeconds(6)));
        CompletableFuture<Release> ending = intervene(way, seat);
        clients.passUntilDone(ending, Duration.ofSeconds(20));
        assertThatThrownBy(ending::join)
                .cause()
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("nothing was done, since it is not certain that the audit topic has the intent");
        assertThat(held.isHeld()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatIsClosedMeanwhileIsReportedAsClosed(Way way) throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat();
        AtomicInteger intents = new AtomicInteger();
        line.each(request -> records(request, "step intent") && intents.incrementAndGet() > 0, Fate.refuse());
        CompletableFuture<Release> ending = intervene(way, seat);
        clients.passUntil(() -> intents.get() > 0, Duration.ofMillis(100));
        CompletableFuture<String> closed = Threads.inThread(() -> {
            hand.close();
            return "closed";
        });
        clients.passUntil(() -> hand.sessionState() == SessionState.CLOSED, Duration.ofMillis(100));
        clients.passUntilDone(ending, Duration.ofSeconds(10));
        assertThatThrownBy(ending::join).cause().isInstanceOf(SerenoClosedException.class);
        clients.passUntilDone(closed, Duration.ofSeconds(10));
    }

    /** Anybody may have written the entry: no client has such a name. */
    @Test
    void aSeatWithALongNodeIdCanBeTakenAway() {
        clients.store
                .connect(Runnable::run)
                .commit(Commit.to("lock/x")
                        .put("3kd82jD0aXq-4", Bytes.utf8("sereno/1 card\nnode " + "\u0001".repeat(60 * 1024) + "\n"))
                        .build())
                .toCompletableFuture()
                .join();
        assertThat(seat().nodeId()).hasSize(60 * 1024);
        assertThat(operator.endNow(seat(), "INC-42").result()).isEqualTo(Result.RELEASED);
    }

    @Test
    void anInterruptBeforeTheCallEndsNothing() throws Exception {
        Grant held = one.mutex("x").acquire();
        Seat seat = seat();
        List<Threads.Body<?>> calls = List.of(
                () -> operator.end(seat, "INC-42"), () -> operator.waitFor(Duration.ZERO), () -> operator.audit(1));
        AtomicInteger requests = new AtomicInteger();
        line.each(
                request -> {
                    requests.addAndGet(request instanceof Request.RenewLease ? 0 : 1);
                    return false;
                },
                Fate.pass());
        for (Threads.Body<?> call : calls) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(call::run)
                    .isInstanceOf(InterruptedException.class)
                    .hasMessageContaining("interrupted before it began");
            assertThat(Thread.interrupted()).isFalse();
        }
        assertThat(requests).hasValue(0);
        assertThat(held.isHeld()).isTrue();
        assertThat(clients.entries(AUDIT)).isEmpty();
    }

    @Test
    void nullIsRefusedWithAMessage() throws Exception {
        one.mutex("x").acquire();
        Seat seat = seat();
        assertThatThrownBy(() -> operator.end(seat, Threads.nothing())).hasMessage("reason is null");
        assertThatThrownBy(() -> operator.endNow(Threads.nothing(), "INC-42")).hasMessage("seat is null");
    }

    private static boolean records(Request request, String step) {
        return Request.commitsTo(AUDIT).test(request)
                && request instanceof Request.Commit commit
                && commit.commit().writes().stream()
                        .anyMatch(write -> write instanceof Write.Put put
                                && put.value().toUtf8().contains(step));
    }

    private CompletableFuture<Release> intervene(Way way, Seat seat) {
        return Threads.inThread(() -> way.call(operator, seat));
    }

    private Seat seat() {
        return one.operator().queue(Kind.LOCK, "x").orElseThrow().seats().get(0);
    }

    /** What the audit says was done. */
    private List<String> steps() throws InterruptedException {
        return hand.operator().audit(100).stream()
                .map(AuditEntry::text)
                .map(text -> text.replaceAll("(?s).*\nstep (\\S+)\n.*", "$1"))
                .toList();
    }
}
