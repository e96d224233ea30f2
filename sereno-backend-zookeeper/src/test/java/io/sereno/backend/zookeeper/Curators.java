package io.sereno.backend.zookeeper;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;

/** A {@code CuratorFramework} as an application makes it, from which a backend is opened. */
final class Curators {
    private Curators() {}

    static CuratorFramework start(String servers) {
        CuratorFramework curator = CuratorFrameworkFactory.builder()
                .connectString(servers)
                .retryPolicy(new RetryNTimes(0, 0))
                .ensembleTracker(false)
                .build();
        curator.start();
        return curator;
    }

    /** Its namespace, addresses, clock and threads are those of the configuration. Nothing is left open but the backend. */
    static Backend open(BackendConfig config) {
        Options.of(config);
        CuratorFramework curator = start(config.endpoints().stream()
                .map(server -> server.getHostString() + ":" + server.getPort())
                .collect(Collectors.joining(",")));
        try {
            return ZooKeeperBackends.open(curator, config);
        } finally {
            // Without a server it waits for seconds, which is no part of opening a backend.
            Thread closing = new Thread(curator::close, "tck-close-curator");
            closing.setDaemon(true);
            closing.start();
        }
    }
}
