package example;

import io.sereno.Grant;
import io.sereno.Sereno;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** Uses ZooKeeper by its own client, and Sereno with a lock at each further store. */
public class Application {
    public static void main(String[] arguments) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper client = new ZooKeeper(arguments[0], 10_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        if (!connected.await(30, TimeUnit.SECONDS) || client.exists("/", false) == null) {
            throw new IllegalStateException("ZooKeeper's own client does not work");
        }
        for (String uri : java.util.Arrays.asList(arguments).subList(1, arguments.length)) {
            try (Sereno sereno = Sereno.connect(uri);
                    Grant grant = sereno.mutex("start").tryAcquire(Duration.ofSeconds(30)).orElseThrow()) {
                System.out.println("held at " + uri + " with token " + grant.fencingToken());
            }
        }
        client.close();
    }
}
