package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches whose connection leads to the wrong server, or cannot be used. */
class SubscriberTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    /** Unlike all other times. */
    private static final Duration TIMEOUT = Duration.ofSeconds(17);

    private static final Target DIRECTORY = new Target("d", Optional.empty());

    private final Notices notices = new Notices();
    private RedisServer server;
    private LettuceClient client;

    @BeforeEach
    void start() {
        server = closing(RedisServer.start(Persistence.NONE));
        client = closing(new LettuceClient(config(), null));
    }

    @Override
    RedisServer server() {
        return server;
    }

    /** As with a Sentinel that is cut off from the others, and still names the former primary. */
    @Test
    void aConnectionToAnotherProcessThanThatOfTheCallsIsReplaced() throws Exception {
        RedisServer promoted = closing(RedisServer.start(Persistence.NONE));
        AtomicBoolean stale = new AtomicBoolean(true);
        Subscriber subscriber = subscriber(() -> notices(stale.get() ? server : promoted), time);
        subscriber.moved(join(calls(promoted)));
        join(subscriber.watch(DIRECTORY, notices));
        stale.set(false);
        notices.awaitReset(SOON);
        notices.forget();
        put(open(config().at(promoted.endpoints())), "d", "a", "1");
        notices.await("a", SOON);
    }

    @Test
    void aConnectionThatCannotBeUsedIsReplaced() throws Exception {
        AtomicInteger made = new AtomicInteger();
        Subscriber subscriber = subscriber(() -> made.getAndIncrement() == 0 ? calls(server) : notices(server), time);
        join(subscriber.watch(DIRECTORY, notices));
        put(open(), "d", "a", "1");
        notices.await("a", SOON);
    }

    @Test
    void aTickThatCannotBeSentIsFollowedByAnother() throws Exception {
        AtomicBoolean fails = new AtomicBoolean();
        Subscriber subscriber = subscriber(() -> notices(server), failing(fails));
        join(subscriber.watch(DIRECTORY, notices));
        fails.set(true);
        notices.awaitReset(SOON);
        assertThat(fails).isFalse();
    }

    /** As after a change of the user's password: the watches of this client get no notices, so the log must say why. */
    @Test
    void aRefusedConnectionIsLoggedOnceAndIsTheCauseOfFailedWatches() {
        ManualTime manual = new ManualTime();
        BackendException refused = new BackendException(Outcome.NOT_APPLIED, true, "WRONGPASS on purpose", null);
        List<String> warnings = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord message) {
                if (message.getLevel().equals(Level.WARNING) && message.getThrown() == refused) {
                    warnings.add(message.getMessage());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(Subscriber.class.getName());
        log.addHandler(handler);
        try {
            Subscriber subscriber = new Subscriber(
                    () -> CompletableFuture.failedFuture(refused),
                    Script.of(namespace),
                    manual,
                    TIMEOUT,
                    new Callbacks(Runnable::run));
            CompletionStage<Watch> watch = subscriber.watch(DIRECTORY, notices);
            manual.advance(TIMEOUT);
            assertThat(failure(watch))
                    .hasMessageContaining("was not live within")
                    .hasMessageContaining("WRONGPASS on purpose")
                    .hasCause(refused);
            subscriber.close();
        } finally {
            log.removeHandler(handler);
        }
        assertThat(warnings).containsExactly("watches get no notices: connecting is refused; it is tried again");
    }

    private Subscriber subscriber(Supplier<CompletionStage<Connection>> connector, TimeSource itsTime) {
        Subscriber subscriber =
                new Subscriber(connector, Script.of(namespace), itsTime, TIMEOUT, new Callbacks(callbacks));
        closing(subscriber::close);
        return subscriber;
    }

    private CompletionStage<Connection> notices(RedisServer to) {
        return Connector.forNotices(client, address(to), Script.of(namespace), time)
                .connect(SOON);
    }

    private CompletionStage<Connection> calls(RedisServer to) {
        return Connector.forCalls(client, address(to), Script.of(namespace), time)
                .connect(SOON);
    }

    private Address address(RedisServer to) {
        Opened config = config().at(to.endpoints());
        return Parameters.of(config).address(config);
    }

    /** On request it refuses to schedule the next timeout. */
    private TimeSource failing(AtomicBoolean fails) {
        return new TimeSource() {
            @Override
            public long nanoTime() {
                return time.nanoTime();
            }

            @Override
            public Instant wall() {
                return time.wall();
            }

            @Override
            public Runnable schedule(Duration delay, Executor executor, Runnable task) {
                if (delay.equals(TIMEOUT) && fails.getAndSet(false)) {
                    throw new IllegalStateException("no timer, on purpose");
                }
                return time.schedule(delay, executor, task);
            }
        };
    }
}
