package io.sereno.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.SessionState;
import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

@SerenoTest
class LeaderMethodsTest {
    interface Body {
        void run() throws InterruptedException;
    }

    static class Reports {
        @LeaderOnly("${reports.election:reports}")
        public Optional<Long> write() {
            return Optional.of(Fencing.token());
        }

        @LeaderOnly("reports")
        public String writeAll(Body body) throws InterruptedException {
            body.run();
            return "written";
        }
    }

    static class Leader {
        final List<Leadership> leaderships = new CopyOnWriteArrayList<>();
        final Semaphore ends = new Semaphore(0);

        @OnElected("reports")
        @Locked(key = "'leader'")
        public void lead(Leadership leadership) {
            Locks.assertHeld("leader");
            assertThat(Tenure.of(Tenure.Recipe.ELECTION, "reports")).isPresent();
            leaderships.add(leadership);
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                ends.release();
            }
        }
    }

    @SuppressWarnings("NullAway.Init")
    private AnnotationConfigApplicationContext adas;

    @SuppressWarnings("NullAway.Init")
    private AnnotationConfigApplicationContext bens;

    private void start(TestNode ada, TestNode ben, SerenoClock clock, Class<?>... components) throws Exception {
        adas = Contexts.start(ada.sereno(), components);
        LeaderElection observer = ben.sereno().election("reports");
        clock.until(() -> observer.topology().leader().isPresent());
        clock.run(observer::close);
        bens = Contexts.start(ben.sereno(), components);
    }

    private static Reports reports(AnnotationConfigApplicationContext context) {
        return context.getBean(Reports.class);
    }

    @Test
    void aMethodRunsOnlyWhileItsProcessLeads(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        start(ada, ben, clock, Reports.class);
        clock.until(() -> reports(adas).write().isPresent());
        long first = reports(adas).write().orElseThrow();
        assertThat(reports(bens).write()).isEmpty();
        assertThat(reports(bens).writeAll(() -> {})).isNull();
        assertThat(reports(adas).writeAll(() -> {})).isEqualTo("written");
        ada.cutOff();
        clock.until(() -> reports(adas).write().isEmpty());
        clock.until(() -> reports(bens).write().isPresent());
        assertThat(reports(bens).write().orElseThrow()).isGreaterThan(first);
        ada.heal();
        close(clock);
    }

    private void close(SerenoClock clock) throws Exception {
        clock.run(adas::close);
        clock.run(bens::close);
    }

    @Test
    void aLossInterruptsAMethodThatRuns(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        start(ada, ben, clock, Reports.class);
        clock.until(() -> reports(adas).write().isPresent());
        CountDownLatch entered = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        CompletableFuture<String> call = clock.begin(() -> reports(adas).writeAll(() -> {
            entered.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
        }));
        entered.await();
        ada.cutOff();
        assertThat(clock.await(call)).isEqualTo("written");
        assertThat(interrupted).isCompletedWithValue(true);
        ada.heal();
        close(clock);
    }

    @Test
    void noMethodBeginsWhileOneOfAnEarlierLeadershipRuns(TestNode ada, TestNode ben, SerenoClock clock)
            throws Exception {
        adas = Contexts.start(ada.sereno(), Reports.class);
        clock.until(() -> reports(adas).write().isPresent());
        long first = reports(adas).write().orElseThrow();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CompletableFuture<String> deaf = clock.begin(() -> reports(adas).writeAll(() -> {
            entered.countDown();
            while (mayEnd.getCount() > 0) {
                try {
                    mayEnd.await();
                } catch (InterruptedException ignoredOnPurpose) {
                    // It works on as if nothing had happened.
                }
            }
        }));
        entered.await();
        ada.cutOff();
        clock.until(() -> ada.sereno().sessionState() == SessionState.EXPIRED);
        ada.heal();
        LeaderElection observer = ben.sereno().election("reports");
        clock.until(() -> observer.topology()
                .leader()
                .filter(peer -> peer.nodeId().equals(ada.sereno().nodeId()))
                .isPresent());
        clock.advance(Duration.ofSeconds(5));
        assertThat(reports(adas).write()).isEmpty();
        mayEnd.countDown();
        clock.await(deaf);
        assertThat(reports(adas).write().orElseThrow()).isGreaterThan(first);
        clock.run(observer::close);
        clock.run(adas::close);
    }

    @Test
    void theStopWaitsForARunningMethodBeforeItHandsOver(TestNode ada, TestNode ben, SerenoClock clock)
            throws Exception {
        start(ada, ben, clock, Reports.class);
        clock.until(() -> reports(adas).write().isPresent());
        Grant bensMutex = clock.await(() -> ben.sereno().mutex("bens").acquire());
        CountDownLatch entered = new CountDownLatch(1);
        CompletableFuture<Optional<Long>> bensAtTheEnd = new CompletableFuture<>();
        CompletableFuture<String> call = clock.begin(() -> reports(adas).writeAll(() -> {
            entered.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                // It needs 2 s to end.
                assertThat(ada.sereno().mutex("bens").tryAcquire(Duration.ofSeconds(2)))
                        .isEmpty();
                bensAtTheEnd.complete(reports(bens).write());
            }
        }));
        entered.await();
        clock.run(adas::close);
        assertThat(clock.await(call)).isEqualTo("written");
        assertThat(bensAtTheEnd).isCompletedWithValue(Optional.empty());
        clock.run(bensMutex::close);
        clock.until(() -> reports(bens).write().isPresent());
        clock.run(bens::close);
    }

    @Test
    void anElectedMethodIsCalledForEachLeadershipAndThroughItsProxy(TestNode ada, TestNode ben, SerenoClock clock)
            throws Exception {
        start(ada, ben, clock, Leader.class);
        Leader adasLeader = adas.getBean(Leader.class);
        Leader bensLeader = bens.getBean(Leader.class);
        clock.until(() -> leaderships(adasLeader).size() == 1);
        ada.cutOff();
        clock.until(() -> leaderships(bensLeader).size() == 1);
        assertThat(leaderships(adasLeader).get(0).isHeld()).isFalse();
        ada.heal();
        clock.run(bens::close);
        clock.until(() -> leaderships(adasLeader).size() == 2);
        assertThat(leaderships(adasLeader).get(1).isHeld()).isTrue();
        clock.run(adas::close);
        assertThat(ends(adasLeader)).isEqualTo(2);
        assertThat(ends(bensLeader)).isEqualTo(1);
    }

    private static List<Leadership> leaderships(Leader proxy) {
        return target(proxy).leaderships;
    }

    private static int ends(Leader proxy) {
        return target(proxy).ends.availablePermits();
    }

    private static Leader target(Leader proxy) {
        return (Leader) AopProxyUtils.getSingletonTarget(proxy);
    }

    @Test
    void aContextThatStartsAgainStandsAgain(TestNode ada, SerenoClock clock) throws Exception {
        adas = Contexts.start(ada.sereno(), Reports.class);
        clock.until(() -> reports(adas).write().isPresent());
        clock.run(adas::stop);
        assertThat(reports(adas).write()).isEmpty();
        adas.start();
        clock.until(() -> reports(adas).write().isPresent());
        clock.run(adas::close);
    }
}
