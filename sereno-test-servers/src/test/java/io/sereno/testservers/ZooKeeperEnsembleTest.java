package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("zookeeper")
class ZooKeeperEnsembleTest extends TestServerTest<ZooKeeperEnsemble> {
    @Override
    ZooKeeperEnsemble start() {
        return ZooKeeperEnsemble.start(3);
    }

    @Override
    List<ZooKeeperServer> nodes(ZooKeeperEnsemble ensemble) {
        return ensemble.members();
    }

    @Override
    String probe() {
        return "srvr";
    }

    @Override
    void write(ZooKeeperEnsemble ensemble, String value) throws Exception {
        ZooKeeperData.write(ensemble.authority(), value);
    }

    @Override
    String read(ZooKeeperEnsemble ensemble) throws Exception {
        return ZooKeeperData.read(ensemble.authority());
    }

    /** Three members that vote at once can elect two leaders, one of whom finds no follower for a long time. */
    @Test
    void twoMembersElectALeaderBeforeTheThirdStarts() throws Exception {
        assertThat(server.leader()).isSameAs(server.members().get(1));
        assertThat(Files.readString(server.members().get(2).log())).contains("n.sid:2, n.state:LEADING");

        server.restart();
        assertThat(server.leader()).isSameAs(server.members().get(1));
    }

    @Test
    void theOthersElectALeaderWhenTheLeaderIsKilled() throws Exception {
        write(server, "replicated");
        ZooKeeperServer killed = server.leader();

        killed.kill();
        assertThat(server.leader()).isNotSameAs(killed);
        ZooKeeperData.write(server.leader().authority(), "written by two");

        killed.restart();
        assertThat(ZooKeeperData.read(killed.authority())).isEqualTo("written by two");
    }

    @Test
    void aSessionIsExpiredOnAllMembers() throws Exception {
        try (ZooKeeperData client = new ZooKeeperData(server.authority())) {
            server.expireSession(client.handle().getSessionId(), client.handle().getSessionPasswd());
            client.expired().get(20, TimeUnit.SECONDS);
        }
    }
}
