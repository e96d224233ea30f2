package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.zookeeper.KeeperException.Code;
import org.junit.jupiter.api.Test;

class NamespaceRefusalTest {
    /** Timers that fire when the test says so. */
    private final List<Runnable> timers = new ArrayList<>();

    private final TimeSource time = new TimeSource() {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Instant wall() {
            return Instant.EPOCH;
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            timers.add(task);
            return () -> timers.remove(task);
        }
    };

    /** The servers had no quorum for a while, which does not show whether the nodes can be created now. */
    @Test
    void anAttemptThatHadNoAnswerInTimeMakesNoLaterCallFailForGood() {
        Client.Config config = Client.Config.of(
                        List.of(InetSocketAddress.createUnresolved("nowhere.invalid", 2181)), "n")
                .with(time, Runnable::run);
        Options options = Options.of(config);
        Connection connection = new Connection(config, options);
        Watches watches = new Watches(connection, new ForeignNodes(), () -> {}, ended -> {});
        Namespace namespace = new Namespace(
                connection,
                watches,
                new Attempt.Place(connection.paths(), Acl.of(config, options), new RememberedEntries(), true));
        assertRetried(namespace.failure("a read", Code.NONODE));
        assertThat(timers).hasSize(1);
        timers.remove(0).run();
        assertRetried(namespace.failure("a read", Code.NONODE));
        assertThat(timers).as("they are being created again").hasSize(1);
    }

    private static void assertRetried(BackendException failure) {
        assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(failure.permanent()).isFalse();
        assertThat(failure).hasMessageContaining("are being created again");
    }
}
