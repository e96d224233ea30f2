package io.sereno.examples.boot;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.scheduling.annotation.EnableScheduling;

/** Start several of them on one store: {@code --sereno.uri=etcd://127.0.0.1:2379/example --server.port=0}. */
@SpringBootApplication
@EnableScheduling
public class ExampleApplication {
    /** Starts the application. */
    public static void main(String[] arguments) {
        SpringApplication.run(ExampleApplication.class, arguments);
    }
}
