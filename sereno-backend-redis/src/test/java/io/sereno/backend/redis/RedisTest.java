package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.testservers.TestServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** The common part of tests over a real server: a namespace of its own, clients that are closed, and the SPI without stages. */
@Tag("servers")
@Timeout(120)
abstract class RedisTest {
    static final Duration TTL = Duration.ofSeconds(30);
    static final Duration MOMENT = Duration.ofMillis(300);

    final RealTime time = new RealTime();
    final ExecutorService callbacks = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-callbacks");
        thread.setDaemon(true);
        return thread;
    });
    final String namespace = "test-" + UUID.randomUUID();
    private final List<AutoCloseable> opened = new ArrayList<>();

    abstract TestServer server();

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        callbacks.shutdown();
        time.close();
    }

    Opened config() {
        return Opened.at(server().endpoints(), namespace, time, callbacks);
    }

    Backend open() {
        return open(config());
    }

    Backend open(Opened config) {
        return closing(config.open());
    }

    /** Closes the resource after the test, the last one first: a server outlives its clients, whose close otherwise waits for it. */
    <T extends AutoCloseable> T closing(T resource) {
        opened.add(resource);
        return resource;
    }

    /** A client of the server's own protocol, to inspect the stored keys. */
    RedisCommands<String, String> redis(InetSocketAddress endpoint) {
        RedisClient client = RedisClient.create(RedisURI.create(endpoint.getHostString(), endpoint.getPort()));
        opened.add(() -> client.shutdown(0, 2, TimeUnit.SECONDS));
        StatefulRedisConnection<String, String> connection = client.connect();
        return connection.sync();
    }

    RedisCommands<String, String> redis() {
        return redis(server().endpoints().get(0));
    }

    static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    }

    static Throwable failure(CompletionStage<?> stage) {
        Throwable failure = stage.handle((result, thrown) -> thrown)
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
        assertThat(failure).as("the failure of a call").isNotNull();
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    static List<Entry> all(Backend backend, String directory) {
        return join(backend.read(new Query.All(directory))).entries();
    }

    static List<String> names(Backend backend, String directory) {
        return all(backend, directory).stream().map(Entry::name).toList();
    }

    static CommitResult commit(Backend backend, Commit.Builder commit) {
        return join(backend.commit(commit.build()));
    }

    static long committed(Backend backend, Commit.Builder commit) {
        CommitResult result = commit(backend, commit);
        assertThat(result).isInstanceOf(Committed.class);
        return ((Committed) result).revision();
    }

    static long put(Backend backend, String directory, String name, String value) {
        return committed(backend, Commit.to(directory).put(name, Bytes.utf8(value)));
    }

    static long put(Backend backend, String directory, String name, Lease lease) {
        return committed(backend, Commit.to(directory).put(name, Bytes.EMPTY, lease.id()));
    }

    static Lease grant(Backend backend, Duration ttl) {
        return join(backend.grantLease(ttl));
    }

    /**
     * Puts an entry under a lease that ends soon. If the machine stood still for so long that the lease had ended
     * before the put, uses another lease.
     */
    static Moment putForAMoment(Backend backend, String directory, String name) {
        CommitResult result;
        Lease lease;
        do {
            lease = grant(backend, MOMENT);
            result = commit(backend, Commit.to(directory).put(name, Bytes.EMPTY, lease.id()));
        } while (result instanceof CommitResult.LeaseDead);
        assertThat(result).isInstanceOf(Committed.class);
        return new Moment(lease, ((Committed) result).revision());
    }

    /**
     * An entry that ends soon.
     *
     * @param revision of the put
     */
    record Moment(Lease lease, long revision) {}

    static Watch watch(Backend backend, Target target, WatchListener listener) {
        return join(backend.watch(target, listener));
    }

    /** Returns when a read has succeeded. */
    static void awaitWorking(Backend backend, Duration patience) {
        long begun = System.nanoTime();
        Throwable failed = new IllegalStateException("not tried");
        while (failed != null) {
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .as("the time without a read, which failed: " + failed)
                    .isLessThan(patience);
            failed = join(backend.read(new Query.All("d")).handle((found, thrown) -> thrown));
        }
    }

    static Snapshot snapshot(CommitResult result) {
        return (result instanceof Committed committed
                        ? committed.snapshot()
                        : ((CommitResult.Conflict) result).snapshot())
                .orElseThrow();
    }
}
