package io.sereno.spring.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.SerenoClosedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.integration.leader.AbstractCandidate;
import org.springframework.integration.leader.Context;
import org.springframework.integration.leader.event.AbstractLeaderEvent;
import org.springframework.integration.leader.event.OnGrantedEvent;
import org.springframework.integration.leader.event.OnRevokedEvent;
import org.springframework.integration.support.leader.LockRegistryLeaderInitiator;

class SerenoLeaderInitiatorTest {
    @RegisterExtension
    final VirtualProcesses processes = new VirtualProcesses();

    private final Recorder ada = new Recorder();
    private final Recorder ben = new Recorder();
    private final SerenoLeaderInitiator adas = new SerenoLeaderInitiator(processes.ada, ada);
    private final SerenoLeaderInitiator bens = new SerenoLeaderInitiator(processes.ben, ben);

    SerenoLeaderInitiatorTest() {
        adas.setApplicationEventPublisher(ada::event);
        bens.setApplicationEventPublisher(ben::event);
    }

    @AfterEach
    void stop() throws Exception {
        processes.healAda();
        processes.await(processes.begin(() -> {
            adas.stop();
            bens.stop();
            return true;
        }));
    }

    /** What a candidate and its listeners are told, in order. */
    private static class Recorder extends AbstractCandidate {
        private final BlockingQueue<String> news = new LinkedBlockingQueue<>();

        Recorder() {
            super("id", "role");
        }

        @Override
        public void onGranted(Context context) throws InterruptedException {
            news.add("granted");
        }

        @Override
        public void onRevoked(Context context) {
            news.add("revoked");
        }

        void event(Object event) {
            assertThat(((AbstractLeaderEvent) event).getRole()).isEqualTo("role");
            news.add(event instanceof OnGrantedEvent ? "OnGranted" : "OnRevoked");
        }
    }

    private void hears(Recorder candidate, String... expected) throws Exception {
        for (String next : expected) {
            CompletableFuture<String> heard = processes.begin(candidate.news::take);
            assertThat(processes.await(heard)).isEqualTo(next);
        }
    }

    @Test
    void aCandidateLeadsFromTheGrantToTheStop() throws Exception {
        assertThat(adas.getContext().isLeader()).isFalse();
        adas.start();
        assertThat(adas.isRunning()).isTrue();
        hears(ada, "granted", "OnGranted");
        assertThat(adas.getContext().isLeader()).isTrue();
        assertThat(adas.leadership().orElseThrow().isHeld()).isTrue();

        adas.stop();
        hears(ada, "revoked", "OnRevoked");
        assertThat(adas.getContext().isLeader()).isFalse();
        assertThat(adas.leadership()).isEmpty();
        assertThat(adas.isRunning()).isFalse();

        adas.start();
        hears(ada, "granted", "OnGranted");
    }

    @Test
    void theNextCandidateLeadsWhenTheFirstStops() throws Exception {
        adas.start();
        hears(ada, "granted", "OnGranted");
        bens.start();
        assertThat(bens.getContext().isLeader()).isFalse();
        adas.stop();
        hears(ben, "granted", "OnGranted");
        assertThat(ben.news).isEmpty();
        assertThat(bens.getContext().isLeader()).isTrue();
        assertThat(ada.news).containsExactly("revoked", "OnRevoked");
    }

    @Test
    void aCandidateThatYieldsIsToldFirstAndStandsAgain() throws Exception {
        adas.start();
        hears(ada, "granted", "OnGranted");
        bens.start();
        adas.getContext().yield();
        hears(ada, "revoked", "OnRevoked");
        hears(ben, "granted", "OnGranted");
        bens.stop();
        hears(ada, "granted", "OnGranted");
    }

    @Test
    void aCandidateThatIsCutOffIsRevokedByItsOwnClock() throws Exception {
        adas.start();
        hears(ada, "granted", "OnGranted");
        bens.start();
        processes.cutAdaOff();
        hears(ada, "revoked", "OnRevoked");
        assertThat(adas.getContext().isLeader()).isFalse();
        hears(ben, "granted", "OnGranted");
    }

    @Test
    void aCandidateWhoseEntryIsRemovedIsRevoked() throws Exception {
        adas.start();
        hears(ada, "granted", "OnGranted");
        bens.start();
        processes.endTheSessionOfAda();
        hears(ben, "granted", "OnGranted");
        hears(ada, "revoked", "OnRevoked");
    }

    @Test
    void aWorkerIsInterruptedAndRevokedAfterwards() throws Exception {
        Recorder worker = new Recorder() {
            @Override
            public void onGranted(Context context) throws InterruptedException {
                super.onGranted(context);
                try {
                    Thread.currentThread().join();
                } finally {
                    super.news.add("interrupted");
                }
            }
        };
        SerenoLeaderInitiator works = new SerenoLeaderInitiator(processes.ada, worker);
        works.setApplicationEventPublisher(worker::event);
        works.start();
        hears(worker, "granted");
        works.stop();
        assertThat(worker.news).containsExactly("interrupted", "revoked");
    }

