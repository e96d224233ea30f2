package io.sereno.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.LeaderElection;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.SpringVersion;

@SerenoTest
class SerenoLifecycleTest {
    private final SerenoLifecycle lifecycle = new SerenoLifecycle();

    @Test
    void theTestsRunWithTheVersionOfSpringThatTheBuildNames() {
        assertThat(SpringVersion.getVersion()).startsWith(System.getProperty("sereno.spring"));
    }

    @Test
    void electionsAreClosedBeforeBeansOfLowerPhasesStopAndTheClientStaysOpen(TestNode ada, SerenoClock clock)
            throws Exception {
        Sereno sereno = lifecycle.observe(ada.sereno());
        LeaderElection first = sereno.election("reports").start();
        LeaderElection second = sereno.withNamespace("eu").election("reports").start();
        clock.await(() -> first.awaitLeadership());
        clock.await(() -> second.awaitLeadership());
        AtomicBoolean wereClosed = new AtomicBoolean();
        GenericApplicationContext context = new GenericApplicationContext();
        context.registerBean("sereno", SerenoLifecycle.class, () -> lifecycle);
        context.registerBean(
                "web",
                SmartLifecycle.class,
                () -> new Web(() -> wereClosed.set(first.state() == LeaderElection.State.CLOSED
                        && second.state() == LeaderElection.State.CLOSED)));
        context.refresh();
        clock.run(context::close);
        assertThat(wereClosed).isTrue();
        assertThat(clock.await(() -> sereno.counter("visits").incrementAndGet()))
                .isEqualTo(1);
    }

    /** In the highest phase below. */
    private static final class Web implements SmartLifecycle {
        private final Runnable onStop;
        private boolean running;

        Web(Runnable onStop) {
            this.onStop = onStop;
        }

        @Override
        public int getPhase() {
            return Integer.MAX_VALUE - 2;
        }

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            onStop.run();
            running = false;
        }

        @Override
        public boolean isRunning() {
            return running;
        }
    }

    @Test
    void anElectionThatTheApplicationClosedIsForgotten(TestNode ada, SerenoClock clock) throws Exception {
        Sereno sereno = lifecycle.observe(ada.sereno());
        LeaderElection closed = sereno.election("reports");
        clock.run(closed::close);
        LeaderElection open = sereno.election("reports").start();
        clock.run(lifecycle::stop);
        assertThat(open.state()).isEqualTo(LeaderElection.State.CLOSED);
    }

    @Test
    void theObservedClientIsTheClient(TestNode ada, SerenoClock clock) throws Exception {
        Sereno sereno = lifecycle.observe(ada.sereno());
        assertThat(Set.of(sereno)).contains(sereno).doesNotContain(ada.sereno());
        assertThat(sereno).hasToString(ada.sereno().toString());
        clock.run(sereno::close);
        assertThatThrownBy(() -> ada.sereno().counter("visits").get()).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> sereno.mutex("")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pausedContextsOfSpring7KeepTheirElections() {
        assertThat(lifecycle.isPauseable()).isFalse();
    }
}
