package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("etcd")
class EtcdClusterTest extends TestServerTest<EtcdCluster> {
    @Override
    EtcdCluster start() {
        return EtcdCluster.start(3);
    }

    @Override
    List<EtcdServer> nodes(EtcdCluster cluster) {
        return cluster.members();
    }

    @Override
    String probe() {
        return EtcdData.PROBE;
    }

    @Override
    void write(EtcdCluster cluster, String value) throws IOException {
        EtcdData.put(cluster.leader(), value);
    }

    @Override
    String read(EtcdCluster cluster) throws IOException {
        return EtcdData.get(cluster.members().get(0));
    }

    @Test
    void theOthersElectALeaderWhenTheLeaderIsKilled() throws IOException {
        write(server, "replicated");
        EtcdServer killed = server.leader();

        killed.kill();
        EtcdServer next = server.leader();
        assertThat(next).isNotSameAs(killed);
        EtcdData.put(next, "written by two");

        killed.restart();
        assertThat(EtcdData.get(killed)).isEqualTo("written by two");
    }

    @Test
    void theOthersElectALeaderWhenTheLeaderIsPaused() throws IOException {
        EtcdServer paused = server.leader();

        paused.pause();
        EtcdServer next = server.leader();
        assertThat(next).isNotSameAs(paused);
        EtcdData.put(next, "written meanwhile");

        paused.resume();
        paused.awaitAnswer();
        assertThat(EtcdData.get(paused)).isEqualTo("written meanwhile");
    }

    @Test
    void compactingDropsTheHistoryOfAllMembers() throws IOException {
        EtcdData.put(server.leader(), "old");
        long old = EtcdData.revision(server.leader());
        EtcdData.put(server.leader(), "new");

        assertThat(server.compact()).isEqualTo(old + 1);
        for (EtcdServer member : server.members()) {
            assertThat(EtcdData.get(member)).isEqualTo("new");
            assertThatThrownBy(() -> EtcdData.getAt(member, old))
                    .hasMessageContaining("required revision has been compacted");
        }
    }

    @Test
    void withoutAnyMemberThereIsNoLeader() {
        server.kill();
        assertThatThrownBy(server::leader)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no member runs");
        server.restart();
    }

    @Test
    void anEmptyClusterIsRefused() {
        assertThatThrownBy(() -> EtcdCluster.start(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0 members were asked for; 1 or more are accepted");
    }
}
