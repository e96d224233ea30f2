package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimerTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTime time = new ManualTime();
    private final Strand strand = new Strand();
    private final Timer timer = new Timer();
    private final List<String> run = new ArrayList<>();

    @Test
    void aTaskRunsOnceAfterItsDelay() {
        timer.set(time, SECOND, strand, () -> run.add("task"));
        assertThat(timer.isSet()).isTrue();
        assertThat(run).isEmpty();
        time.advance(SECOND.multipliedBy(3));
        assertThat(run).containsExactly("task");
        assertThat(timer.isSet()).isFalse();
    }

    @Test
    void aLaterTaskReplacesAnEarlierOne() {
        timer.set(time, SECOND, strand, () -> run.add("earlier"));
        timer.set(time, SECOND, strand, () -> run.add("later"));
        time.advance(SECOND);
        assertThat(run).containsExactly("later");
    }

    @Test
    void aCancelledTaskDoesNotRun() {
        timer.set(time, SECOND, strand, () -> run.add("task"));
        timer.cancel();
        assertThat(timer.isSet()).isFalse();
        time.advance(SECOND);
        assertThat(run).isEmpty();
        assertThat(time.untilNext()).isEmpty();
    }

    /** A task that is due, and waits behind another on the strand, has not begun. */
    @Test
    void aDueTaskIsCancelledUntilTheStrandRunsIt() {
        timer.set(time, SECOND, strand, () -> run.add("task"));
        strand.execute(() -> {
            time.advance(SECOND);
            timer.cancel();
        });
        assertThat(run).isEmpty();
    }

    @Test
    void aTaskMaySetTheTimerAgain() {
        timer.set(time, SECOND, strand, () -> {
            run.add("first");
            assertThat(timer.isSet()).isFalse();
            timer.set(time, SECOND, strand, () -> run.add("second"));
        });
        time.advance(SECOND);
        assertThat(timer.isSet()).isTrue();
        time.advance(SECOND);
        assertThat(run).containsExactly("first", "second");
    }
}
