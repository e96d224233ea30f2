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

    /**
     * For images of PostgreSQL, with the database and the credentials that are set for the container: a superuser, who
     * may create the schema.
     */
    static final class Postgres extends StoreContainer {
        Postgres() {
            super("postgresql", 5432, "PostgresBackendProvider", "postgres", "postgis/postgis", "pgvector/pgvector");
        }

        @Override
        protected SerenoConnectionDetails getContainerConnectionDetails(
                ContainerConnectionSource<Container<?>> source) {
            return new PostgresDetails(source);
        }
    }

    private static final class PostgresDetails extends Details {
        PostgresDetails(ContainerConnectionSource<Container<?>> source) {
            super(source, "postgresql", 5432);
        }

        private String setting(String name, String usual) {
            return getContainer().getEnvMap().getOrDefault(name, usual);
        }

        @Override
        public String getUri() {
            return super.getUri() + "/" + setting("POSTGRES_DB", getUser());
        }

        @Override
        public String getUser() {
            return setting("POSTGRES_USER", "postgres");
        }

        @Override
        public String getPassword() {
            return setting("POSTGRES_PASSWORD", ""); // of an image that trusts everybody
        }
    }

    private static class Details extends ContainerConnectionDetails<Container<?>> implements SerenoConnectionDetails {
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
