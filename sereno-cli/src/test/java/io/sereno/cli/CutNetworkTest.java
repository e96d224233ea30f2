package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.tck.faults.ProxyFaults;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ServerNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sereno lock} whose network is cut: when the next client has the lock, the command and its children are dead. */
@Tag("servers")
@Timeout(300)
class CutNetworkTest {
    @TempDir
    Path folder;

    @Test
    @Tag("etcd")
    void nothingArrivesAnyMoreAtEtcd() throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            requireDeadBeforeTheNext("etcd", server, ProxyFaults::cutOff);
        }
    }

    @Test
    @Tag("etcd")
    void etcdRefusesConnections() throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            requireDeadBeforeTheNext("etcd", server, ProxyFaults::refuse);
        }
    }

    @Test
    @Tag("redis")
    void nothingArrivesAnyMoreAtRedis() throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.NONE)) {
            requireDeadBeforeTheNext("redis", server, ProxyFaults::cutOff);
        }
    }

    private void requireDeadBeforeTheNext(String scheme, ServerNode server, Consumer<ProxyFaults> cut)
            throws Exception {
        try (ProxyFaults network = new ProxyFaults(server.endpoints());
                Sereno next = Sereno.connect(uri(scheme, server.endpoint()))) {
            Path err = folder.resolve("err");
            Process holder = new ProcessBuilder(
                            Path.of("../sereno").toAbsolutePath().toString(),
                            "lock",
                            "a",
                            "--uri",
                            uri(scheme, network.endpoints().get(0)),
                            "--",
                            "sh",
                            "-c",
                            "trap '' TERM; sleep 600 & echo $$ $!; wait; wait")
                    .redirectError(err.toFile())
                    .start();
            try (BufferedReader said = holder.inputReader()) {
                List<String> commands = List.of(said.readLine().split(" ", -1));
                assertThat(commands).hasSize(2).allMatch(CutNetworkTest::isRunning);
                assertThat(next.mutex("a").tryAcquire()).isEmpty();
                cut.accept(network);
                try (Grant grant = next.mutex("a").acquire()) {
                    assertThat(grant.isHeld()).isTrue();
                    assertThat(commands).noneMatch(CutNetworkTest::isRunning);
                }
                assertThat(holder.waitFor()).as(Files.readString(err)).isEqualTo(Exit.LOST);
                assertThat(Files.readString(err)).contains("the command gets TERM", "the command is killed");
            } finally {
                holder.descendants().forEach(ProcessHandle::destroyForcibly);
                holder.destroyForcibly();
            }
        }
    }

    /** A process that has ended may be listed until its parent has asked how. */
    private static boolean isRunning(String pid) {
        try {
            String stat = Files.readString(Path.of("/proc", pid, "stat"));
            return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
        } catch (IOException gone) {
            return false;
        }
    }

    private static String uri(String scheme, InetSocketAddress at) {
        return scheme + "://" + at.getHostString() + ":" + at.getPort() + "/cut";
    }
}