    @Test
    void aCandidateThatThrowsHandsOver() throws Exception {
        Recorder throwing = new Recorder() {
            @Override
            public void onGranted(Context context) throws InterruptedException {
                super.onGranted(context);
                throw new IllegalStateException("intended");
            }
        };
        SerenoLeaderInitiator throwsUp = new SerenoLeaderInitiator(processes.ada, throwing);
        throwsUp.setApplicationEventPublisher(throwing::event);
        throwsUp.start();
        hears(throwing, "granted");
        bens.start();
        hears(throwing, "revoked");
        hears(ben, "granted", "OnGranted");
        throwsUp.stop();
    }

    @Test
    void aListenerThatThrowsEndsNoLeadership() throws Exception {
        adas.setApplicationEventPublisher(event -> {
            ada.event(event);
            throw new IllegalStateException("intended");
        });
        adas.start();
        hears(ada, "granted", "OnGranted");
        assertThat(adas.getContext().isLeader()).isTrue();
    }

    @Test
    void theApplicationContextStartsAndStopsIt() throws Exception {
        try (AnnotationConfigApplicationContext application = new AnnotationConfigApplicationContext()) {
            application.registerBean(SerenoLeaderInitiator.class, () -> adas);
            application.addApplicationListener(event -> {
                if (event instanceof OnGrantedEvent || event instanceof OnRevokedEvent) {
                    ada.event(event);
                } else if (event instanceof ContextClosedEvent) {
                    ada.news.add("closing");
                }
            });
            application.refresh();
            hears(ada, "granted", "OnGranted");
        }
        assertThat(List.copyOf(ada.news)).containsExactly("closing", "revoked", "OnRevoked");
    }

    @Test
    void springsOwnInitiatorWorksOverTheRegistry() throws Exception {
        LockRegistryLeaderInitiator springs =
                new LockRegistryLeaderInitiator(new SerenoLockRegistry(processes.ada), ada);
        springs.setApplicationEventPublisher(ada::event);
        springs.start();
        hears(ada, "granted", "OnGranted");
        processes.cutAdaOff();
        hears(ada, "revoked", "OnRevoked");
        springs.stop();
    }

    /** A candidate whose first {@code onGranted} does something else. */
    private static class First extends Recorder {
        interface Action {
            void run(Context context) throws InterruptedException;
        }

        private final AtomicBoolean done = new AtomicBoolean();
        private final Action action;

        First(Action action) {
            this.action = action;
        }

        @Override
        public void onGranted(Context context) throws InterruptedException {
            super.onGranted(context);
            if (done.compareAndSet(false, true)) {
                action.run(context);
            }
        }
    }

    private SerenoLeaderInitiator initiator(Recorder candidate) {
        SerenoLeaderInitiator made = new SerenoLeaderInitiator(processes.ada, candidate);
        made.setApplicationEventPublisher(candidate::event);
        return made;
    }

    private void stops(SerenoLeaderInitiator initiator) throws Exception {
        processes.await(processes.begin(() -> {
            initiator.stop();
            return true;
        }));
    }

