package example;

import io.sereno.Grant;
import io.sereno.Sereno;
import java.time.Duration;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Takes a lock at each given store when Spring has started it, and prints that. */
@SpringBootApplication
public class Application implements CommandLineRunner {
    public static void main(String[] uris) {
        SpringApplication.run(Application.class, uris);
    }

    @Override
    public void run(String... uris) throws Exception {
        for (String uri : uris) {
            try (Sereno sereno = Sereno.connect(uri);
                    Grant grant = sereno.mutex("start").tryAcquire(Duration.ofSeconds(30)).orElseThrow()) {
                System.out.println("held at " + uri + " with token " + grant.fencingToken());
            }
        }
    }
}
