package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Clients;
import io.sereno.recipes.PendingTimers;
import io.sereno.recipes.client.Client;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimedWaitTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    /** Longer than any timer of the client itself. */
    private static final Duration LONG = HOUR.multipliedBy(2);

    private final Clients clients = new Clients();
    private final PendingTimers timers = new PendingTimers(new Interleaved());
    private final Client client = clients.client("node", clients.store.connect(Runnable::run), timers, Runnable::run);
    private final Strand strand = new Strand();
    private final TimedWait<String> wait = new TimedWait<>(client.kernel(), strand);
    private final List<String> ran = new ArrayList<>();
    /** What another thread does after a timer was set, and before its setter goes on. */
    private Runnable meanwhile = () -> {};

    @AfterEach
    void close() {
        client.close();
        clients.close();
    }

    @Test
    void theTaskOfTheLimitEndsTheWait() {
        wait.limit(SECOND, () -> wait.complete("late"));
        assertThat(wait.result()).isNotDone();
        clients.time.advance(SECOND);
        assertThat(wait.result()).isCompletedWithValue("late");
        assertThat(wait.isEnded()).isTrue();
    }

    @Test
    void theFirstResultStaysAndEndsTheLimit() {
        wait.limit(LONG, () -> ran.add("limit"));
        assertThat(timers.longerThan(HOUR)).isEqualTo(1);
        wait.complete("first");
        wait.fail(new IllegalStateException("second"));
        assertThat(wait.result()).isCompletedWithValue("first");
        assertThat(timers.longerThan(HOUR)).isZero();
        clients.time.advance(LONG);
        assertThat(ran).isEmpty();
    }

    @Test
    void aWaitEndsOnceAndStillTakesItsResult() {
        wait.limit(SECOND, () -> ran.add("limit"));
        assertThat(wait.end()).isTrue();
        assertThat(wait.end()).isFalse();
        clients.time.advance(SECOND);
        assertThat(ran).isEmpty();
        assertThat(wait.result()).isNotDone();
        wait.complete("later");
        assertThat(wait.result()).isCompletedWithValue("later");
    }

    @Test
    void aLaterLimitReplacesAnEarlierOne() {
        wait.limit(SECOND, () -> ran.add("first"));
        wait.limit(SECOND.multipliedBy(2), () -> ran.add("second"));
        clients.time.advance(SECOND.multipliedBy(3));
        assertThat(ran).containsExactly("second");
    }

    @Test
    void theTaskOfALimitMaySetAnother() {
        wait.limit(SECOND, () -> wait.limit(SECOND, () -> wait.complete("at the second limit")));
        clients.time.advance(SECOND);
        assertThat(wait.result()).isNotDone();
        clients.time.advance(SECOND);
        assertThat(wait.result()).isCompletedWithValue("at the second limit");
    }

    @Test
    void aWaitThatHasEndedTakesNoLimit() {
        wait.complete("at once");
        wait.limit(LONG, () -> ran.add("limit"));
        assertThat(timers.longerThan(HOUR)).isZero();
    }

    /** The strand ends the wait in the moment in which its caller sets the limit. */
    @Test
    void aLimitThatIsSetWhileTheWaitEndsIsCancelled() {
        meanwhile = () -> wait.complete("meanwhile");
        wait.limit(LONG, () -> ran.add("limit"));
        assertThat(timers.longerThan(HOUR)).isZero();
        clients.time.advance(LONG);
        assertThat(ran).isEmpty();
    }

    @Test
    void anAnswerToACallFromBeforeTheWaitDoesNotCount() {
        assertThat(wait.hasStoreAnswered()).isFalse();
        client.sessions().open();
        clients.time.advance(Clients.TTL);
        assertThat(wait.hasStoreAnswered()).isTrue();
        assertThat(new TimedWait<String>(client.kernel(), strand).hasStoreAnswered())
                .isFalse();
    }

    private final class Interleaved implements TimeSource {
        @Override
        public long nanoTime() {
            return clients.time.nanoTime();
        }

        @Override
        public Instant wall() {
            return clients.time.wall();
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            Runnable cancel = clients.time.schedule(delay, executor, task);
            meanwhile.run();
            return cancel;
        }
    }
}
