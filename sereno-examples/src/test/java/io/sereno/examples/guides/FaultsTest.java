package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.OutcomeUnknownException;
import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults between a client and its store, in virtual time. */
@Timeout(60)
@SerenoTest
class FaultsTest {
    @Test
    void anotherNodeLeadsWhenTheLeaderIsCutOff(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        LeaderElection adas = ada.sereno().election("reports").start();
        Leadership first = clock.await(adas::awaitLeadership);
        LeaderElection bens = ben.sereno().election("reports").start();

        ada.cutOff();

        assertThat(clock.await(first.lost())).isEqualTo(LossCause.SESSION_EXPIRED);
        Leadership second = clock.await(bens::awaitLeadership);
        assertThat(second.fencingToken()).isGreaterThan(first.fencingToken());
        clock.run(bens::close);
    }

    @Test
    void aProcessThatWasPausedWritesTooLate(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        Archive archive = new Archive();
        Grant adas = clock.await(() -> ada.sereno().mutex("report").acquire());

        ada.pause();
        Grant bens = clock.await(() -> ben.sereno().mutex("report").acquire());
        archive.write("ben's page", bens.fencingToken());
        clock.run(bens::release);
        ada.resume();

        assertThat(adas.isHeld()).isFalse();
        assertThatThrownBy(() -> archive.write("ada's page", adas.fencingToken()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aChangeWhoseAnswerIsLostCountsOnce(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        ada.line().next(Request.commitsTo("counter/visits"), Fate.loseReply());

        assertThat(clock.await(ada.sereno().counter("visits").addAsync(1))).isEqualTo(1);
        assertThat(ada.line().toString()).contains("0 rules"); // the fault has struck
        assertThat(clock.await(() -> ben.sereno().counter("visits").get())).isEqualTo(1);
    }

    @Test
    void aChangeIsUnknownIfNothingIsAnsweredAfterwards(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        clock.await(() -> ada.sereno().counter("visits").setIfAbsent(0));
        Runnable repair = ada.line().each(Request.any(), Fate.loseReply());

        assertThatThrownBy(() -> clock.await(ada.sereno().counter("visits").addAsync(1)))
                .hasCauseInstanceOf(OutcomeUnknownException.class);

        repair.run();
        assertThat(clock.await(() -> ben.sereno().counter("visits").get())).isEqualTo(1);
    }
}
