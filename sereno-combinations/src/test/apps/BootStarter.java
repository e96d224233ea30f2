package example;

import io.sereno.Grant;
import io.sereno.Sereno;
import java.time.Duration;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.core.env.Environment;

/** Takes a lock with the client that the starter has connected, and prints that. */
@SpringBootApplication
public class Application implements CommandLineRunner {
    private final Sereno sereno;
    private final Environment environment;

    public Application(Sereno sereno, Environment environment) {
        this.sereno = sereno;
        this.environment = environment;
    }

    public static void main(String[] uri) {
        SpringApplication.run(Application.class, "--sereno.uri=" + uri[0]);
    }

    @Override
    public void run(String... arguments) throws Exception {
        try (Grant grant = sereno.mutex("start").tryAcquire(Duration.ofSeconds(30)).orElseThrow()) {
            System.out.println(
                    "held at " + environment.getProperty("sereno.uri") + " with token " + grant.fencingToken());
        }
    }
}
