package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.sereno.recipes.Clients;
import io.sereno.recipes.client.Client;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReceiptTest {
    private static final String DIRECTORY = "receipts";
    private static final Duration SECOND = Duration.ofSeconds(1);
    /** Longer than all pauses of a few attempts. */
    private static final Duration LONG = Duration.ofSeconds(5);

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final Client client = clients.client("node", line, clients.time, Runnable::run);
    private final Session session = Objects.requireNonNull(client.sessions().current());
    private final Requests requests =
            new Requests(client.kernel(), new Strand(), DIRECTORY, Requests.OnFailure.first(why -> {}), this::step);
    private final Receipt receipt = new Receipt(requests);
    private final Backend eye = clients.store.connect(Runnable::run);
    private final List<Outcome> outcomes = new ArrayList<>();
    private int settled;

    private void step() {
        if (requests.isIdle() && receipt.isOpen()) {
            assertThat(++settled).isLessThan(1_000);
            receipt.settle();
        }
    }

    @AfterEach
    void close() {
        client.close();
        clients.close();
    }

    @Test
    void aCommitThatIsAnsweredLeavesNoMark() {
        sendThing();
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Outcome.Kind.COMMITTED);
        assertThat(names()).containsExactly("thing");
        assertThat(receipt.isOpen()).isFalse();
    }

    @Test
    void aCommitWhoseReplyIsLostIsFoundApplied() {
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        sendThing();
        assertThat(receipt.isOpen()).isTrue();
        assertThat(receipt.uses(session)).isTrue();
        clients.time.advance(LONG);
        assertThat(outcomes)
                .extracting(Outcome::kind, Outcome::revision)
                .containsExactly(
                        tuple(Outcome.Kind.UNKNOWN, 0L),
                        tuple(Outcome.Kind.COMMITTED, entries().get(0).createRevision()));
        assertThat(names()).containsExactly("thing", "x-1");
        assertThat(receipt.isOpen()).isFalse();
    }

    @Test
    void aLateCopyOfACommitThatWasFoundNotAppliedChangesNothing() {
        line.next(Request.commitsTo(DIRECTORY), Fate.applyLate(LONG.plus(SECOND)));
        sendThing();
        clients.time.advance(LONG);
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Outcome.Kind.UNKNOWN, Outcome.Kind.NOT_APPLIED);
        clients.time.advance(LONG);
        assertThat(names()).containsExactly("x-1");
    }

    @Test
    void settlingIsRetriedUntilItIsAnswered() {
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        line.next(Request.commitsTo(DIRECTORY), Fate.loseRequest());
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        line.next(Request.commitsTo(DIRECTORY), Fate.loseSnapshot());
        sendThing();
        clients.time.advance(LONG.multipliedBy(2));
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Outcome.Kind.UNKNOWN, Outcome.Kind.COMMITTED);
    }

    @Test
    void anEntryOfAnotherIsNoEvidence() {
        line.next(Request.commitsTo(DIRECTORY), Fate.loseRequest());
        sendThing();
        eye.commit(Commit.to(DIRECTORY).put("thing", Bytes.utf8("another")).build())
                .toCompletableFuture()
                .join();
        clients.time.advance(LONG);
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Outcome.Kind.UNKNOWN, Outcome.Kind.NOT_APPLIED);
        Outcome last = outcomes.get(1);
        assertThat(Objects.requireNonNull(last.snapshot()).entries())
                .extracting(Entry::value)
                .containsExactly(Bytes.utf8("another"));
    }

    @Test
    void aConflictOfAnotherConditionIsCertain() {
        eye.commit(Commit.to(DIRECTORY).put("thing", Bytes.utf8("another")).build())
                .toCompletableFuture()
                .join();
        sendThing();
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Outcome.Kind.CONFLICT);
        assertThat(receipt.isOpen()).isFalse();
        assertThat(names()).containsExactly("thing");
    }

    @Test
    void aMarkThatTheCommitPutsIsTheEvidence() {
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        sendMark("m-1");
        clients.time.advance(LONG);
        line.next(Request.commitsTo(DIRECTORY), Fate.loseRequest());
        sendMark("m-2");
        clients.time.advance(LONG);
        assertThat(outcomes)
                .extracting(Outcome::kind)
                .containsExactly(
                        Outcome.Kind.UNKNOWN, Outcome.Kind.COMMITTED, Outcome.Kind.UNKNOWN, Outcome.Kind.NOT_APPLIED);
        assertThat(entries()).filteredOn(Card::isLive).extracting(Entry::name).containsExactly("m-1");
    }

    @Test
    void aConflictThatOnlyTheMarkCanExplainIsSettled() {
        eye.commit(Commit.to(DIRECTORY).put("m-1", Bytes.utf8("mine")).build())
                .toCompletableFuture()
                .join();
        sendMark("m-1");
        assertThat(outcomes).isEmpty();
        clients.time.advance(LONG);
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Outcome.Kind.COMMITTED);
    }

    @Test
    void aMarkThatIsRemovedEachTimeIsPutAgainAfterAPause() {
        var unused = eye.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                var unusedResult = eye.commit(Commit.to(DIRECTORY).delete(name).build());
            }

            @Override
            public void reset() {}
        });
        line.next(Request.commitsTo(DIRECTORY), Fate.loseRequest());
        sendMark("m-1");
        line.each(Request.commitsTo(DIRECTORY), Fate.loseSnapshot());
        clients.time.advance(LONG);
        assertThat(receipt.isOpen()).isTrue();
        assertThat(settled).isBetween(2, 200);
    }

    @Test
    void nothingCanBeSettledWhenTheSessionIsOver() {
        line.next(Request.commitsTo(DIRECTORY), Fate.loseReply());
        sendThing();
        assertThat(receipt.canSettle()).isTrue();
        session.foundDead();
        assertThat(receipt.canSettle()).isFalse();
        receipt.forget();
        assertThat(receipt.isOpen()).isFalse();
        assertThat(receipt.uses(session)).isFalse();
    }

    /** The mark is x-1; the evidence is what the commit puts besides. */
    private void sendThing() {
        Bytes mine = Bytes.utf8("mine");
        Receipt.Evidence evidence =
                new Receipt.Evidence("thing", found -> found.value().equals(mine) ? found.createRevision() : 0);
        Commit.Builder commit = Commit.to(DIRECTORY).ifAbsent("thing").put("thing", mine, session.leaseId());
        receipt.send(session, "x-1", evidence, commit, outcomes::add);
    }

    private void sendMark(String mark) {
        Commit.Builder commit = Commit.to(DIRECTORY).put(mark, Bytes.utf8("mine"), session.leaseId());
        receipt.send(session, mark, Receipt.Evidence.mark(mark), commit, outcomes::add);
    }

    private List<Entry> entries() {
        return eye.read(new Query.All(DIRECTORY)).toCompletableFuture().join().entries();
    }

    private List<String> names() {
        return entries().stream().map(Entry::name).toList();
    }
}
