package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import org.junit.jupiter.api.Test;

@SerenoTest
class SessionHealthTest {
    @Test
    void itFollowsTheSession(TestNode ada, SerenoClock clock) throws Exception {
        Sereno sereno = ada.sereno();
        assertThat(SessionHealth.of(sereno).status()).isEqualTo("UP");
        assertThat(SessionHealth.of(sereno).details())
                .containsEntry("session", SessionState.CONNECTED)
                .containsEntry("node", sereno.nodeId())
                .containsKey("backend");
        ada.cutOff();
        clock.until(() -> sereno.sessionState() == SessionState.SUSPENDED);
        assertThat(SessionHealth.of(sereno).status()).isEqualTo("UNKNOWN");
        clock.until(() -> sereno.sessionState() == SessionState.EXPIRED);
        assertThat(SessionHealth.of(sereno).status()).isEqualTo("DOWN");
        ada.heal();
        clock.until(() -> sereno.sessionState() == SessionState.CONNECTED);
        assertThat(SessionHealth.of(sereno).status()).isEqualTo("UP");
        clock.run(sereno::close);
        assertThat(SessionHealth.of(sereno).status()).isEqualTo("DOWN");
    }
}
