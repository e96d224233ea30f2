package io.sereno.spring.boot;

import java.util.List;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.containers.Container;

/** Makes {@link SerenoConnectionDetails} of a container with {@code @ServiceConnection}, if the store's backend is there. */
abstract class StoreContainer extends ContainerConnectionDetailsFactory<Container<?>, SerenoConnectionDetails> {
    private final String scheme;
    private final int port;

    private StoreContainer(String scheme, int port, String provider, String... names) {
        super(List.of(names), "io.sereno.backend." + scheme + "." + provider);
        this.scheme = scheme;
        this.port = port;
    }

    @Override
    protected SerenoConnectionDetails getContainerConnectionDetails(ContainerConnectionSource<Container<?>> source) {
        return new Details(source, scheme, port);
    }

    /** For images of etcd. */
    static final class Etcd extends StoreContainer {
        Etcd() {
            super("etcd", 2379, "EtcdBackendProvider", "etcd", "coreos/etcd", "etcd-development/etcd", "bitnami/etcd");
        }
    }

    /** For images of Redis and Valkey. */
    static final class Redis extends StoreContainer {
        Redis() {
            super("redis", 6379, "RedisBackendProvider", "redis", "bitnami/redis", "valkey/valkey");
        }
    }

    /** For images of ZooKeeper. */
    static final class ZooKeeper extends StoreContainer {
        ZooKeeper() {
            super("zookeeper", 2181, "ZooKeeperBackendProvider", "zookeeper", "bitnami/zookeeper");
        }
    }

    private static final class Details extends ContainerConnectionDetails<Container<?>>
            implements SerenoConnectionDetails {
        private final String scheme;
        private final int port;

        Details(ContainerConnectionSource<Container<?>> source, String scheme, int port) {
            super(source);
            this.scheme = scheme;
            this.port = port;
        }

        @Override
        public String getUri() {
            return scheme + "://" + getContainer().getHost() + ":"
                    + getContainer().getMappedPort(port);
        }
    }
}
