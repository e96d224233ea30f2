package io.sereno.compatibility;

import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A store that a former build filled is read, changed and read again by the present one. */
@Timeout(180)
class KeptStoreTest {
    static List<Path> builds() {
        return Kept.builds();
    }

    @ParameterizedTest
    @MethodSource("builds")
    void aStoreInMemory(Path build) throws Exception {
        String uri = "memory:/kept";
        try (SpiForm spi = new SpiForm(uri)) {
            check(spi, build.resolve("spi.txt"), uri);
        }
    }

    @ParameterizedTest
    @MethodSource("builds")
    @Tag("servers")
    @Tag("etcd")
    void anEtcd(Path build) throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            checkSpi("etcd://" + server.authority(), build);
            try (EtcdForm keys = new EtcdForm(server.authority())) {
                check(keys, build.resolve("etcd.txt"), "etcd://" + server.authority() + "/tour");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("builds")
    @Tag("servers")
    @Tag("redis")
    void aRedis(Path build) throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.NONE)) {
            checkSpi("redis://" + server.authority(), build);
            try (RedisForm keys = new RedisForm(server.authority())) {
                check(keys, build.resolve("redis.txt"), "redis://" + server.authority() + "/tour");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("builds")
    @Tag("servers")
    @Tag("zookeeper")
    void aZooKeeper(Path build) throws Exception {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            checkSpi("zookeeper://" + server.authority(), build);
            try (ZooKeeperForm nodes = new ZooKeeperForm(server.authority())) {
                check(nodes, build.resolve("zookeeper.txt"), "zookeeper://" + server.authority() + "/tour");
            }
        }
    }

    /** What the SPI showed, in another namespace of the server. */
    private static void checkSpi(String server, Path build) throws Exception {
        try (SpiForm spi = new SpiForm(server + "/spi")) {
            check(spi, build.resolve("spi.txt"), server + "/spi");
        }
    }

    private static void check(StoreForm form, Path kept, String uri) throws Exception {
        form.load(KeptText.read(kept));
        try (NextBuild next = new NextBuild(uri)) {
            next.readChangeAndReadAgain(form::endLeases);
        }
    }
}
