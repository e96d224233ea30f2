package io.sereno.shedlock;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.testservers.ApplicationProcess;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import net.javacrumbs.shedlock.core.SimpleLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The process that runs the task is killed in the middle of it. */
@Tag("servers")
class KilledProcessTest {
    @Test
    @Tag("etcd")
    void lockAtLeastForOutlivesTheProcessOnEtcd() throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            outlives("etcd://" + server.authority() + "/killed");
        }
    }

    @Test
    @Tag("redis")
    void lockAtLeastForOutlivesTheProcessOnRedis() throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS)) {
            outlives("redis://" + server.authority() + "/killed");
        }
    }

    @Test
    @Tag("zookeeper")
    void lockAtLeastForOutlivesTheProcessOnZooKeeper() throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            outlives("zookeeper://" + server.authority() + "/killed");
        }
    }

    @Test
    @Tag("postgresql")
    void lockAtLeastForOutlivesTheProcessOnPostgreSql() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            outlives("postgresql://" + PostgresServer.USER + ":any@" + server.authority() + "/"
                    + PostgresServer.DATABASE + "?namespace=killed");
        }
    }

    private static void outlives(String uri) throws Exception {
        try (SerenoLockProvider other =
                SerenoLockProvider.connect(Sereno.builder().uri(uri))) {
            long before = System.nanoTime();
            long locked;
            try (ApplicationProcess worker = ApplicationProcess.start(Worker.class, List.of(), List.of(), uri)) {
                worker.await("locked");
                locked = System.nanoTime();
            } // killed
            Mutex mutex = other.sereno().withNamespace("shedlock").mutex("cleanup");
            mutex.acquire().close(); // waits for the end of the session
            Optional<SimpleLock> next = Optional.empty();
            while (next.isEmpty()) {
                assertThat(since(locked)).isLessThan(Worker.AT_LEAST.plusSeconds(60));
                next = other.lock(Worker.task(Duration.ZERO));
            }
            assertThat(since(before)).isGreaterThanOrEqualTo(Worker.AT_LEAST);
            next.get().unlock();
        }
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }
}
