package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
class RedisClusterTest extends TestServerTest<RedisCluster> {
    @Override
    RedisCluster start() {
        return RedisCluster.start(3, Persistence.APPEND_ALWAYS);
    }

    @Override
    List<RedisServer> nodes(RedisCluster cluster) {
        return cluster.members();
    }

    @Override
    String probe() {
        return "PING\r\n";
    }

    @Override
    void write(RedisCluster cluster, String value) throws IOException {
        for (int i = 0; i < 20; i++) {
            assertThat(cluster.master("key" + i).send("SET", "key" + i, value)).isEqualTo("OK");
        }
    }

    /** The one value that all keys have, which are spread over all masters. */
    @Override
    String read(RedisCluster cluster) throws IOException {
        Set<String> values = new HashSet<>();
        Set<RedisServer> masters = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            RedisServer master = cluster.master("key" + i);
            masters.add(master);
            values.add(master.send("GET", "key" + i));
        }
        assertThat(masters).hasSize(3);
        assertThat(values).hasSize(1);
        return values.iterator().next();
    }

    @Test
    void everySlotIsServedByTheMasterThatIsNamedForIt() throws IOException {
        for (int i = 0; i < 200; i++) {
            String key = "{" + i + "}";
            assertThat(server.master(key).send("GET", key)).isEmpty();
        }
    }

    @Test
    void withoutOneOfItsMastersTheClusterRefuses() throws IOException {
        write(server, "before");
        RedisServer killed = server.master("key0");
        RedisServer other =
                server.members().stream().filter(m -> m != killed).findFirst().orElseThrow();

        killed.kill();
        other.await("miss a master", () -> other.send("CLUSTER", "INFO").contains("cluster_state:fail"));
        assertThatThrownBy(() -> other.send("GET", "key0"))
                .isInstanceOf(RedisConnection.ErrorReply.class)
                .hasMessageContaining("CLUSTERDOWN");

        server.restart();
        assertThat(read(server)).isEqualTo("before");
    }
}
