package io.sereno.testservers;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The common behaviour of every kind of server; one server, that each test leaves running. */
@Tag("servers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TestServerTest<S extends TestServer> {
    private static final int AT_ONCE = 300;
    private static final int SOON = 10_000;

    S server;

    abstract S start();

    /** The servers that it consists of. */
    abstract List<? extends ServerNode> nodes(S server);

    /** A request that a running server answers. */
    abstract String probe();

    abstract void write(S server, String value) throws Exception;

    abstract String read(S server) throws Exception;

    @BeforeAll
    void startServer() {
        server = start();
    }

    @AfterAll
    void closeServer() {
        server.close();
    }

    @Test
    void entriesOutliveKillAndRestart() throws Exception {
        write(server, "kept");
        List<InetSocketAddress> endpoints = server.endpoints();
        List<Long> pids = pids(server);

        server.kill();
        assertThat(nodes(server)).noneMatch(ServerNode::isRunning);
        assertThat(pids).noneMatch(TestServerTest::isAlive);
        assertThat(endpoints)
                .allSatisfy(
                        endpoint -> assertThatThrownBy(() -> connect(endpoint)).isInstanceOf(ConnectException.class));

        server.restart();
        assertThat(read(server)).isEqualTo("kept");
        assertThat(server.endpoints()).isEqualTo(endpoints);
        assertThat(pids(server)).doesNotContainAnyElementsOf(pids).allMatch(TestServerTest::isAlive);
    }

    @Test
    void itCanBeRestartedInOneCall() throws Exception {
        write(server, "kept too");
        List<Long> pids = pids(server);

        server.restart();
        assertThat(pids).noneMatch(TestServerTest::isAlive);
        assertThat(read(server)).isEqualTo("kept too");
    }

    @Test
    void writesAfterABackupAreLostWithEachRestore() throws Exception {
        write(server, "in the backup");
        List<Long> pids = pids(server);
        server.backup();
        assertThat(pids(server)).isEqualTo(pids);
        assertThat(nodes(server)).allMatch(ServerNode::isRunning);

        for (String later : List.of("lost", "lost too")) {
            write(server, later);
            server.restore();
            assertThat(read(server)).isEqualTo("in the backup");
        }
    }

    @Test
    void aPausedServerAnswersTheRequestsOfThePauseOnceItIsResumed() throws Exception {
        List<Socket> clients = new ArrayList<>();
        try {
            for (InetSocketAddress endpoint : server.endpoints()) {
                clients.add(connect(endpoint));
            }
            server.pause();
            assertThat(nodes(server)).noneMatch(ServerNode::isRunning);
            assertThat(pids(server)).allMatch(TestServerTest::isAlive);
            for (Socket client : clients) {
                client.getOutputStream().write(probe().getBytes(US_ASCII));
            }
            for (Socket client : clients) {
                client.setSoTimeout(AT_ONCE);
                assertThatThrownBy(client.getInputStream()::read).isInstanceOf(SocketTimeoutException.class);
            }

            server.resume();
            for (Socket client : clients) {
                client.setSoTimeout(SOON);
                assertThat(client.getInputStream().read()).isNotNegative();
            }
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
        nodes(server).forEach(ServerNode::awaitAnswer); // a group that was frozen may first elect again
    }

    @Test
    void aPausedServerCanBeKilledAndRestarted() throws Exception {
        write(server, "kept through a pause");
        List<Long> pids = pids(server);

        server.pause();
        server.kill();
        assertThat(pids).noneMatch(TestServerTest::isAlive);

        server.restart();
        assertThat(read(server)).isEqualTo("kept through a pause");
    }

    @Test
    void aServerThatIsGoneCanOnlyBeRestarted() {
        server.kill();
        server.kill();
        assertThatThrownBy(server::pause).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(server::resume)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is not running; restart() starts it");

        server.restart();
        assertThat(nodes(server)).allMatch(ServerNode::isRunning);
    }

    @Test
    void aClosedServerLeavesNeitherProcessNorFolder() {
        S other = start();
        List<Long> pids = pids(other);
        List<Path> folders = nodes(other).stream().map(ServerNode::folder).toList();
        assertThat(folders).allSatisfy(folder -> assertThat(folder).isDirectory());

        other.close();
        assertThat(pids).noneMatch(TestServerTest::isAlive);
        assertThat(folders).allSatisfy(folder -> assertThat(folder).doesNotExist());
        other.close();
        assertThatThrownBy(other::restart)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
    }

    private List<Long> pids(S of) {
        return nodes(of).stream().map(ServerNode::pid).toList();
    }

    static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    static Socket connect(InetSocketAddress endpoint) throws IOException {
        return new Socket(endpoint.getAddress(), endpoint.getPort());
    }
}