    @Test
    void aStopDoesNotWaitForAListenerThatWaitsForTheStop() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        adas.setApplicationEventPublisher(event -> {
            ada.event(event);
            if (event instanceof OnRevokedEvent) {
                try {
                    stopped.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        adas.start();
        hears(ada, "granted", "OnGranted");
        CompletableFuture<Boolean> yielded = processes.begin(() -> {
            adas.getContext().yield();
            return true;
        });
        hears(ada, "revoked", "OnRevoked");
        try {
            stops(adas);
        } finally {
            stopped.countDown();
        }
        processes.await(yielded);
        assertThat(adas.isRunning()).isFalse();
    }

    @Test
    void aListenerThatIsBusyDuringTheStopIsToldAfterwards() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        adas.setApplicationEventPublisher(event -> {
            ada.event(event);
            while (event instanceof OnGrantedEvent && stopped.getCount() > 0) {
                try {
                    stopped.await();
                } catch (InterruptedException ignored) {
                    // Busy.
                }
            }
        });
        adas.start();
        hears(ada, "granted", "OnGranted");
        try {
            stops(adas);
        } finally {
            stopped.countDown();
        }
        hears(ada, "revoked", "OnRevoked");
    }

    @Test
    void aCandidateThatYieldsInOnGrantedIsRevokedAndPublishesNothing() throws Exception {
        First yields = new First(Context::yield);
        SerenoLeaderInitiator initiator = initiator(yields);
        initiator.start();
        hears(yields, "granted", "revoked", "granted", "OnGranted");
        stops(initiator);
    }

    @Test
    void aCandidateThatYieldsWhileTheStoreIsAwayIsRevoked() throws Exception {
        First yields = new First(context -> {
            processes.cutAdaOff();
            context.yield();
        });
        SerenoLeaderInitiator initiator = initiator(yields);
        initiator.start();
        hears(yields, "granted", "revoked");
        assertThat(initiator.getContext().isLeader()).isFalse();
        processes.healAda();
        stops(initiator);
    }

    @Test
    void anErrorAndAnInterruptOfItsOwnHandOver() throws Exception {
        List<First.Action> failures = List.of(
                context -> {
                    throw new NoClassDefFoundError("intended");
                },
                context -> {
                    throw new InterruptedException("intended");
                });
        for (First.Action failure : failures) {
            First fails = new First(failure);
            SerenoLeaderInitiator initiator = initiator(fails);
            initiator.start();
            hears(fails, "granted", "revoked", "granted", "OnGranted");
            stops(initiator);
        }
    }

    @Test
    void aCandidateThatAlwaysThrowsPausesBeforeItStandsAgain() throws Exception {
        BlockingQueue<Long> grants = new LinkedBlockingQueue<>();
        Recorder throwing = new Recorder() {
            @Override
            public void onGranted(Context context) {
                grants.add(processes.nanoTime());
                throw new IllegalStateException("intended");
            }
        };
        SerenoLeaderInitiator initiator = initiator(throwing);
        initiator.start();
        long first = processes.await(processes.begin(grants::take));
        long second = processes.await(processes.begin(grants::take));
        assertThat(Duration.ofNanos(second - first)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        stops(initiator);
    }

    @Test
    void aStopEndsThePauseOfACandidateThatThrew() throws Exception {
        CompletableFuture<Void> granted = new CompletableFuture<>();
        Recorder throwing = new Recorder() {
            @Override
            public void onGranted(Context context) {
                granted.complete(null);
                throw new IllegalStateException("intended");
            }
        };
        SerenoLeaderInitiator initiator = initiator(throwing);
        initiator.start();
        processes.await(granted);
        hears(throwing, "revoked");
        // No time passes meanwhile.
        assertThat(processes.begin(() -> {
                    initiator.stop();
                    return true;
                }))
                .succeedsWithin(Duration.ofSeconds(30));
    }

    @Test
    void aCallbackOfAFormerStartDoesNothingToTheNext() throws Exception {
        CountDownLatch again = new CountDownLatch(1);
        Recorder late = new First(context -> {
            while (again.getCount() > 0) {
                try {
                    again.await();
                } catch (InterruptedException ignored) {
                    // As a candidate that does not end when it is told to.
                }
            }
            throw new IllegalStateException("late");
        });
        SerenoLeaderInitiator initiator = initiator(late);
        initiator.start();
        hears(late, "granted");
        stops(initiator);
        hears(late, "revoked");
        initiator.start();
        hears(late, "granted", "OnGranted");
        long token = initiator.leadership().orElseThrow().fencingToken();

        CompletableFuture<Object> logged = new CompletableFuture<>();
        Handler handler = new LateFailure(logged);
        Logger logger = Logger.getLogger("io.sereno");
        logger.addHandler(handler);
        try {
            again.countDown();
            processes.await(logged);
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(late.news).isEmpty();
        assertThat(initiator.leadership().orElseThrow().fencingToken()).isEqualTo(token);
        stops(initiator);
    }

    /** Completes when the failure of the late callback is logged. */
    private static final class LateFailure extends Handler {
        private final CompletableFuture<Object> logged;

        LateFailure(CompletableFuture<Object> logged) {
            this.logged = logged;
        }

        @Override
        public void publish(LogRecord event) {
            Throwable thrown = event.getThrown();
            if (thrown != null && "late".equals(thrown.getMessage())) {
                logged.complete(event);
            }
        }

        @Override
        public void flush() {
            // Nothing is kept back.
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    @Test
    void aStartThatFailsLeavesItStopped() throws Exception {
        Recorder closing = new Recorder() {
            @Override
            public String getId() {
                processes.ada.close();
                return super.getId();
            }
        };
        SerenoLeaderInitiator initiator = initiator(closing);
        assertThatThrownBy(initiator::start).isInstanceOf(SerenoClosedException.class);
        assertThat(initiator.isRunning()).isFalse();
    }

    @Test
    void aCandidateIsToldBeforeTheNextOneLeads() throws Exception {
        CountDownLatch toldOnce = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Recorder first = new Recorder() {
            @Override
            public void onRevoked(Context context) {
                toldOnce.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                super.onRevoked(context);
            }
        };
        SerenoLeaderInitiator initiator = initiator(first);
        initiator.start();
        hears(first, "granted", "OnGranted");
        bens.start();
        CompletableFuture<Boolean> stop = processes.begin(() -> {
            initiator.stop();
            return true;
        });
        processes.await(processes.begin(() -> {
            toldOnce.await();
            return true;
        }));
        assertThat(initiator.leadership()).as("not handed over yet").isPresent();
        assertThat(ben.news).isEmpty();
        goOn.countDown();
        processes.await(stop);
        hears(ben, "granted", "OnGranted");
    }
}
