package io.sereno.spring.boot;

import io.sereno.Sereno;
import io.sereno.spring.Locked;
import io.sereno.spring.Locks;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;

/** An application that needs nothing but the starter: it starts, visits once, and stops. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class SmallApplication {
    public static void main(String[] arguments) {
        String absent = System.getProperty("absent");
        if (ClassUtils.isPresent(absent, null)) {
            throw new IllegalStateException(absent + " is there");
        }
        try (ConfigurableApplicationContext context = SpringApplication.run(SmallApplication.class, arguments)) {
            System.out.println("visit " + context.getBean(Visits.class).visit() + " without " + absent);
        }
    }

    @Bean
    Visits visits(Sereno sereno) {
        return new Visits(sereno);
    }

    static class Visits {
        private final Sereno sereno;

        Visits(Sereno sereno) {
            this.sereno = sereno;
        }

        @Locked(key = "'visits'")
        public long visit() {
            Locks.assertHeld("visits");
            return sereno.counter("visits").incrementAndGet();
        }
    }
}
