package io.sereno.spring.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
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
}
