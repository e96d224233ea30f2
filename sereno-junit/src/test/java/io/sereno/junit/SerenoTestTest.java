package io.sereno.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@SerenoTest
class SerenoTestTest {
    private Sereno first;

    @BeforeEach
    void connect(TestNode ada) {
        first = ada.sereno();
    }

    @Test
    void theFirstNodeOfEveryMethodIsTheSame(TestNode ada, TestNode ben, Sereno sereno) {
        assertThat(ada.sereno()).isSameAs(first).isSameAs(sereno).isNotSameAs(ben.sereno());
        assertThat(ada).hasToString("node-1");
        assertThat(ben).hasToString("node-2");
    }

    @Test
    void nodesExcludeEachOther(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        Grant grant = clock.await(() -> ada.sereno().mutex("m").acquire());
        CompletableFuture<Grant> next =
                clock.begin(() -> ben.sereno().mutex("m").acquire());
        clock.advance(Duration.ofMinutes(1));
        assertThat(grant.isHeld()).isTrue();
        assertThat(next).isNotDone();
        clock.run(grant::release);
        clock.run(clock.await(next)::release);
    }

    @Test
    void aNodeThatIsCutOffStopsByItself(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        Grant grant = clock.await(() -> ada.sereno().mutex("m").acquire());
        ada.cutOff();
        assertThat(clock.await(grant.lost())).isEqualTo(LossCause.SESSION_EXPIRED);
        assertThat(grant.isHeld()).isFalse();
        assertThat(clock.elapsed()).isLessThanOrEqualTo(Duration.ofSeconds(10));
        clock.run(clock.await(() -> ben.sereno().mutex("m").acquire())::release);
        ada.heal();
        clock.run(clock.await(() -> ada.sereno().mutex("m").acquire())::release);
    }

    @Test
    void aNodeThatWasPausedWritesTooLate(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        Grant adas = clock.await(() -> ada.sereno().mutex("m").acquire());
        ada.pause();
        Grant bens = clock.await(() -> ben.sereno().mutex("m").acquire());
        assertThat(bens.fencingToken()).isGreaterThan(adas.fencingToken());
        ada.resume();
        assertThat(adas.isHeld()).isFalse();
        clock.await(adas.lost());
        clock.run(bens::release);
    }

    @Test
    void anotherNodeLeadsWhenTheLeaderIsKilled(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        LeaderElection adas = ada.sereno().election("e").start();
        Leadership before = clock.await(adas::awaitLeadership);
        LeaderElection bens = ben.sereno().election("e").start();
        ada.kill();
        Leadership after = clock.await(bens::awaitLeadership);
        assertThat(after.fencingToken()).isGreaterThan(before.fencingToken());
        clock.run(bens::close);
    }

    /** As a leader's callback may: the time passes although this thread never waits. */
    @Test
    void aThreadThatWorksInALoopDoesNotStopTheTime(TestNode ada, SerenoClock clock) throws Exception {
        Grant grant = clock.await(() -> ada.sereno().mutex("m").acquire());
        CompletableFuture<Boolean> worker = clock.begin(() -> {
            while (grant.isHeld()) {
                Thread.onSpinWait();
            }
            return true;
        });
        ada.cutOff();
        assertThat(clock.await(worker)).isTrue();
    }

    @Test
    void singleAnswersCanBeLost(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        ada.line().next(Request.commitsTo("counter/visits"), Fate.loseReply());
        assertThat(clock.await(ada.sereno().counter("visits").addAsync(1))).isEqualTo(1);
        assertThat(clock.await(() -> ben.sereno().counter("visits").get())).isEqualTo(1);
    }

    @Test
    void aNodeThatIsDisturbedCountsOnce(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        Runnable end = ada.disturb(0.3);
        for (int i = 0; i < 20; i++) {
            Grant grant = clock.await(() -> ada.sereno().mutex("m").acquire());
            clock.run(grant::close);
        }
        end.run();
        clock.run(clock.await(() -> ben.sereno().mutex("m").acquire())::release);
    }

    /** A rule after those of the disturbance sees the requests that they let pass. */
    @Test
    void theShareOfADisturbanceIsThatOfAllItsKinds(TestNode ada) {
        TestNode node = new TestNode("ada", ada.sereno(), ada.line(), new Leaks(), new Random(1));
        Runnable end = node.disturb(0.3);
        AtomicInteger passed = new AtomicInteger();
        Runnable stopCounting = ada.line()
                .each(
                        request -> {
                            passed.incrementAndGet();
                            return false;
                        },
                        Fate.pass());
        for (int i = 0; i < 10_000; i++) {
            CompletionStage<?> unused = ada.line().read(new Query.All("counter"));
        }
        assertThat(passed.get()).isBetween(6850, 7150);
        end.run();
        stopCounting.run();
    }

    /** The release needs a timer: it ends when the store has not answered for long enough. */
    @Test
    void aNodeThatIsCutOffReleasesWithoutAnAnswer(TestNode ada, SerenoClock clock) throws Exception {
        Grant grant = clock.await(() -> ada.sereno().mutex("m").acquire());
        ada.cutOff();
        clock.run(() -> {
            try {
                grant.release();
            } catch (GrantLostException | NotAppliedException | OutcomeUnknownException allowed) {
                assertThat(grant.isHeld()).isFalse();
            }
        });
        assertThat(clock.elapsed()).isPositive();
    }

    @Test
    void sharesAndTimesAreChecked(TestNode ada, SerenoClock clock, Random random) {
        assertThat(random).isNotNull();
        assertThatThrownBy(() -> ada.disturb(1.1)).hasMessage("share is 1.1; 0 to 1 is accepted");
        assertThatThrownBy(() -> clock.advance(Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void minutesPassInATest(TestNode ada, SerenoClock clock) throws Exception {
        AtomicBoolean later = new AtomicBoolean();
        Grant grant = clock.await(() -> ada.sereno().mutex("m").acquire());
        clock.advance(Duration.ofMinutes(5));
        later.set(true);
        clock.until(later::get);
        assertThat(grant.isHeld()).isTrue();
        assertThat(clock.elapsed()).isGreaterThanOrEqualTo(Duration.ofMinutes(5));
        clock.run(grant::release);
    }

    @Nested
    class Inside {
        @SuppressWarnings("NullAway.Init")
        private Grant held;

        @Test
        void theClassAroundNamesTheSettings(TestNode ada, SerenoClock clock) throws Exception {
            held = clock.await(() -> ada.sereno().mutex("m").acquire());
        }

        /** Leaks are looked for after this. */
        @AfterEach
        void release(SerenoClock clock) throws Exception {
            clock.run(held::release);
        }
    }
}
