package io.sereno.backend.zookeeper;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A backend for tests, with blocking calls. */
final class Client implements AutoCloseable {
    private final RealTime time;
    private final ExecutorService callbacks;
    private final Backend backend;

    Client(Config config) {
        this(config, true);
    }

    /** Without guards only to show what they are for. */
    Client(Config config, boolean guarded) {
        this.time = new RealTime();
        this.callbacks = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "test-callbacks");
            thread.setDaemon(true);
            return thread;
        });
        try {
            Config complete = config.with(time, callbacks);
            this.backend = guarded
                    ? new ZooKeeperBackendProvider().open(complete)
                    : new ZooKeeperBackend(complete, Options.of(complete), false);
        } catch (RuntimeException | Error e) {
            time.close();
            callbacks.shutdownNow();
            throw e;
        }
    }

    static Client connect(List<InetSocketAddress> endpoints, String namespace) {
        return new Client(Config.of(endpoints, namespace));
    }

    Backend backend() {
        return backend;
    }

    RealTime time() {
        return time;
    }

    ZooKeeperBackend itself() {
        return (ZooKeeperBackend) backend;
    }

    CommitResult commit(Commit.Builder commit) {
        return await(backend.commit(commit.build()));
    }

    /** The revision of a commit that must succeed. */
    long committed(Commit.Builder commit) {
        CommitResult result = commit(commit);
        if (result instanceof CommitResult.Committed committed) {
            return committed.revision();
        }
        throw new AssertionError("not committed: " + result);
    }

    long put(String directory, String name, String value) {
        return committed(Commit.to(directory).put(name, Bytes.utf8(value)));
    }

    long put(String directory, String name, Lease lease) {
        return committed(Commit.to(directory).put(name, Bytes.EMPTY, lease.id()));
    }

    Snapshot all(String directory) {
        return await(backend.read(new Query.All(directory)));
    }

    List<String> names(String directory) {
        return all(directory).entries().stream().map(Entry::name).toList();
    }

    Optional<Entry> entry(String directory, String name) {
        return await(backend.read(new Query.One(directory, name))).entries().stream()
                .findFirst();
    }

    Lease lease(Duration ttl) {
        return await(backend.grantLease(ttl));
    }

    Watch watch(Target target, WatchListener listener) {
        return await(backend.watch(target, listener));
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof BackendException known ? known : e;
        }
    }

    @Override
    public void close() {
        backend.close();
        time.close();
        callbacks.shutdownNow();
    }

    /** The configuration of a backend. */
    record Config(
            String scheme,
            List<InetSocketAddress> endpoints,
            String namespace,
            Map<String, String> parameters,
            Optional<String> user,
            Optional<char[]> password,
            Optional<Path> trust,
            Optional<Path> certificates,
            Optional<Path> privateKey,
            Duration connectTimeout,
            Duration operationTimeout,
            TimeSource time,
            Executor executor)
            implements BackendConfig {
        private static final TimeSource NONE = new RealTime();

        static Config of(List<InetSocketAddress> endpoints, String namespace) {
            return new Config(
                    "zookeeper",
                    endpoints,
                    namespace,
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10),
                    NONE,
                    Runnable::run);
        }

        Config with(TimeSource ownTime, Executor ownExecutor) {
            return new Config(
                    scheme,
                    endpoints,
                    namespace,
                    parameters,
                    user,
                    password,
                    trust,
                    certificates,
                    privateKey,
                    connectTimeout,
                    operationTimeout,
                    ownTime,
                    ownExecutor);
        }

        Config withParameters(Map<String, String> given) {
            return new Config(
                    scheme,
                    endpoints,
                    namespace,
                    given,
                    user,
                    password,
                    trust,
                    certificates,
                    privateKey,
                    connectTimeout,
                    operationTimeout,
                    time,
                    executor);
        }

        Config withUser(String name, String secret) {
            return new Config(
                    scheme,
                    endpoints,
                    namespace,
                    parameters,
                    Optional.of(name),
                    Optional.of(secret.toCharArray()),
                    trust,
                    certificates,
                    privateKey,
                    connectTimeout,
                    operationTimeout,
                    time,
                    executor);
        }

        Config withTrust(Path file) {
            return new Config(
                    scheme,
                    endpoints,
                    namespace,
                    parameters,
                    user,
                    password,
                    Optional.of(file),
                    certificates,
                    privateKey,
                    connectTimeout,
                    operationTimeout,
                    time,
                    executor);
        }

        Config withScheme(String name) {
            return new Config(
                    name,
                    endpoints,
                    namespace,
                    parameters,
                    user,
                    password,
                    trust,
                    certificates,
                    privateKey,
                    connectTimeout,
                    operationTimeout,
                    time,
                    executor);
        }

        Config withIdentity(Path chain, Path key) {
            return new Config(
                    scheme,
                    endpoints,
                    namespace,
                    parameters,
                    user,
                    password,
                    trust,
                    Optional.of(chain),
                    Optional.of(key),
                    connectTimeout,
                    operationTimeout,
                    time,
                    executor);
        }

        /** A handshake that looks for the reason of a refusal gets a 24th of the first: half a second, for a busy machine. */
        Config withTimeForTheReason() {
            return withTimeouts(Duration.ofSeconds(12), Duration.ofSeconds(4));
        }

        Config withTimeouts(Duration connect, Duration operation) {
            return new Config(
                    scheme,
                    endpoints,
                    namespace,
                    parameters,
                    user,
                    password,
                    trust,
                    certificates,
                    privateKey,
                    connect,
                    operation,
                    time,
                    executor);
        }

        @Override
        public Optional<char[]> password() {
            return password.map(char[]::clone);
        }
    }
}
