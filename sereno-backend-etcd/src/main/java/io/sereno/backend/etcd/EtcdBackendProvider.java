package io.sereno.backend.etcd;

import com.google.auto.service.AutoService;
import io.grpc.netty.NettyChannelBuilder;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Names;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Opens {@code etcd://host:port[,host:port...]/namespace}, and {@code etcds:} for TLS. Several hosts are the members of one
 * cluster. The client talks to one of them, and fails over to the next when that one fails.
 *
 * <p>There are no parameters. A user and a password are those of an etcd user. With {@code etcds:} the servers'
 * certificates are checked against the trusted ones, by default the JVM's. The client presents its own certificates if it
 * has any.
 *
 * <p>Instances are safe for use by multiple threads; {@link #open} blocks until etcd has answered.
 */
@AutoService(BackendProvider.class)
public final class EtcdBackendProvider implements BackendProvider {
    static final String TLS = "etcds";

    private static final Logger LOG = System.getLogger(EtcdBackendProvider.class.getName());

    /** For ServiceLoader. */
    public EtcdBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("etcd", TLS);
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.of("etcd://127.0.0.1:2379");
    }

    @Override
    public Backend open(BackendConfig config) {
        return open(config, channel -> {});
    }

    /** Opens with these settings for each connection, after those of the configuration. */
    static Backend open(BackendConfig config, Consumer<NettyChannelBuilder> settings) {
        check(config);
        Connection connection = new Connection(config, settings);
        try {
            Backend opened = new FirstContact(config, connection).open();
            if (config.user().isPresent() && !config.scheme().equals(TLS)) {
                LOG.log(
                        Level.WARNING,
                        "the password of user ''{0}'' goes to etcd over a connection that is not encrypted; etcds: encrypts it",
                        Names.printable(config.user().get()));
            }
            return opened;
        } catch (RuntimeException | Error e) {
            connection.close();
            throw e;
        }
    }

    static void checkParameters(BackendConfig config) {
        if (!config.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown parameters " + config.parameters().keySet()
                            + "; etcd takes none of its own: etcd://host:port[,host:port...]/namespace");
        }
    }

    private static void check(BackendConfig config) {
        checkParameters(config);
        if (config.endpoints().isEmpty()) {
            throw new IllegalArgumentException("no host; etcd://host:port[,host:port...]/namespace is accepted");
        }
        boolean certificates = config.trust().isPresent()
                || config.certificates().isPresent()
                || config.privateKey().isPresent();
        if (certificates && !config.scheme().equals(TLS)) {
            throw new IllegalArgumentException(
                    "certificates were given, and etcd: is a connection without TLS; write etcds:");
        }
        if (config.password().isPresent() && config.user().isEmpty()) {
            throw new IllegalArgumentException("a password was given and no user; etcd needs both");
        }
    }
}
