package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults between a client and its store, in virtual time. */
@Timeout(60)
class FaultsTest {
    private final VirtualStore store = new VirtualStore();
    private final FaultyBackend line = store.newLine();
    private final Sereno ada = store.connect(line);
    private final Sereno ben = store.connect(store.newLine());

    @AfterEach
    void close() throws Exception {
        store.close();
    }

    @Test
    void anotherNodeLeadsWhenTheLeaderIsCutOff() throws Exception {
        LeaderElection adas = ada.election("reports").start();
        Leadership first = store.await(store.begin(adas::awaitLeadership));
        LeaderElection bens = ben.election("reports").start();

        line.cutOff(Duration.ofSeconds(1));

        assertThat(store.await(first.lost())).isEqualTo(LossCause.SESSION_EXPIRED);
        Leadership second = store.await(store.begin(bens::awaitLeadership));
        assertThat(second.fencingToken()).isGreaterThan(first.fencingToken());
    }

    @Test
    void aProcessThatWasPausedWritesTooLate() throws Exception {
        Archive archive = new Archive();
        Grant adas = store.await(ada.mutex("report").acquireAsync());

        line.pause();
        Grant bens = store.await(ben.mutex("report").acquireAsync());
        archive.write("ben's page", bens.fencingToken());
        line.resume();

        assertThat(adas.isHeld()).isFalse();
        assertThatThrownBy(() -> archive.write("ada's page", adas.fencingToken()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aChangeWhoseAnswerIsLostCountsOnce() throws Exception {
        line.next(Request.commitsTo("counter/visits"), Fate.loseReply());

        assertThat(store.await(ada.counter("visits").addAsync(1))).isEqualTo(1);
        assertThat(line.toString()).contains("0 rules"); // the fault has struck
        assertThat(store.await(store.begin(ben.counter("visits")::get))).isEqualTo(1);
    }

    @Test
    void aChangeIsUnknownIfNothingIsAnsweredAfterwards() throws Exception {
        store.await(store.begin(() -> ada.counter("visits").setIfAbsent(0)));
        Runnable repair = line.each(Request.any(), Fate.loseReply());

        assertThatThrownBy(() -> store.await(ada.counter("visits").addAsync(1)))
                .hasCauseInstanceOf(OutcomeUnknownException.class);

        repair.run();
        assertThat(store.await(store.begin(ben.counter("visits")::get))).isEqualTo(1);
    }
}
