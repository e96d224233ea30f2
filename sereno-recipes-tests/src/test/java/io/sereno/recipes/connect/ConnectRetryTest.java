package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.recipes.connect.Probe.ProbeBackend;
import io.sereno.recipes.connect.Probe.ProbeProvider;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code connectRetry(...)}, in virtual time. */
@Timeout(60)
class ConnectRetryTest {
    private static final Sereno CLIENT = (Sereno) Proxy.newProxyInstance(
            Sereno.class.getClassLoader(), new Class<?>[] {Sereno.class}, (proxy, method, arguments) -> {
                throw new AssertionError("no recipe is expected");
            });

    private final ManualTime time = new ManualTime();
    private final ClassLoader contextLoader = Thread.currentThread().getContextClassLoader();
    /** When each attempt began. */
    private final List<Duration> attempts = new ArrayList<>();

    private Duration eachTakes = Duration.ZERO;
    private Duration storeStartsAt = Duration.ofDays(1);

    @BeforeEach
    void aStoreThatIsNotThereYet(@TempDir Path directory) throws IOException {
        Probe.reset();
        Thread.currentThread().setContextClassLoader(ServicePath.of(directory, ProbeProvider.class));
        Probe.opening = config -> {
            attempts.add(time.elapsed());
            if (time.elapsed().compareTo(storeStartsAt) >= 0) {
                return new ProbeBackend(Set.of());
            }
            time.advance(eachTakes);
            throw new BackendException(Outcome.NOT_APPLIED, false, "connection refused", null);
        };
    }

    @AfterEach
    void restore() {
        Thread.currentThread().setContextClassLoader(contextLoader);
    }

    private Sereno.Builder builder() {
        return new SerenoBuilder((settings, backend, closes) -> CLIENT, Map.of("HOSTNAME", "h"))
                .uri("probe:")
                .timeSource(time);
    }

    /** Moves the time to the end of each pause until the call has ended. */
    private Sereno connect(Sereno.Builder builder) {
        CompletableFuture<Sereno> end = new CompletableFuture<>();
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Thread caller = new Thread(() -> {
            try {
                end.complete(builder.connect());
            } catch (RuntimeException e) {
                end.completeExceptionally(e);
            }
        });
        caller.setContextClassLoader(loader);
        caller.start();
        while (!end.isDone()) {
            time.untilNext().ifPresent(time::advance);
            Thread.onSpinWait();
        }
        try {
            return end.join();
        } catch (CompletionException e) {
            throw (RuntimeException) e.getCause();
        }
    }

    @Test
    void withoutItThereIsOneAttempt() {
        assertThatThrownBy(builder()::connect)
                .isInstanceOf(NotAppliedException.class)
                .hasMessageStartingWith("no connection to probe://localhost:7000: connection refused");
        assertThat(attempts).hasSize(1);
    }

    @Test
    void anApplicationThatStartsBeforeItsStoreConnectsWhenTheStoreIsThere() {
        storeStartsAt = Duration.ofSeconds(40);

        assertThat(connect(builder().connectRetry(Duration.ofMinutes(1)))).isSameAs(CLIENT);

        assertThat(attempts.get(attempts.size() - 1)).isBetween(storeStartsAt, storeStartsAt.plusSeconds(2));
        assertPauses(Duration.ZERO);
    }

    @Test
    void theUriSetsTheRetriesToo() {
        storeStartsAt = Duration.ofSeconds(40);

        assertThat(connect(builder().uri("probe:?connect-retry=1m"))).isSameAs(CLIENT);
    }

    @Test
    void eachAttemptHasItsTimeAndNoneBeginsAfterTheTimeOfTheRetries() {
        eachTakes = Duration.ofSeconds(5);

        assertThatThrownBy(() -> connect(builder().connectRetry(Duration.ofSeconds(12))))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageStartingWith(
                        "3 attempts to connect failed within PT12S; connectRetry(...) sets this time. The"
                                + " last: no connection to probe://localhost:7000: connection refused")
                .hasCauseInstanceOf(NotAppliedException.class);
        assertThat(attempts).hasSize(3).allMatch(begun -> begun.compareTo(Duration.ofSeconds(12)) <= 0);
        assertPauses(eachTakes);
    }

    /** Growing, and never more than 2 s. */
    private void assertPauses(Duration each) {
        Duration most = Duration.ofMillis(50);
        for (int i = 1; i < attempts.size(); i++) {
            Duration pause = attempts.get(i).minus(attempts.get(i - 1)).minus(each);
            assertThat(pause).isBetween(Duration.ofNanos(1), most);
            most = most.multipliedBy(2).compareTo(Duration.ofSeconds(2)) < 0
                    ? most.multipliedBy(2)
                    : Duration.ofSeconds(2);
        }
    }

    @Test
    void aFaultOfTheConfigurationIsReportedAtOnce() {
        Probe.opening = config -> {
            attempts.add(time.elapsed());
            boolean first = attempts.size() == 1;
            throw new BackendException(Outcome.NOT_APPLIED, !first, first ? "refused" : "unknown user", null);
        };

        assertThatThrownBy(() -> connect(builder().connectRetry(Duration.ofMinutes(1))))
                .isInstanceOf(SerenoConfigurationException.class)
                .hasMessageContaining("unknown user");
        assertThat(attempts).hasSize(2);
    }

    @Test
    void anInterruptEndsThePause() throws InterruptedException {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        AtomicBoolean flag = new AtomicBoolean();
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Thread caller = new Thread(() -> {
            try {
                builder().connectRetry(Duration.ofMinutes(1)).connect();
                end.complete(new AssertionError("connected"));
            } catch (RuntimeException e) {
                flag.set(Thread.currentThread().isInterrupted());
                end.complete(e);
            }
        });
        caller.setContextClassLoader(loader);
        caller.start();
        while (time.untilNext().isEmpty()) {
            Thread.onSpinWait();
        }
        caller.interrupt();
        caller.join();

        assertThat(end.join())
                .isInstanceOf(NotAppliedException.class)
                .hasMessageStartingWith("interrupted while waiting");
        assertThat(flag).isTrue();
        assertThat(time.untilNext()).as("tasks still scheduled").isEmpty();
    }

    /** A backend that is interrupted sets the flag again and fails. */
    @Test
    void anInterruptDuringAnAttemptEndsTheSeries() {
        Probe.opening = config -> {
            attempts.add(time.elapsed());
            Thread.currentThread().interrupt();
            throw new BackendException(Outcome.NOT_APPLIED, false, "interrupted", null);
        };
        try {
            assertThatThrownBy(builder().connectRetry(Duration.ofMinutes(1))::connect)
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("interrupted");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(attempts).hasSize(1);
    }

    @Test
    void aSeriesOfFailuresIsLoggedOnce() throws InterruptedException {
        storeStartsAt = Duration.ofSeconds(40);
        try (LogCapture log = new LogCapture("io.sereno.session")) {
            connect(builder().uri("probe://ada:secret@h:1").connectRetry(Duration.ofMinutes(1)));

            var line = log.next();
            assertThat(line.getLevel()).isEqualTo(Level.WARNING);
            assertThat(line.getThrown()).isNull();
            assertThat(new java.util.logging.SimpleFormatter().formatMessage(line))
                    .startsWith("retrying for up to PT1M: no connection to probe://h:1: connection refused")
                    .doesNotContain("secret");
            assertThat(log.all()).noneMatch(more -> more.getLevel().equals(Level.WARNING));
        }
    }
}
