package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.context.ImportTestcontainers;
import org.springframework.boot.testcontainers.lifecycle.TestcontainersLifecycleApplicationContextInitializer;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Containers with {@code @ServiceConnection}, which start the real servers as processes: no container runs. */
@Tag("servers")
class ServiceConnectionTest {
    private static ApplicationContextRunner with(Class<?> container) {
        return Contexts.withStarter()
                .withConfiguration(AutoConfigurations.of(ServiceConnectionAutoConfiguration.class))
                .withInitializer(new TestcontainersLifecycleApplicationContextInitializer())
                .withPropertyValues("sereno.uri=nowhere://host", "sereno.namespace=billing")
                .withUserConfiguration(container);
    }

    private static void connects(Class<?> configuration, String scheme) {
        with(configuration).run(context -> {
            ProcessContainer container = context.getBean(ProcessContainer.class);
            Sereno sereno = context.getBean(Sereno.class);
            assertThat(sereno.toString())
                    .contains(scheme + "://" + container.server().authority() + "/billing");
            assertThat(sereno.counter("visits").incrementAndGet()).isEqualTo(1);
        });
    }

    @Test
    @Tag("etcd")
    void aContainerOfEtcd() {
        connects(Etcd.class, "etcd");
    }

    @Configuration(proxyBeanMethods = false)
    @ImportTestcontainers
    static class Etcd {
        @ServiceConnection
        static final ProcessContainer CONTAINER =
                new ProcessContainer("quay.io/coreos/etcd:v3.5.33", 2379, EtcdServer::start);
    }

    @Test
    @Tag("redis")
    void aContainerOfRedis() {
        connects(Redis.class, "redis");
    }

    @Configuration(proxyBeanMethods = false)
    @ImportTestcontainers
    static class Redis {
        @ServiceConnection
        static final ProcessContainer CONTAINER =
                new ProcessContainer("redis:7", 6379, () -> RedisServer.start(Persistence.APPEND_ALWAYS));
    }

    @Test
    @Tag("zookeeper")
    void aContainerOfZooKeeper() {
        connects(ZooKeeper.class, "zookeeper");
    }

    @Configuration(proxyBeanMethods = false)
    @ImportTestcontainers
    static class ZooKeeper {
        @ServiceConnection
        static final ProcessContainer CONTAINER = new ProcessContainer("zookeeper:3.9", 2181, ZooKeeperServer::start);
    }

    @Test
    @Tag("postgresql")
    void aContainerOfPostgreSql() {
        with(Postgres.class).run(context -> {
            String authority = context.getBean(ProcessContainer.class).server().authority();
            Sereno sereno = context.getBean(Sereno.class);
            assertThat(sereno.toString()).contains("postgresql://" + authority + "/", "billing");
            assertThat(sereno.counter("visits").incrementAndGet()).isEqualTo(1);
            SerenoConnectionDetails details = context.getBean(SerenoConnectionDetails.class);
            assertThat(details.getUri()).isEqualTo("postgresql://" + authority + "/postgres");
            assertThat(details.getUser()).isEqualTo("postgres");
            assertThat(details.getPassword()).isEqualTo("hush");
            try (Sereno same = Sereno.builder()
                    .uri(details.getUri())
                    .namespace("billing")
                    .credentials("postgres", "any".toCharArray())
                    .connect()) {
                assertThat(same.counter("visits").get()).isEqualTo(1);
            }
        });
    }

    @Configuration(proxyBeanMethods = false)
    @ImportTestcontainers
    static class Postgres {
        @ServiceConnection
        static final ProcessContainer CONTAINER =
                new ProcessContainer("postgres:17", 5432, PostgresServer::start).withEnv("POSTGRES_PASSWORD", "hush");
    }

    @Test
    @Tag("redis")
    void aBeanOfAContainerSaysWhatItIs() {
        connects(Named.class, "redis");
    }

    @Configuration(proxyBeanMethods = false)
    static class Named {
        @Bean
        @ServiceConnection(name = "redis")
        ProcessContainer container() {
            return new ProcessContainer(
                    "registry.internal/cache:1", 6379, () -> RedisServer.start(Persistence.APPEND_ALWAYS));
        }
    }
}
