package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** OUT, WAT and LEA when the network breaks: one client uses a proxy, another one observes. */
@Tag("servers")
@Timeout(180)
@TestInstance(Lifecycle.PER_CLASS)
class FaultTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private ZooKeeperServer server;
    private Client onlooker;
    private FaultProxy proxy;
    private Client client;
    private String d;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
        onlooker = Client.connect(server.endpoints(), "faults");
    }

    @AfterAll
    void stop() {
        onlooker.close();
        server.close();
    }

    @BeforeEach
    void connect(TestInfo test) {
        d = test.getDisplayName();
        proxy = FaultProxy.to(server.endpoints().get(0));
        client =
                new Client(Client.Config.of(List.of(proxy.endpoint()), "faults").withTimeouts(SOON, TIMEOUT));
    }

    @AfterEach
    void disconnect() {
        client.close();
        proxy.close();
    }

    @Test
    void aLostReplyLeavesAnUnknownOutcomeAndOneWrite() throws InterruptedException {
        proxy.serverToClient().hold();
        CompletionStage<CommitResult> commit =
                client.backend().commit(Commit.to(d).put("a", Bytes.utf8("1")).build());
        Notes notes = new Notes();
        onlooker.watch(new Target(d, Optional.empty()), notes);
        awaitEntry(notes, "a");
        Entry done = onlooker.entry(d, "a").orElseThrow();
        proxy.resetAll();
        assertOutcome(commit, Outcome.UNKNOWN);
        proxy.heal();
        awaitContact();
        assertThat(client.entry(d, "a")).contains(done);
    }

    @Test
    void aLostRequestLeavesAnUnknownOutcomeAndNoWrite() throws Exception {
        proxy.clientToServer().hold();
        CompletionStage<CommitResult> commit =
                client.backend().commit(Commit.to(d).put("a", Bytes.utf8("1")).build());
        proxy.clientToServer().awaitHeld(100, SOON);
        proxy.resetAll();
        assertOutcome(commit, Outcome.UNKNOWN);
        proxy.heal();
        awaitContact();
        assertThat(client.names(d)).isEmpty();
    }

    @Test
    void aRequestMayBeCarriedOutAfterItsCallHasEnded() throws Exception {
        Notes notes = new Notes();
        onlooker.watch(new Target(d, Optional.empty()), notes);
        proxy.clientToServer().hold();
        CompletionStage<CommitResult> commit =
                client.backend().commit(Commit.to(d).put("a", Bytes.utf8("1")).build());
        assertOutcome(commit, Outcome.UNKNOWN);
        assertThat(onlooker.names(d)).isEmpty();
        proxy.heal();
        notes.await("a");
        assertThat(onlooker.names(d)).containsExactly("a");
    }

    @Test
    void anUnsentRequestIsNotUnknown() {
        proxy.refuse();
        proxy.resetAll();
        BackendException failure;
        int sent = 0;
        do {
            // The first may have been sent before the client has noticed.
            failure = failureOf(client.backend()
                    .commit(Commit.to(d).put("a" + sent++, Bytes.EMPTY).build()));
        } while (failure.outcome() == Outcome.UNKNOWN && sent < 5);
        assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(failure.permanent()).isFalse();
        proxy.heal();
        awaitContact();
        assertThat(client.names(d)).doesNotContain("a" + (sent - 1));
    }

    @Test
    void everyCallEndsInTimeAgainstASilentServerAndWorksAgainAfterwards() {
        Lease lease = client.lease(Duration.ofSeconds(50));
        proxy.clientToServer().swallow();
        proxy.serverToClient().swallow();
        long begun = System.nanoTime();
        List<CompletionStage<?>> calls = List.of(
                client.backend().read(new Query.All(d)),
                client.backend().commit(Commit.to(d).put("a", Bytes.EMPTY).build()),
                client.backend()
                        .commit(Commit.to(d).put("b", Bytes.EMPTY, lease.id()).build()),
                client.backend().grantLease(Duration.ofSeconds(5)),
                client.backend().watch(new Target(d, Optional.empty()), new Notes()),
                lease.renew());
        List<Outcome> outcomes =
                calls.stream().map(call -> failureOf(call).outcome()).toList();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(TIMEOUT, TIMEOUT.multipliedBy(3));
        assertThat(outcomes)
                .containsExactly(
                        Outcome.NOT_APPLIED,
                        Outcome.UNKNOWN,
                        Outcome.UNKNOWN,
                        Outcome.NOT_APPLIED,
                        Outcome.NOT_APPLIED,
                        Outcome.NOT_APPLIED);
        proxy.heal();
        awaitContact();
        client.put(d, "c", "1");
        assertThat(onlooker.names(d)).contains("c");
    }

    /** Without a reset after the watch is live again, changes in between would be lost for ever. */
    @Test
    void afterABreakThereIsAResetAndWhatIsChangedAfterItIsAnnounced() throws InterruptedException {
        Notes notes = new Notes();
        Notes afterReset = new Notes();
        AtomicInteger resets = new AtomicInteger();
        client.watch(new Target(d, Optional.empty()), notes);
        client.watch(new Target(d, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                afterReset.changed(name, revision);
            }

            @Override
            public void reset() {
                // At the same moment, by another client.
                onlooker.put(d, "after-" + resets.incrementAndGet(), "");
                afterReset.reset();
            }
        });
        for (int round = 1; round <= 5; round++) {
            proxy.refuse();
            proxy.resetAll();
            onlooker.put(d, "missed-" + round, "");
            proxy.heal();
            int last = round;
            notes.await(
                    received -> received.stream().filter(Notes.RESET::equals).count() >= last);
            afterReset.await(received -> received.contains("after-" + Math.max(last, resets.get())));
        }
        assertThat(onlooker.names(d)).contains("missed-1", "missed-5", "after-5");
    }

    @Test
    void aMainSessionThatExpiredIsReplacedAndWatchesGoOnAfterAReset() throws InterruptedException {
        Notes notes = new Notes();
        client.watch(new Target(d, Optional.empty()), notes);
        client.watch(new Target(d, Optional.of("a")), notes);
        Handle before = client.itself().mainHandle();
        server.expireSession(before.getSessionId(), before.getSessionPasswd());
        notes.await(received -> received.stream().filter(Notes.RESET::equals).count() >= 2);
        assertThat(client.itself().mainHandle()).isNotSameAs(before);
        notes.forget();
        onlooker.put(d, "a", "1");
        notes.await(received -> received.stream().filter("a"::equals).count() >= 2);
        client.put(d, "a", "2");
        assertThat(onlooker.entry(d, "a").orElseThrow().value().toUtf8()).isEqualTo("2");
    }

    @Test
    void aLeaseSurvivesABreakThatIsShorterThanItself() {
        Lease lease = client.lease(Duration.ofSeconds(20));
        client.put(d, "a", lease);
        proxy.resetAll();
        awaitRenewal(lease);
        client.put(d, "b", lease);
        assertThat(onlooker.names(d)).containsExactly("a", "b");
        Client.await(lease.revoke());
    }

    @Test
    void aLeaseThatIsCutOffEndsByTheServersClockAndStaysDead() throws InterruptedException {
        Lease lease = client.lease(Duration.ofSeconds(2));
        Notes notes = new Notes();
        onlooker.watch(new Target(d, Optional.of("a")), notes);
        client.put(d, "a", lease);
        notes.await("a");
        notes.forget();
        long cut = System.nanoTime();
        proxy.clientToServer().swallow();
        proxy.serverToClient().swallow();
        notes.await("a");
        assertThat(Duration.ofNanos(System.nanoTime() - cut))
                .isLessThan(Duration.ofSeconds(2).plus(SOON));
        proxy.heal();
        awaitContact();
        assertThat(Client.await(lease.renew())).isFalse();
        assertThat(client.commit(Commit.to(d).put("a", Bytes.EMPTY, lease.id())))
                .isEqualTo(new CommitResult.LeaseDead());
        assertThat(onlooker.names(d)).isEmpty();
    }

    /** The request to end the session is lost with its connection; another one follows. */
    @Test
    void aRevocationOutlivesItsConnection() throws Exception {
        Lease lease = client.lease(Duration.ofSeconds(50));
        client.put(d, "a", lease);
        proxy.clientToServer().hold();
        CompletionStage<Void> revoked = lease.revoke();
        proxy.clientToServer().awaitHeld(10, SOON);
        proxy.resetAll();
        proxy.heal();
        // Its call may end before; the revocation may be requested again.
        try {
            Client.await(revoked);
        } catch (BackendException tooLate) {
            Client.await(lease.revoke());
        }
        assertThat(onlooker.names(d)).isEmpty();
    }

    @Test
    void whileTheConnectionFlapsNothingIsDoneTwiceAndNothingIsLost() throws InterruptedException {
        onlooker.put(d, "n", "0");
        Notes notes = new Notes();
        client.watch(new Target(d, Optional.of("n")), notes);
        int certain = 0;
        int unknown = 0;
        for (int i = 0; i < 60; i++) {
            if (i % 6 == 5) {
                proxy.resetAll();
            }
            try {
                Entry now = client.entry(d, "n").orElseThrow();
                int next = Integer.parseInt(now.value().toUtf8()) + 1;
                CommitResult result = client.commit(
                        Commit.to(d).ifModRevision("n", now.modRevision()).put("n", Bytes.utf8("" + next)));
                certain += result instanceof Committed ? 1 : 0;
            } catch (BackendException failure) {
                unknown += failure.outcome() == Outcome.UNKNOWN ? 1 : 0;
            }
        }
        int value =
                Integer.parseInt(onlooker.entry(d, "n").orElseThrow().value().toUtf8());
        assertThat(value).isBetween(certain, certain + unknown);
        assertThat(certain).isPositive();
        onlooker.put(d, "n", "end");
        notes.await(received -> !received.isEmpty());
        awaitContact();
        assertThat(client.entry(d, "n").orElseThrow().value().toUtf8()).isEqualTo("end");
    }

    @Test
    void openingFailsInTimeWithoutAnAnswer() throws Exception {
        proxy.acceptSilently();
        assertOpeningFails(proxy.endpoint());
        assertOpeningFails(InetSocketAddress.createUnresolved("127.0.0.1", freePort()));
        proxy.heal();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void assertOpeningFails(InetSocketAddress address) {
        Client.Config config =
                Client.Config.of(List.of(address), "faults").withTimeouts(Duration.ofSeconds(2), TIMEOUT);
        long begun = System.nanoTime();
        assertThatThrownBy(() -> new Client(config))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining(address.getHostString() + ":" + address.getPort())
                .hasMessageContaining("2000 ms");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    }

    private void awaitContact() {
        await(() -> client.names(d + "/contact"));
    }

    private static void awaitRenewal(Lease lease) {
        await(() -> assertThat(Client.await(lease.renew())).isTrue());
    }

    /** Each attempt ends by the operation timeout. */
    private static void await(Runnable attempt) {
        long end = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                attempt.run();
                return;
            } catch (BackendException notYet) {
                if (System.nanoTime() - end > 0) {
                    throw notYet;
                }
            }
        }
    }

    private void awaitEntry(Notes notes, String name) throws InterruptedException {
        if (onlooker.entry(d, name).isEmpty()) {
            notes.await(name);
        }
    }

    private static void assertOutcome(CompletionStage<?> call, Outcome outcome) {
        assertThat(failureOf(call).outcome()).isEqualTo(outcome);
    }

    private static BackendException failureOf(CompletionStage<?> call) {
        try {
            Object result = Client.await(call);
            throw new AssertionError("it did not fail: " + result);
        } catch (BackendException failure) {
            return failure;
        }
    }
}
