package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("zookeeper")
class ZooKeeperServerTest extends TestServerTest<ZooKeeperServer> {
    @Override
    ZooKeeperServer start() {
        return ZooKeeperServer.start();
    }

    @Override
    List<ZooKeeperServer> nodes(ZooKeeperServer server) {
        return List.of(server);
    }

    @Override
    String probe() {
        return "srvr";
    }

    @Override
    void write(ZooKeeperServer server, String value) throws Exception {
        ZooKeeperData.write(server.authority(), value);
    }

    @Override
    String read(ZooKeeperServer server) throws Exception {
        return ZooKeeperData.read(server.authority());
    }

    @Test
    void anExpiredSessionLosesItsNodesAndItsClientIsNotified() throws Exception {
        try (ZooKeeperData client = new ZooKeeperData(server.authority());
                ZooKeeperData other = new ZooKeeperData(server.authority())) {
            client.create("/bound", CreateMode.EPHEMERAL);
            assertThat(other.handle().exists("/bound", false)).isNotNull();

            server.expireSession(client.handle().getSessionId(), client.handle().getSessionPasswd());
            assertThat(other.handle().exists("/bound", false)).isNull();
            client.expired().get(20, TimeUnit.SECONDS);
            assertThat(other.expired()).isNotDone();
        }
    }

    @Test
    void aSessionThatIsNotThereCannotBeExpired() throws Exception {
        try (ZooKeeperData client = new ZooKeeperData(server.authority());
                ZooKeeperData other = new ZooKeeperData(server.authority())) {
            client.create("/still-bound", CreateMode.EPHEMERAL);
            long id = client.handle().getSessionId();
            assertThatThrownBy(() -> server.expireSession(id, new byte[16]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no live session 0x" + Long.toHexString(id));
            assertThatThrownBy(() -> server.expireSession(17, new byte[16]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no live session 0x11");
            assertThat(other.handle().exists("/still-bound", false)).isNotNull();
        }
    }

    @Test
    void settingsOfTheCallerOverrideTheDefaults() throws Exception {
        try (ZooKeeperServer strict = ZooKeeperServer.start("maxSessionTimeout=5000", "-Djute.maxbuffer=20000");
                ZooKeeperData client = new ZooKeeperData(strict.authority())) {
            assertThat(client.handle().getSessionTimeout()).isEqualTo(5_000);
            assertThatThrownBy(() -> ZooKeeperData.write(strict.authority(), "x".repeat(30_000)))
                    .hasMessageContaining("ConnectionLoss");
        }
    }

    @Test
    void aStartThatFailsShowsTheEndOfTheLog() {
        assertThatThrownBy(() -> ZooKeeperServer.start("tickTime=soon"))
                .isInstanceOf(TestServerException.class)
                .hasMessageContaining("zookeeper (pid ")
                .hasMessageContaining("For input string: \"soon\"");
    }
}
