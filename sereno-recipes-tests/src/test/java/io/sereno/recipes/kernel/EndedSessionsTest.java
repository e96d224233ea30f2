package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.KeepAlive;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.SessionState;
import io.sereno.Worker;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.mutex.MutexRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** If the store ends a session, the next session's marker decides whether that is reported as a restore. */
@Timeout(60)
class EndedSessionsTest {
    private static final Duration SIXTH = Clients.TTL.dividedBy(6);
    private static final Duration MOMENT = Duration.ofMillis(1);

    private final Clients clients = new Clients();
    private final MemoryBackup ofNothing = clients.store.backup();
    private final FaultyBackend line = clients.line();

    @AfterEach
    void close() {
        clients.close();
    }

    @ParameterizedTest
    @CsvSource({"REPEAT, STORE_RESTORED", "GO_ON, SESSION_EXPIRED"})
    void anEmptyStoreIsReportedAsRestoredIfItRepeatsRevisions(MemoryBackup.Revisions revisions, LossCause cause)
            throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        Leadership led = client.election("e").start().awaitLeadership();
        client.waitGroup("w").add(1);
        Worker worker = client.waitGroup("w").join();
        KeepAlive alive = client.membership("g").join("id", Clients.TTL);
        clients.time.advance(Clients.TTL); // All that lasts is watched.

        clients.store.restore(ofNothing, revisions);

