package io.sereno.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.spring.Fencing;
import io.sereno.spring.LeaderOnly;
import io.sereno.spring.Locked;
import io.sereno.spring.Locks;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/** The annotations beside those of Spring, in applications as Boot makes them. */
class AnnotationsTest {
    private static final long PATIENCE_SECONDS = 60;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableScheduling
    @EnableAsync
    static class Application {
        @Bean
        Nightly nightly() {
            return new Nightly();
        }

        @Bean
        Reports reports() {
            return new Reports();
        }
    }

    static class Nightly {
        private final AtomicInteger runs = new AtomicInteger();
        private volatile CountDownLatch expected = new CountDownLatch(0);

        @Scheduled(fixedDelay = 5)
        @LeaderOnly("nightly")
        public void run() {
            assertThat(Fencing.token()).isPositive();
            runs.incrementAndGet();
            expected.countDown();
        }

        public int runs() {
            return runs.get();
        }

        /** Waits until it has run some more times. */
        public boolean runsAgain() throws InterruptedException {
            CountDownLatch more = new CountDownLatch(20);
            expected = more;
            return more.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    interface Writing {
        CompletableFuture<Long> write(String customer);
    }

    static class Reports implements Writing {
        @Async
        @Override
        @Locked(key = "'report:' + #customer")
        public CompletableFuture<Long> write(String customer) {
            Locks.assertHeld("report:" + customer);
            return CompletableFuture.completedFuture(Fencing.token());
        }
    }

    private static ConfigurableApplicationContext start(String store) {
        return new SpringApplicationBuilder(Application.class)
                .run(
                        "--sereno.uri=" + store,
                        "--spring.main.web-application-type=none",
                        "--spring.main.banner-mode=off");
    }

    @Test
    void aScheduledMethodRunsInTheLeaderOnly() throws Exception {
        String store = "memory:/" + UUID.randomUUID();
        try (ConfigurableApplicationContext ada = start(store)) {
            assertThat(ada.getBean(Nightly.class).runsAgain()).isTrue();
            try (ConfigurableApplicationContext ben = start(store)) {
                assertThat(ada.getBean(Nightly.class).runsAgain()).isTrue();
                assertThat(ben.getBean(Nightly.class).runs()).isZero();
                ada.stop();
                assertThat(ben.getBean(Nightly.class).runsAgain()).isTrue();
            }
        }
    }

    @Test
    void anAsynchronousMethodIsLockedInItsOwnThread() throws Exception {
        try (ConfigurableApplicationContext ada = start("memory:")) {
            assertThat(ada.getBean(Reports.class).write("7").get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isPositive();
            assertThat(ada.getBean(Sereno.class).mutex("report:7").tryAcquire()).isPresent();
        }
    }
}
