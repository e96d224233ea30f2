package io.sereno.backend.redis;

import com.google.auto.service.AutoService;
import io.lettuce.core.resource.ClientResources;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Names;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens {@code redis://[user:password@]host:port[/namespace]}, and {@code rediss:} for TLS.
 *
 * <p>Parameters: {@code sentinel=NAME}, the hosts are Sentinels, and NAME is their name for the primary; {@code cluster=true}, the hosts are
 * nodes of a Cluster. Everything else is refused with an {@link IllegalArgumentException}, before any I/O.
 *
 * <p>Works with Lettuce 6.6 on Netty 4.1, and with Lettuce 6.8, 7.5 and 7.7 on Netty 4.2. Other pairs on the class path are refused in the
 * same way.
 *
 * <p>Instances are safe for use by multiple threads. {@link #open} blocks for the connect timeout at most.
 */
@AutoService(BackendProvider.class)
public final class RedisBackendProvider implements BackendProvider {
    private static final Logger LOG = System.getLogger(RedisBackendProvider.class.getName());

    /** The limit of one attempt to reconnect. */
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
        return open(config, null);
    }

    /**
     * Opens a backend.
     *
     * @param shared those of the application; null: the backend makes its own
     */
    static Backend open(BackendConfig config, @Nullable ClientResources shared) {
        // Check first: the next lines load classes of the client libraries.
        ClientVersions versions = ClientVersions.find(RedisBackendProvider.class.getClassLoader());
        versions.check();
        try {
            return connect(config, shared);
        } catch (LinkageError e) {
            throw versions.incompatible(e);
        }
    }

    private static Backend connect(BackendConfig config, @Nullable ClientResources shared) {
        Parameters parameters = Parameters.of(config);
        Address address = parameters.address(config);
        Callbacks callbacks = new Callbacks(config.executor());
        LettuceClient client = new LettuceClient(config, shared);
        try {
            WarmUp.once(client.client(), address, config);
            Script script = Script.of(config.namespace());
            Connector connector = Connector.forCalls(client, address, script, config.time());
            Connector channels = Connector.forNotices(client, address, script, config.time());
            FirstContact.Made first = new FirstContact(connector, address, config).await();
            first.setup().warn(address);
            if (address.login().isPresent() && !address.tls()) {
                LOG.log(
                        Level.WARNING,
                        "the password of user ''{0}'' goes to Redis over a connection that is not encrypted; rediss:"
                                + " encrypts it",
                        Names.printable(config.user().orElse("default")));
            }

            Duration patience = min(config.connectTimeout(), LONGEST_ATTEMPT);
            Supplier<CompletionStage<Connection>> again = () -> connector.connect(patience);
            Subscriber subscriber = new Subscriber(
                    () -> channels.connect(patience), script, config.time(), config.operationTimeout(), callbacks);
            subscriber.moved(first.connection());
            ServerClock clock = new ServerClock(address, first.connection().clockBehind());
            Consumer<Connection> onMove = made -> {
                clock.check(made.clockBehind());
                subscriber.moved(made);
            };
            Link link = new Link(first.connection(), again, config.time(), config.operationTimeout(), onMove);
            link.start();
            return new RedisBackend(
                    client, link, subscriber, callbacks, first.setup().guarantees());
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
