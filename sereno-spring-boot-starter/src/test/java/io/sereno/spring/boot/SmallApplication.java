package io.sereno.spring.boot;

import io.sereno.Sereno;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
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
            long visits = context.getBean(Sereno.class).counter("visits").incrementAndGet();
            System.out.println("visit " + visits + " without " + absent);
        }
    }
}
