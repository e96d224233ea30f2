package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("etcd")
class EtcdServerTest extends TestServerTest<EtcdServer> {
    @Override
    EtcdServer start() {
        return EtcdServer.start();
    }

    @Override
    List<EtcdServer> nodes(EtcdServer server) {
        return List.of(server);
    }

    @Override
    String probe() {
        return EtcdData.PROBE;
    }

    @Override
    void write(EtcdServer server, String value) throws IOException {
        EtcdData.put(server, value);
    }

    @Override
    String read(EtcdServer server) throws IOException {
        return EtcdData.get(server);
    }

    @Test
    void compactingDropsTheHistory() throws IOException {
        EtcdData.put(server, "old");
        long old = EtcdData.revision(server);
        EtcdData.put(server, "new");

        assertThat(EtcdData.getAt(server, old)).isEqualTo("old");
        assertThat(server.compact()).isEqualTo(old + 1);
        assertThatThrownBy(() -> EtcdData.getAt(server, old))
                .hasMessageContaining("required revision has been compacted");
        assertThat(EtcdData.get(server)).isEqualTo("new");
        assertThat(server.compact()).isEqualTo(old + 1);
    }

    @Test
    void aLeaseOfOneSecondIsGranted() throws IOException {
        String lease = new EtcdGateway(server.endpoint()).post("lease/grant", "{\"TTL\":1}");
        assertThat(EtcdGateway.number(lease, "TTL")).isEqualTo("1");
    }

    @Test
    void flagsOfTheCallerOverrideTheDefaults() throws IOException {
        try (EtcdServer slow = EtcdServer.start("--heartbeat-interval=200", "--election-timeout=2000")) {
            String lease = new EtcdGateway(slow.endpoint()).post("lease/grant", "{\"TTL\":1}");
            assertThat(EtcdGateway.number(lease, "TTL")).isEqualTo("3");
        }
    }

    @Test
    void aPortThatAnotherServerTookIsReplacedAndTheOtherIsNotMistakenForOurs() throws IOException {
        FreePorts takenForClients = new FreePorts() {
            private int calls;

            @Override
            int next() {
                return ++calls == 2 ? server.port() : super.next(); // the first is for peers
            }
        };
        try (EtcdServer other = EtcdServer.start(takenForClients)) {
            assertThat(other.port()).isNotEqualTo(server.port());
            EtcdData.put(server, "in the one");
            EtcdData.put(other, "in the other");
            assertThat(EtcdData.get(server)).isEqualTo("in the one");
        }
    }

    @Test
    void aStartThatFailsShowsTheEndOfTheLog() {
        assertThatThrownBy(() -> EtcdServer.start("--no-such-flag"))
                .isInstanceOf(TestServerException.class)
                .hasMessageContaining("etcd (pid ")
                .hasMessageContaining("did not answer, it ended with status 2; its log ends with:")
                .hasMessageContaining("flag provided but not defined: -no-such-flag");
    }
}
