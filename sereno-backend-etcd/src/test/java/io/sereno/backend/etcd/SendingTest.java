package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which requests are sent, how often, and how answers are handled, with a server whose answers the test chooses. */
class SendingTest {
    private static final Commit PUT = Commit.to("any").put("a", Bytes.EMPTY).build();

    private final StubEtcd etcd = new StubEtcd();
    private final Backend backend = Config.of(etcd.endpoint()).open();

    SendingTest() throws IOException {}

    @AfterEach
    void close() {
        backend.close();
        etcd.close();
    }

    /** Neither this backend nor gRPC below it sends a write twice. */
    @ParameterizedTest
    @EnumSource(value = Status.Code.class, mode = EnumSource.Mode.EXCLUDE, names = "OK")
    void noWriteIsSentTwiceWhateverTheAnswer(Status.Code code) {
        etcd.answer(code.toStatus());
        assertThat(failure(backend.commit(PUT)).outcome())
                .isEqualTo(Failures.isRefusal(code) ? Outcome.NOT_APPLIED : Outcome.UNKNOWN);
        etcd.answer(Status.OK);
        assertThat(await(backend.commit(PUT))).isInstanceOf(Committed.class);
        assertThat(etcd.transactions()).isEqualTo(2);
    }

    @Test
    void cancellingAStageEndsOnlyThatStage() throws InterruptedException {
        int sent = 0;
        CompletableFuture<?> impatient;
        do {
            impatient = backend.commit(PUT).toCompletableFuture();
            sent++;
            // The answer may have come earlier.
        } while (!impatient.cancel(true));
        assertThat(impatient).isCompletedExceptionally();
        assertThat(impatient.handle((result, failure) -> failure).join()).isInstanceOf(CancellationException.class);
        assertThat(await(backend.commit(PUT))).isInstanceOf(Committed.class);
        assertThat(etcd.arrive(sent + 1)).isTrue();
        assertThat(etcd.transactions()).isEqualTo(sent + 1);
    }

    @Test
    void aLeaseThatIsDeadStaysDeadWhateverTheServerSays() {
        Lease lease = await(backend.grantLease(Duration.ofSeconds(10)));
        assertThat(await(lease.renew())).isTrue();
        await(lease.revoke());
        assertThat(await(lease.renew())).isFalse();
        assertThat(await(backend.commit(
                        Commit.to("any").put("a", Bytes.EMPTY, lease.id()).build())))
                .isEqualTo(new LeaseDead());
        assertThat(etcd.transactions()).isZero();
    }

    @Test
    void aVersionThatIsNotForUsersIsUnknown() {
        assertThat(backend.guarantees().serverVersion()).isEqualTo("unknown");
    }

    /** The request was forwarded to a leader that is gone, and no answer will come; later requests succeed. */
    @Test
    void aCommitIsUnknownAsSoonAsALaterRequestIsAnsweredAndNotOnlyAfterTheOperationTimeout() {
        try (Backend patient =
                Config.of(etcd.endpoint()).operationTimeout(Duration.ofHours(1)).open()) {
            etcd.ignoreTransactions();
            BackendException failure = failure(patient.commit(PUT));
            assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(failure.permanent()).isFalse();
            assertThat(failure).hasMessageContaining("answers later writes");
            assertThat(etcd.transactions()).isEqualTo(1);
        }
    }

    /** A busy server collects a large answer for seconds, and answers small writes meanwhile. */
    @Test
    void aReadOfManyEntriesIsNotGivenUpAsSoonAsALaterWriteIsAnswered() {
        try (Backend patient =
                Config.of(etcd.endpoint()).operationTimeout(Duration.ofHours(1)).open()) {
            etcd.answerReadsAfter(4);
            assertThat(await(patient.read(new Query.All("any"))).entries()).isEmpty();
        }
    }

    @Test
    void aWatchThatACompactionOvertakesIsCreatedAgainAndReset() throws Exception {
        Received received = new Received();
        await(backend.watch(new Target("any", Optional.empty()), received));
        etcd.compact();
        assertThat(received.next()).isEqualTo(Received.RESET);
        etcd.compact();
        assertThat(received.next()).isEqualTo(Received.RESET);
    }

    @Test
    void anAnswerThatCannotBeHandledEndsInANewStreamAndALogLine() throws Exception {
        Received received = new Received();
        await(backend.watch(new Target("any", Optional.empty()), received));
        try (Logged logged = new Logged()) {
            etcd.sendForeignEvent();
            received.upTo(Received.RESET);
            assertThat(logged.messages())
                    .containsOnlyOnce("WARNING all watches of etcd are created again: an answer could not be handled");
        }
    }
}
