package io.sereno.backend.zookeeper;

import com.google.auto.service.AutoService;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Names;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.Set;

/**
 * Opens {@code zookeeper://host:port[,host:port]/namespace}, and {@code zookeepers:} for TLS: the servers of one ensemble, and
 * a node under which everything is stored.
 *
 * <p>A user and a password log in by ZooKeeper's scheme {@code digest}. Parameters: {@code sasl} (a section of the JVM's JAAS
 * configuration to log in by), {@code acl} ({@code creator} or {@code open}) and {@code slack} (a duration); see
 * docs/zookeeper.md.
 *
 * <p>Instances are safe for use by multiple threads; {@link #open} blocks for the connect timeout at most.
 */
@AutoService(BackendProvider.class)
public final class ZooKeeperBackendProvider implements BackendProvider {
    static final String TLS = "zookeepers";

    private static final Logger LOG = System.getLogger(ZooKeeperBackendProvider.class.getName());

    /** For ServiceLoader. */
    public ZooKeeperBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("zookeeper", TLS);
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.of("zookeeper://127.0.0.1:2181");
    }

    @Override
    public Backend open(BackendConfig config) {
        if (config.endpoints().isEmpty()) {
            throw new IllegalArgumentException("no servers were given; zookeeper://host:port[,host:port] is accepted");
        }
        Options options = Options.of(config);
        ZooKeeperBackend opened = new ZooKeeperBackend(config, options);
        if (config.user().isPresent() && !options.tls()) {
            LOG.log(
                    Level.WARNING,
                    "the password of user ''{0}'' goes to ZooKeeper over a connection that is not encrypted; zookeepers:"
                            + " encrypts it",
                    Names.printable(config.user().get()));
        }
        return opened;
    }
}
