package io.sereno.spring.boot.guide;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.SerenoObserver;
import io.sereno.spring.boot.SerenoAutoConfiguration;
import io.sereno.spring.boot.SerenoBuilderCustomizer;
import io.sereno.spring.boot.SerenoConnectionDetails;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** The code of docs/guides/spring-boot.md. */
class SpringBootGuideTest {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(SerenoAutoConfiguration.class, ServiceConnectionAutoConfiguration.class));

    @Test
    void aBeanUsesTheClient() {
        application
                .withUserConfiguration(MonthEnd.class, Observed.class)
                .withPropertyValues("sereno.uri=memory:")
                .run(context -> assertThat(context.getBean(MonthEnd.class).close(token -> token))
                        .isPositive());
    }

    @Test
    void aContainerThatIsNotStartedHasConnectionDetails() {
        application
                .withUserConfiguration(Containers.class)
                .withBean(Sereno.class, () -> Sereno.connect("memory:"))
                .run(context -> assertThat(context).hasSingleBean(SerenoConnectionDetails.class));
    }

    @Configuration(proxyBeanMethods = false)
    static class Observed {
        @Bean
        LossLog losses() {
            return new LossLog();
        }

        @Bean
        SerenoBuilderCustomizer reportsLosses(LossLog losses) {
            return builder -> builder.observer(losses);
        }
    }

    static final class LossLog implements SerenoObserver {}

    @Configuration(proxyBeanMethods = false)
    static class Containers {
        @Bean
        @ServiceConnection(name = "etcd")
        GenericContainer<?> store() {
            return etcdContainer();
        }

        private static GenericContainer<?> etcdContainer() {
            return new GenericContainer<>(DockerImageName.parse("quay.io/coreos/etcd:v3.5.33"));
        }
    }
}
