package example;

import io.sereno.Grant;
import io.sereno.Sereno;
import java.time.Duration;

/** Takes a lock at each given store, and prints that. */
public class Application {
    public static void main(String[] uris) throws Exception {
        for (String uri : uris) {
            try (Sereno sereno = Sereno.connect(uri);
                    Grant grant = sereno.mutex("start").tryAcquire(Duration.ofSeconds(30)).orElseThrow()) {
                System.out.println("held at " + uri + " with token " + grant.fencingToken());
            }
        }
    }
}
