package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.spring.integration.SerenoLeaderInitiator;
import io.sereno.spring.integration.SerenoLockRegistry;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.integration.leader.event.OnGrantedEvent;
import org.springframework.integration.support.locks.LockRegistry;

/** The code of docs/guides/from-spring-integration.md. */
class SpringIntegrationTest {
    private static final CountDownLatch LEADS = new CountDownLatch(1);

    @Configuration
    static class Beans {
        @Bean
        Sereno sereno() {
            return Sereno.connect("memory:/spring-integration");
        }

        @Bean
        SerenoLockRegistry lockRegistry(Sereno sereno) {
            return new SerenoLockRegistry(sereno.withNamespace("aggregator"));
        }

        @Bean
        SerenoLeaderInitiator leaderInitiator(Sereno sereno) {
            return new SerenoLeaderInitiator(sereno);
        }

        @EventListener
        public void lead(OnGrantedEvent event) {
            LEADS.countDown();
        }
    }

    @Test
    void theContextHasARegistryAndALeader() throws Exception {
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Beans.class);
                Sereno other = Sereno.connect("memory:/spring-integration")) {
            Lock lock = context.getBean(LockRegistry.class).obtain(4711);
            lock.lock();
            try {
                assertThat(other.withNamespace("aggregator").mutex("4711").tryAcquire())
                        .isEmpty();
            } finally {
                lock.unlock();
            }
            assertThat(LEADS.await(1, TimeUnit.MINUTES)).isTrue();
            assertThat(context.getBean(SerenoLeaderInitiator.class).getContext().isLeader())
                    .isTrue();
        }
    }
}
