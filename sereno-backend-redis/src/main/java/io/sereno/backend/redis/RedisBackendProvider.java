package io.sereno.backend.redis;

import com.google.auto.service.AutoService;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.BackendProvider;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Opens {@code redis://[user:password@]host:port[/namespace]}, and {@code rediss:} for TLS.
 *
 * <p>Parameters: {@code sentinel=NAME}, the hosts are Sentinels, and NAME is what they call the primary; {@code cluster=true}, the hosts are
 * nodes of a Cluster; {@code log-length=N}, how many changes the log of the namespace keeps for watches that were cut off, 100 to 1,000,000,
 * by default 10,000. Everything else is refused with an {@link IllegalArgumentException}, before any I/O.
 *
 * <p>Works with Lettuce 6.6 on Netty 4.1, and with Lettuce 6.8, 7.5 and 7.7 on Netty 4.2. Other pairs on the class path are refused in the
 * same way.
 *
 * <p>Instances are safe for use by multiple threads. {@link #open} blocks for the connect timeout at most.
 */
@AutoService(BackendProvider.class)
public final class RedisBackendProvider implements BackendProvider {
    /** For an attempt to connect again. */
    static final Duration LONGEST_ATTEMPT = Duration.ofSeconds(2);

    /** For ServiceLoader. */
    public RedisBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("redis", "rediss");
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.of("redis://127.0.0.1:6379");
    }

    @Override
    public Backend open(BackendConfig config) {
        // Before anything else: the next lines load classes of the client libraries.
        ClientVersions versions = ClientVersions.find(RedisBackendProvider.class.getClassLoader());
        versions.check();
        try {
            return connect(config);
        } catch (LinkageError e) {
            throw versions.misfit(e);
        }
    }

    private static Backend connect(BackendConfig config) {
        Parameters parameters = Parameters.of(config);
        Address address = parameters.address(config);
        Callbacks callbacks = new Callbacks(config.executor());
        LettuceClient client = new LettuceClient(config);
        try {
            Connector connector = new Connector(
                    client.client(), address, Script.of(config.namespace()), parameters.logLength(), config.time());
            First first = await(connect(connector, address, config.connectTimeout()), address, config.connectTimeout());
            first.setup.warn(address);

            Duration patience = min(config.connectTimeout(), LONGEST_ATTEMPT);
            Supplier<CompletionStage<Connection>> again = () -> connector.connect(patience);
            ChangeLog log = new ChangeLog(again, config.time(), config.operationTimeout(), callbacks);
            Link link = new Link(first.connection, again, config.time(), config.operationTimeout(), log::moved);
            link.start();
            return new RedisBackend(client, link, log, callbacks, first.setup.guarantees());
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }

    private record First(Connection connection, Setup setup) {}

    private static CompletionStage<First> connect(Connector connector, Address address, Duration timeout) {
        return connector
                .connect(timeout)
                .thenCompose(connection -> connection
                        .settings(Setup.SETTINGS)
                        // Whoever may not ask is promised nothing that depends on the answer.
                        .exceptionally(refused -> Map.of())
                        .thenApply(settings -> new First(
                                connection,
                                new Setup(connection.server(), settings, address.form(), connection.clockBehind()))));
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static <T> T await(CompletionStage<T> stage, Address address, Duration timeout) {
        try {
            return stage.toCompletableFuture().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Optional<LinkageError> misfit = Errors.misfit(e);
            if (misfit.isPresent()) {
                throw misfit.get();
            }
            throw Errors.of("connecting to Redis at " + address, false, e);
        } catch (TimeoutException e) {
            throw new BackendException(
                    Outcome.NOT_APPLIED, false, "no answer from Redis at " + address + " within " + timeout, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException(
                    Outcome.NOT_APPLIED, false, "interrupted while connecting to Redis at " + address, e);
        }
    }
}
