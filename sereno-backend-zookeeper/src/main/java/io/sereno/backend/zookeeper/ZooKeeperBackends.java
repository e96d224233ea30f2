package io.sereno.backend.zookeeper;

import static java.util.Objects.requireNonNull;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.ClientConfig;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * Backends for applications that have a {@link CuratorFramework}.
 *
 * <pre>{@code
 * Sereno sereno = Sereno.over(ZooKeeperBackends.open(curator, "billing"));
 * }</pre>
 */
public final class ZooKeeperBackends {
    private ZooKeeperBackends() {}

    /**
     * Opens a backend in the namespace of a {@link CuratorFramework}: {@link #open(CuratorFramework, String)} with an empty namespace.
     *
     * @param curator started; not closed by the backend
     * @return a new backend, which the caller closes after the clients that use it
     * @throws IllegalArgumentException as for {@link #open(CuratorFramework, String)}
     * @throws BackendException as for {@link #open(CuratorFramework, String)}
     */
    public static Backend open(CuratorFramework curator) {
        return open(curator, "");
    }

    /**
     * Opens a backend at the servers of a {@link CuratorFramework}, below its namespace. Blocks until the servers have answered, 5 s at most,
     * which is also the limit of each call.
     *
     * <p>The servers, a chroot and the namespace are taken from the {@code CuratorFramework}, once. Nothing else is shared: each lease is
     * a session of its own, and has to end when Sereno says so. So the retry policy, the session and the listeners of the
     * {@code CuratorFramework} have no effect on Sereno, and Sereno has none on them.
     *
     * <p>Curator shows no credentials. The sessions of the backend do not log in, and what they store is open to everybody who reaches
     * the servers. If your servers have users, or use TLS, connect by a URI instead.
     *
     * @param curator started; not closed by the backend
     * @param namespace within that of the {@code CuratorFramework}; both together have at most 64 bytes of UTF-8
     * @return a new backend, which the caller closes after the clients that use it
     * @throws IllegalArgumentException before any I/O, if the {@code CuratorFramework} is not started or is closed, if its client is
     *     configured for TLS, or if the namespace is too long or not well-formed
     * @throws BackendException {@code NOT_APPLIED}, if the servers do not answer in time or refuse; permanent if somebody has to change
     *     something, for example if the server is not ZooKeeper
     */
    public static Backend open(CuratorFramework curator, String namespace) {
        return new ZooKeeperBackendProvider().open(config(curator, namespace));
    }

    /** The same with the clock, the threads and the timeouts of a configuration. */
    static Backend open(CuratorFramework curator, BackendConfig timed) {
        return new ZooKeeperBackendProvider()
                .open(config(curator, timed.namespace()).timedAs(timed));
    }

    private static ClientConfig config(CuratorFramework curator, String namespace) {
        requireNonNull(namespace, "namespace");
        CuratorFrameworkState state = curator.getState();
        if (state != CuratorFrameworkState.STARTED) {
            throw new IllegalArgumentException("the CuratorFramework is "
                    + (state == CuratorFrameworkState.LATENT ? "not started" : "closed")
                    + "; one that is started, and open while the backend is opened, is accepted");
        }
        requireNoTls(curator);
        ConnectStringParser servers =
                new ConnectStringParser(curator.getZookeeperClient().getCurrentConnectionString());
        String chroot = Optional.ofNullable(servers.getChrootPath()).orElse("/").substring(1);
        String complete = Stream.of(chroot, curator.getNamespace(), namespace)
                .filter(part -> part != null && !part.isEmpty())
                .collect(Collectors.joining("/"));
        return ClientConfig.of("zookeeper", servers.getServerAddresses(), complete);
    }

    private static void requireNoTls(CuratorFramework curator) {
        ZooKeeper client;
        try {
            client = curator.getZookeeperClient().getZooKeeper();
        } catch (Exception e) {
            throw Failures.notNow("the CuratorFramework has no client of ZooKeeper: " + e);
        }
        if (client.getClientConfig().getBoolean(ZKClientConfig.SECURE_CLIENT)) {
            throw new IllegalArgumentException("the CuratorFramework uses TLS, and its certificates cannot be shared;"
                    + " connect by the URI zookeepers://host:port/namespace, with trust(...) and identity(...)");
        }
    }
}
