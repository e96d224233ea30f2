package io.sereno.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** A run with an error fails; its speed is not tested. */
class LoadTest {
    @Test
    void aTokenThatDoesNotRiseIsNoticed() {
        Section section = new Section();
        section.pass(7);

        assertThatThrownBy(() -> section.pass(7)).hasMessage("token 7 came after 7");
    }

    @Test
    void aCycleThatDoesNotPassIsNoticed() {
        Load idle = new Load(1, section -> {});

        assertThatThrownBy(() -> idle.window(Duration.ofMillis(1))).hasMessageEndingWith("but 0 were counted inside");
    }

    @Test
    void anExceptionInACycleEndsTheRun() {
        Load falling = new Load(1, section -> {
            section.pass(1);
            section.pass(0);
        });

        assertThatThrownBy(() -> falling.window(Duration.ofMillis(1))).hasRootCauseMessage("token 0 came after 1");
    }

    @Test
    void everyCycleOfEveryThreadCounts() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        Load load = new Load(4, section -> {
            lock.lock();
            try {
                section.pass(section.lastToken() + 1);
            } finally {
                lock.unlock();
            }
        });

        assertThat(load.window(Duration.ofMillis(5))).isPositive();
        assertThat(load.window(Duration.ofMillis(5))).isPositive();
    }
}
