package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

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
