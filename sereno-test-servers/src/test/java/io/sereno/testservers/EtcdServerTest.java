package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    void aLeaseOfOneSecondCanBeHad() throws IOException {
        String lease = new EtcdGateway(server.endpoint()).post("lease/grant", "{\"TTL\":1}");
        assertThat(EtcdGateway.number(lease, "TTL")).isEqualTo("1");
    }

    @Test
    void flagsOfTheCallerWin() throws IOException {
        try (EtcdServer slow = EtcdServer.start("--heartbeat-interval=1000", "--election-timeout=10000")) {
            String lease = new EtcdGateway(slow.endpoint()).post("lease/grant", "{\"TTL\":1}");
            assertThat(EtcdGateway.number(lease, "TTL")).isEqualTo("15");
        }
    }

    @Test
    void aPortThatIsTakenIsReplacedByAnother() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            FreePorts firstOneTaken = new FreePorts() {
                private boolean first = true;

                @Override
                int next() {
                    int port = first ? taken.getLocalPort() : super.next();
                    first = false;
                    return port;
                }
            };
            try (EtcdServer other = EtcdServer.start(firstOneTaken)) {
                EtcdData.put(other, "there");
                assertThat(EtcdData.get(other)).isEqualTo("there");
            }
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
