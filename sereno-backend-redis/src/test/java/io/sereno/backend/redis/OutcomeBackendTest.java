package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.tck.proxy.FaultProxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The outcomes that a client reports when the connection to the server breaks, and how it recovers. One client is behind the proxy, one is
 * not.
 */
class OutcomeBackendTest extends OneServerTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private FaultProxy proxy;
    private Backend backend;
    private Backend witness;

    /** How a connection ends. */
    enum End {
        RESET {
            @Override
            void of(FaultProxy proxy) {
                proxy.resetAll();
            }
        },
        ORDERLY {
            @Override
            void of(FaultProxy proxy) {
                proxy.endAll();
            }
        };

        abstract void of(FaultProxy proxy);
    }

    @BeforeEach
    void connect() {
        proxy = closing(FaultProxy.to(server().endpoints().get(0)));
        backend = open(config().at(List.of(proxy.endpoint())).within(Duration.ofSeconds(5), TIMEOUT));
        witness = open();
    }

    @ParameterizedTest
    @EnumSource
    void aCommitWhoseReplyIsLostIsUnknownAndAppliedOnce(End end) throws Exception {
        put(backend, "d", "before", "1");
        proxy.serverToClient().hold();
        CompletionStage<CommitResult> unanswered = putOf("a");
        proxy.serverToClient().awaitHeld(1, SOON);
        long revision = all(witness, "d").get(0).modRevision();
        end.of(proxy);
        assertThat(outcome(unanswered)).isEqualTo(Outcome.UNKNOWN);
        proxy.heal();
        awaitWorking();
        // If the put had been sent again, it would have another revision.
        assertThat(all(witness, "d").get(0).modRevision()).isEqualTo(revision);
    }

    @ParameterizedTest
    @EnumSource
    void aCommitWhoseRequestIsLostIsUnknownAndNeverApplied(End end) throws Exception {
        proxy.clientToServer().hold();
        CompletionStage<CommitResult> unanswered = putOf("a");
        proxy.clientToServer().awaitHeld(1, SOON);
        end.of(proxy);
        assertThat(outcome(unanswered)).isEqualTo(Outcome.UNKNOWN);
        proxy.heal();
        awaitWorking();
        assertThat(names(witness, "d")).isEmpty();
    }

    @Test
    void aCommitDeliveredAfterItsTimeoutWasUnknown() throws Exception {
        proxy.clientToServer().hold();
        CompletionStage<CommitResult> late = putOf("a");
        proxy.clientToServer().awaitHeld(1, SOON);
        assertThat(outcome(late)).isEqualTo(Outcome.UNKNOWN);
        proxy.heal();
        awaitWorking();
        // Its connection was closed with it; the bytes in the proxy were delivered or lost, which is unknown.
        assertThat(names(witness, "d")).isSubsetOf("a");
    }

    /** The server is silent, and there is no other: a second connection turns out to lead to the same process. */
    @Test
    void aSlowServerIsWaitedForAndNothingIsUnknown() throws Exception {
        Backend patient =
                open(config().at(List.of(proxy.endpoint())).within(Duration.ofSeconds(5), Duration.ofMinutes(1)));
        put(patient, "d", "before", "1");
        long accepted = proxy.accepted();
        proxy.serverToClient().hold();
        CompletionStage<CommitResult> slow =
                patient.commit(Commit.to("d").put("slow", Bytes.EMPTY).build());
        CompletionStage<?> read = patient.read(new Query.All("d"));
        proxy.awaitAccepted(accepted + 1, SOON);
        proxy.heal();
        assertThat(join(slow)).isInstanceOf(Committed.class);
        join(read);
        put(patient, "d", "after", "1");
    }

    @Test
    void anUnsentCommitFailsAtOnceAsNotApplied() throws Exception {
        proxy.refuse();
        proxy.resetAll();
        proxy.awaitNoConnection(SOON);
        String nobody =
                "no connection to Redis at 127.0.0.1:" + proxy.endpoint().getPort();
        // Until the client has noticed the break: requests sent in that moment fail with the broken connection.
        while (!failure(backend.read(new Query.All("d"))).toString().contains(nobody)) {
            Thread.onSpinWait();
        }
        BackendException failure = (BackendException) failure(putOf("a"));
        assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(failure.permanent()).isFalse();
        assertThat(failure).hasMessageContaining(nobody);
        proxy.heal();
        awaitWorking();
        assertThat(names(witness, "d")).isEmpty();
    }

    @Test
    void readsGrantsAndWatchesAreNeverUnknownAndEndByTheTimeout() {
        proxy.serverToClient().hold();
        long begun = System.nanoTime();
        assertThat(outcome(backend.read(new Query.All("d")))).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(outcome(backend.grantLease(TTL))).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(outcome(backend.watch(new Target("d", Optional.empty()), new Notices())))
                .isEqualTo(Outcome.NOT_APPLIED);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isLessThan(TIMEOUT.multipliedBy(3).plusSeconds(2));
    }

    @Test
    void aSilentConnectionIsReplaced() throws Exception {
        proxy.clientToServer().swallow();
        proxy.serverToClient().swallow();
        assertThat(outcome(putOf("a"))).isEqualTo(Outcome.UNKNOWN);
        proxy.heal();
        awaitWorking();
    }

    @Test
    void aServerThatAcceptsConnectionsAndNeverAnswersIsLeft() throws Exception {
        proxy.acceptSilently();
        proxy.resetAll();
        failure(backend.read(new Query.All("d")));
        proxy.heal();
        awaitWorking();
    }

    @Test
    void aLeaseOutlivesTheLossOfTheConnectionAndOfARenewal() throws Exception {
        Lease lease = grant(backend, TTL);
        put(backend, "d", "a", lease);
        proxy.serverToClient().hold();
        CompletionStage<Boolean> lost = lease.renew();
        proxy.serverToClient().awaitHeld(1, SOON);
        proxy.resetAll();
        failure(lost);
        proxy.heal();
        awaitWorking();
        assertThat(join(lease.renew())).isTrue();
        put(backend, "d", "a", lease);
    }

    @Test
    void aBrokenConnectionHidesNoChange() throws Exception {
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        for (int i = 0; i < 20; i++) {
            End end = i % 2 == 0 ? End.RESET : End.ORDERLY;
            end.of(proxy);
            String name = "n" + i;
            put(witness, "d", name, "1");
            notices.await(name, SOON);
            notices.forget();
        }
    }

    @Test
    void aWatchThatWasCutOffIsResetAndThenGetsEveryChange() throws Exception {
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.empty()), notices);
        proxy.refuse();
        proxy.resetAll();
        put(witness, "d", "meanwhile", "1");
        proxy.heal();
        notices.awaitReset(SOON);
        notices.forget();
        put(witness, "d", "later", "1");
        notices.await("later", SOON);
    }

    /** The server closes the connection, with what it had not sent yet. */
    @Test
    void aWatcherThatReadsTooSlowlyIsDisconnectedAndGetsAReset() throws Exception {
        RedisCommands<String, String> redis = redis();
        redis.configSet("client-output-buffer-limit", "pubsub 64kb 0 0");
        Backend slow = open(config().at(List.of(proxy.endpoint())));
        Notices notices = new Notices();
        watch(slow, new Target("d", Optional.empty()), notices);
        assertThat(subscribers(redis)).isEqualTo(1);
        proxy.serverToClient().hold();
        Commit.Builder large = Commit.to("d");
        for (int i = 0; i < Limits.OPERATIONS; i++) {
            large.put("%0250d".formatted(i), Bytes.EMPTY);
        }
        do {
            for (int i = 0; i < 20; i++) {
                committed(witness, large);
            }
        } while (subscribers(redis) > 0);
        proxy.heal();
        notices.awaitReset(SOON);
        notices.forget();
        put(witness, "d", "later", "1");
        notices.await("later", SOON);
    }

    private static long subscribers(RedisCommands<String, String> redis) {
        return redis.clientList()
                .lines()
                .filter(client -> client.contains(" ssub=") && !client.contains(" ssub=0 "))
                .count();
    }

    @Test
    void manyCommitsInFlightWhenTheConnectionBreaksEachReportTheTruth() throws Exception {
        for (int round = 0; round < 5; round++) {
            String directory = "round" + round;
            List<CompletionStage<CommitResult>> puts = IntStream.range(0, 300)
                    .mapToObj(i -> backend.commit(
                            Commit.to(directory).put("n" + i, Bytes.EMPTY).build()))
                    .toList();
            proxy.resetAll();
            awaitWorking();
            List<String> there = names(witness, directory);
            for (int i = 0; i < puts.size(); i++) {
                boolean done = there.contains("n" + i);
                String reported = join(puts.get(i)
                        .handle((result, thrown) -> thrown == null
                                ? result.getClass().getSimpleName()
                                : ((BackendException) Errors.unwrap(thrown))
                                        .outcome()
                                        .name()));
                assertThat(reported).isIn(done ? List.of("Committed", "UNKNOWN") : List.of("UNKNOWN", "NOT_APPLIED"));
            }
        }
    }

    private CompletionStage<CommitResult> putOf(String name) {
        return backend.commit(Commit.to("d").put(name, Bytes.EMPTY).build());
    }

    private static Outcome outcome(CompletionStage<?> stage) {
        return ((BackendException) failure(stage)).outcome();
    }

    /** Within the recovery that is declared the same object works again. */
    private void awaitWorking() {
        awaitWorking(backend, backend.guarantees().recovery());
    }
}
