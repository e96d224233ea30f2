package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.LossCause;
import io.sereno.SerenoObserver;
import io.sereno.SessionState;
import io.sereno.recipes.connect.LogCapture;
import io.sereno.recipes.kernel.Observers;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events are reported to the observer, and failures to the log too. */
@Timeout(30)
class ObserverTest {
    private final Clients clients = new Clients();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final LogCapture log = new LogCapture("io.sereno");

    private final SerenoObserver observer = new SerenoObserver() {
        @Override
        public void session(SessionState state, String sessionId) {
            events.add("session " + state);
        }

        @Override
        public void granted(String recipe, String name, long fencingToken, Duration waited) {
            events.add("granted " + recipe + " " + name + " after " + waited.toSeconds() + " s");
        }

        @Override
        public void lost(String recipe, String name, long fencingToken, LossCause cause) {
            events.add("lost " + recipe + " " + name + ": " + cause);
        }

        @Override
        public void failed(String recipe, String name, String operation, Throwable cause) {
            events.add("failed " + operation + " of " + recipe + " " + name);
        }
    };

    @AfterEach
    void close() {
        log.close();
        clients.close();
    }

    @Test
    void theLifeOfAGrantAndOfItsSessionIsReported() throws Exception {
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("one", line, observer);
        Grant held = client.mutex("x").acquire();
        expect("session CONNECTED");
        expect("granted mutex x after 0 s");
        client.election("e").start().awaitLeadership();
        expect("granted election e after 0 s");

        line.cutOff(Duration.ofSeconds(1));
        clients.time.advance(Clients.TTL);

        assertThat(held.isHeld()).isFalse();
        expect("failed renew of session one");
        expect("session SUSPENDED");
        expect("session EXPIRED");
        assertThat(events.poll(10, TimeUnit.SECONDS)).startsWith("lost ").endsWith("SESSION_EXPIRED");
        assertThat(events.poll(10, TimeUnit.SECONDS)).startsWith("lost ").endsWith("SESSION_EXPIRED");
    }

    @Test
    void anExceptionOfACallbackGoesToTheObserverAndToTheLog() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), observer);
        LeaderElection election = client.election("e")
                .onElectedLeader((leadership, topology) -> {
                    throw new IllegalStateException("of the leader's callback");
                })
                .onPeerJoined((peer, topology) -> {
                    throw new IllegalStateException("of the peers' callback");
                })
                .start();
        election.awaitLeadership();
        expectLogged("onElectedLeader of election 'e' on memory", "of the leader's callback");
        expect("session CONNECTED");
        expect("granted election e after 0 s");
        expect("failed onElectedLeader of election e");

        clients.connect("two").election("e").start();
        expectLogged("onPeerJoined of election 'e' on memory", "of the peers' callback");
        expect("failed onPeerJoined of election e");

        client.onSessionState(state -> {
            throw new IllegalStateException("of the session's callback");
        });
        clients.removeAll("session");
        clients.time.advance(Duration.ofMillis(1));
        expectLogged("onSessionState of session 'one' on memory", "of the session's callback");
    }

    @Test
    void anObserverThatThrowsStillGetsTheNextEvent() throws Exception {
        SerenoClient client = clients.connect("one", clients.line(), new SerenoObserver() {
            @Override
            public void session(SessionState state, String sessionId) {
                throw new IllegalStateException("of the observer");
            }

            @Override
            public void granted(String recipe, String name, long fencingToken, Duration waited) {
                events.add("granted");
            }
        });
        expectLogged("the observer failed in session", "of the observer");
        client.mutex("x").acquire();
        expect("granted");
    }

    @Test
    void anObserverThatIsFarBehindMissesEventsAndTheLogSaysSo() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        SerenoObserver slow = new Observers(
                new SerenoObserver() {
                    @Override
                    public void granted(String recipe, String name, long fencingToken, Duration waited) {
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        events.add("granted " + fencingToken);
                    }
                },
                clients.callbacks);
        for (int i = 0; i < 10_100; i++) {
            slow.granted("mutex", "x", i, Duration.ZERO);
        }
        expectLogged("is dropped");
        assertThat(log.all()).noneMatch(line -> line.getMessage().contains("is dropped"));
        go.countDown();
        for (int i = 0; i < 10_000; i++) {
            expect("granted " + i);
        }
        expectLogged("it missed 100 events");
    }

    private void expect(String event) throws InterruptedException {
        assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(event);
    }

    private void expectLogged(String message, String cause) throws InterruptedException {
        LogRecord logged = expectLogged(message);
        while (!cause.equals(logged.getThrown().getMessage())) {
            logged = expectLogged(message);
        }
    }

    /** Other lines are logged too, such as those of a client of the test before. */
    private LogRecord expectLogged(String message) throws InterruptedException {
        LogRecord logged = log.next();
        while (!logged.getMessage().contains(message)) {
            logged = log.next();
        }
        return logged;
    }
}
