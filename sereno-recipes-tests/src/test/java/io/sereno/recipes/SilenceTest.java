package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.SessionState;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.election.ElectionRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that does not answer, so that a renewal neither fails nor succeeds. */
@Timeout(30)
class SilenceTest {
    private static final Duration FOR_EVER = Duration.ofDays(1);

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void silenceIsReportedHalfATtlAfterTheLastAcknowledgedRenewal() throws InterruptedException {
        FaultyBackend line = clients.line();
        SerenoClient client = clients.connect("a", line);
        Grant held = client.mutex("x").acquire();
        clients.time.advance(Clients.TTL.dividedBy(3));
        assertThat(client.sessionState()).isEqualTo(SessionState.CONNECTED);

        line.each(request -> true, Fate.loseRequest().givenUpAfter(FOR_EVER));
        clients.time.advance(Clients.TTL.dividedBy(2));

        assertThat(client.sessionState()).isEqualTo(SessionState.SUSPENDED);
        assertThat(held.isHeld()).isTrue();
    }

    /** The first attempt hangs, for instance in a server that has lost its leader; the second takes another route. */
    @Test
    void aRenewalThatIsNotAnsweredIsSentAgainWithinTheSameThirdOfTheTtl() {
        FaultyBackend line = clients.line();
        Client client = clients.client("a", line, clients.time, Runnable::run);
        LeaderElection election = new ElectionRecipe(client, "e", "election/e").start();
        AtomicInteger renewals = new AtomicInteger();
        line.each(
                request -> {
                    boolean renewal = request instanceof Request.RenewLease;
                    return renewal && renewals.incrementAndGet() == 1;
                },
                Fate.loseRequest().givenUpAfter(FOR_EVER));

        clients.time.advance(Clients.TTL.multipliedBy(2).dividedBy(3).minusMillis(1));

        assertThat(renewals).hasValue(2);
        assertThat(election.state()).isEqualTo(LeaderElection.State.LEADER);
    }
}
