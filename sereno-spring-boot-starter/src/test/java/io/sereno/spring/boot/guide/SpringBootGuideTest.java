package io.sereno.spring.boot.guide;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.SerenoObserver;
import io.sereno.spring.boot.SerenoAutoConfiguration;
import io.sereno.spring.boot.SerenoBuilderCustomizer;
import io.sereno.spring.boot.SerenoConnectionDetails;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
    void aLockedMethodWritesUnderAToken() {
        Written written = new Written();
        application
                .withBean(Archive.class, () -> written)
                .withUserConfiguration(Reports.class)
                .withPropertyValues("sereno.uri=memory:")
                .run(context -> {
                    Reports reports = context.getBean(Reports.class);
                    reports.write(new Customer(7));
                    assertThat(written.tokenOfLeader.get(60, TimeUnit.SECONDS)).isPositive();
                    reports.nightly();
                });
        assertThat(written.customers).containsExactly(new Customer(7));
        assertThat(written.closes).hasValue(1);
    }

    private static final class Written implements Archive {
        final List<Customer> customers = new CopyOnWriteArrayList<>();
        final CompletableFuture<Long> tokenOfLeader = new CompletableFuture<>();
        final AtomicInteger closes = new AtomicInteger();

        @Override
        public void write(Customer customer, long token) {
            customers.add(customer);
        }

        @Override
        public void close(long token) {
            closes.incrementAndGet();
        }

        @Override
        public void writeNext(long token) {
            tokenOfLeader.complete(token);
        }
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