        assertThat(held.isHeld()).isFalse();
        assertThat(led.isHeld()).isFalse();
        assertLost(held.lost(), cause);
        assertLost(led.lost(), cause);
        assertLost(worker.lost(), cause);
        assertThatThrownBy(worker::done)
                .isInstanceOfSatisfying(
                        GrantLostException.class,
                        lost -> assertThat(lost.lossCause()).isEqualTo(cause));
        clients.time.advance(Clients.TTL);
        assertThat(alive.state()).isEqualTo(KeepAlive.State.LISTED);
        client.mutex("m").acquire().release();
    }

    /** The other client's new marker comes first, so this one's gets a revision that its former marker did not have. */
    @Test
    void eachOfSeveralClientsOfAYoungStoreReportsThatItWasRestored() throws Exception {
        SerenoClient one = clients.connect("one", line);
        SerenoClient two = clients.connect("two", clients.line());
        Grant first = one.mutex("m").acquire();
        Grant second = two.mutex("n").acquire();
        line.next(Request.GrantLease.class::isInstance, Fate.delayReply(MOMENT));

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertLost(second.lost(), LossCause.STORE_RESTORED);
        assertThat(first.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(MOMENT);
        assertLost(first.lost(), LossCause.STORE_RESTORED);
        one.mutex("m").acquire().release();
        two.mutex("n").acquire().release();
    }

    /** The entries' own checks are answered first. */
    @Test
    void aHolderThatFindsItsEntryGoneChecksItsSession() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        Leadership led = client.election("e").start().awaitLeadership();
        client.waitGroup("w").add(1);
        Worker worker = client.waitGroup("w").join();
        clients.time.advance(Clients.TTL); // All that lasts is watched.
        line.each(EndedSessionsTest::isCheckOfMarker, Fate.delayRequest(SIXTH.dividedBy(2)));

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        clients.time.advance(SIXTH.dividedBy(2).minus(MOMENT));
        assertThat(held.lost().toCompletableFuture()).isNotDone();
        assertThat(led.lost().toCompletableFuture()).isNotDone();
        assertThat(worker.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(MOMENT);
        assertLost(held.lost(), LossCause.STORE_RESTORED);
        assertLost(led.lost(), LossCause.STORE_RESTORED);
        assertLost(worker.lost(), LossCause.STORE_RESTORED);
    }

    @Test
    void anEntryThatIsGoneWhileTheSessionCannotBeCheckedWasRemoved() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        client.waitGroup("w").add(1);
        Worker worker = client.waitGroup("w").join();
        clients.time.advance(Clients.TTL); // All that lasts is watched.
        line.each(EndedSessionsTest::isCheckOfMarker, Fate.refuse());

        clients.removeAll("lock/m");
        clients.removeAll("waitgroup/w");

        assertLost(held.lost(), LossCause.ENTRY_REMOVED);
        assertLost(worker.lost(), LossCause.ENTRY_REMOVED);
    }

    @Test
    void theCauseIsUndecidedForASixthOfTheTtlAtMost() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        line.each(Request.GrantLease.class::isInstance, Fate.delayReply(SIXTH.multipliedBy(2)));

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThat(held.isHeld()).isFalse();
        assertThat(client.sessionState()).isEqualTo(SessionState.EXPIRED);
        clients.time.advance(SIXTH.minus(MOMENT));
        assertThat(held.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(MOMENT);
        assertLost(held.lost(), LossCause.SESSION_EXPIRED);

        // The proof comes too late, and ends no session that was opened after the store had gone back.
        clients.time.advance(SIXTH.multipliedBy(2));
        Grant again = client.mutex("m").acquire();
        clients.time.advance(Clients.TTL.multipliedBy(2));
        assertThat(again.isHeld()).isTrue();
    }

    @Test
    void aMarkerThatTakesLessThanASixthDecides() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        line.next(Request.GrantLease.class::isInstance, Fate.delayReply(SIXTH.minus(MOMENT)));

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThat(held.isHeld()).isFalse();
        assertThat(held.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(SIXTH.minus(MOMENT));
        assertLost(held.lost(), LossCause.STORE_RESTORED);
    }

    /** LCK-11a holds whatever is open. */
    @Test
    void theLocalDeadlineEndsTheWait() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        line.each(Request.RenewLease.class::isInstance, Fate.refuse());
        line.each(Request.GrantLease.class::isInstance, Fate.delayReply(Clients.TTL));
        Duration left = Duration.ofMillis(200);
        clients.time.advance(held.remaining().minus(left));
        assertThat(held.isHeld()).isTrue();

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThat(held.isHeld()).isFalse();
        clients.time.advance(left.minus(MOMENT));
        assertThat(held.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(MOMENT);
        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
    }

    /** As on ZooKeeper while the nodes of the namespace are created again. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aNextSessionThatCannotBeOpenedIsTriedAgainMeanwhile(boolean isLease) throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        line.next(isLease ? Request.GrantLease.class::isInstance : EndedSessionsTest::isMarker, Fate.refuse());

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThat(held.isHeld()).isFalse();
        assertThat(held.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(SIXTH);
        assertLost(held.lost(), LossCause.STORE_RESTORED);
        client.mutex("m").acquire().release();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void ifNoSessionCanBeOpenedMeanwhileTheFormerHasExpired(boolean isLease) throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        line.each(isLease ? Request.GrantLease.class::isInstance : EndedSessionsTest::isMarker, Fate.refuse());

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThat(held.isHeld()).isFalse();
        clients.time.advance(SIXTH.minus(MOMENT));
        assertThat(held.lost().toCompletableFuture()).isNotDone();
        clients.time.advance(MOMENT);
        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
    }

    @Test
    void aRemovedMarkerIsNoRestore() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();

        clients.removeAll("session");

        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
    }

    @Test
    void anotherProofMeanwhileDecides() {
        Client client = clients.client("one", line, clients.time, clients.callbacks);
        Commit put = Commit.to("counter/c").put("v", Bytes.EMPTY).build();
        client.kernel().store().commit(put, Runnable::run, outcome -> {});
        Hold held = acquire(client, "m");
        line.each(Request.GrantLease.class::isInstance, Fate.delayReply(Clients.TTL));
        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);
        assertThat(held.lost().toCompletableFuture()).isNotDone();

        client.kernel().store().commit(put, Runnable::run, outcome -> {});

        assertLost(held.lost(), LossCause.STORE_RESTORED);
        var unused = client.sessionsByTtl().close(Duration.ZERO);
    }

    @Test
    void aReleaseMeanwhileReportsAnExpiry() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        client.waitGroup("w").add(1);
        Worker worker = client.waitGroup("w").join();
        line.each(Request.GrantLease.class::isInstance, Fate.delayReply(SIXTH.dividedBy(2)));
        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThatThrownBy(held::release)
                .isInstanceOfSatisfying(
                        GrantLostException.class,
                        lost -> assertThat(lost.lossCause()).isEqualTo(LossCause.SESSION_EXPIRED));
        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
        assertThatThrownBy(worker::done).isInstanceOf(GrantLostException.class);
        clients.time.advance(SIXTH);
        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
        assertLost(worker.lost(), LossCause.SESSION_EXPIRED);
        client.mutex("m").acquire().release();
    }

    @Test
    void closingTheSessionsDecides() {
        Client client = clients.client("one", line, clients.time, clients.callbacks);
        Hold held = acquire(client, "m");
        line.each(Request.GrantLease.class::isInstance, Fate.delayReply(Clients.TTL));
        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);
        assertThat(held.lost().toCompletableFuture()).isNotDone();

        CompletableFuture<Void> closed = client.sessionsByTtl().close(Duration.ofSeconds(1));

        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
        clients.time.advance(Clients.TTL.multipliedBy(2));
        assertThat(closed).isDone();
    }

    @Test
    void aSessionEndedByTheStoreIsNotLostByTheClose() throws Exception {
        SerenoClient client = clients.connect("one", line);
        Grant held = client.mutex("m").acquire();
        Leadership led = client.election("e").start().awaitLeadership();
        client.waitGroup("w").add(1);
        Worker worker = client.waitGroup("w").join();
        line.each(Request.GrantLease.class::isInstance, Fate.delayReply(Clients.TTL));
        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close, clients.callbacks);
        assertLost(held.lost(), LossCause.SESSION_EXPIRED);
        assertLost(led.lost(), LossCause.SESSION_EXPIRED);
        assertLost(worker.lost(), LossCause.SESSION_EXPIRED);
        clients.passUntilDone(closed, Duration.ofSeconds(10));
    }

    @Test
    void membersAreNotifiedOfTheEndBeforeTheNextSession() {
        Client client = clients.client("one", line, clients.time, clients.callbacks);
        RecordingMember recorded = new RecordingMember();
        Sessions sessions = client.sessions();
        Session first = Objects.requireNonNull(sessions.current());
        sessions.join(recorded);

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        Session second = Objects.requireNonNull(sessions.current());
        assertThat(recorded.all).containsExactly("ended " + first.id() + " STORE_RESTORED", "opened " + second.id());
        var unused = client.sessionsByTtl().close(Duration.ZERO);
    }

    /** The full one and its successor end together, and are reported alike. */
    @Test
    void aRetiredSessionIsReportedLikeTheCurrentOne() {
        Client client = clients.client("one", line, clients.time, clients.callbacks);
        Sessions sessions = client.sessions();
        Session first = Objects.requireNonNull(sessions.current());
        Hold early = acquire(client, "early");
        fill(first);
        Hold late = acquire(client, "late");
        assertThat(early.isHeld()).isTrue();

        clients.store.restore(ofNothing, MemoryBackup.Revisions.REPEAT);

        assertThat(early.isHeld()).isFalse();
        assertThat(late.isHeld()).isFalse();
        assertLost(early.lost(), LossCause.STORE_RESTORED);
        assertLost(late.lost(), LossCause.STORE_RESTORED);
        var unused = client.sessionsByTtl().close(Duration.ZERO);
    }

    @Test
    void aRetiredSessionThatEndsAloneExpires() {
        Client client = clients.client("one", line, clients.time, clients.callbacks);
        Sessions sessions = client.sessions();
        Session first = Objects.requireNonNull(sessions.current());
        Hold early = acquire(client, "early");
        fill(first);
        assertThat(line.endLease(first.leaseId()).toCompletableFuture()).isDone();
        assertThat(early.isHeld()).isFalse();
        clients.time.advance(SIXTH);
        assertLost(early.lost(), LossCause.SESSION_EXPIRED);
        var unused = client.sessionsByTtl().close(Duration.ZERO);
    }

    /** Makes the session full, so that a successor takes new entries. */
    private static void fill(Session session) {
        for (int i = 0; i <= Session.MOST_WITHDRAWN; i++) {
            session.withdrawn();
        }
        assertThat(session.isRetired()).isTrue();
    }

    private static void assertLost(CompletionStage<LossCause> lost, LossCause cause) {
        assertThat(lost.toCompletableFuture())
                .succeedsWithin(Duration.ofSeconds(10))
                .isEqualTo(cause);
    }

    private static Hold acquire(Client client, String name) {
        return new MutexRecipe(client, name, "lock/" + name)
                .queue("test")
                .request("test", false, null)
                .result()
                .join()
                .orElseThrow();
    }

    private static boolean isMarker(Request request) {
        return request instanceof Request.Commit sent
                && sent.commit().directory().equals("session")
                && sent.commit().writes().stream().anyMatch(Write.Put.class::isInstance);
    }

    private static boolean isCheckOfMarker(Request request) {
        return request instanceof Request.Commit sent
                && sent.commit().directory().equals("session")
                && sent.commit().writes().isEmpty();
    }

    private static final class RecordingMember implements Sessions.Member {
        private final List<String> all = new ArrayList<>();

        @Override
        public void opened(Session session) {
            all.add("opened " + session.id());
        }

        @Override
        public void ended(Session session) {
            all.add("ended " + session.id() + " " + session.lossCause());
        }

        @Override
        public void failed(BackendException why) {}

        @Override
        public void renewed(Session session) {}

        @Override
        public boolean uses(Session session) {
            return false;
        }
    }
}
