package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Membership.IfPresent;
import io.sereno.Sereno;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ServerNode;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands as scripts use them: processes, exit codes and signals, on real servers. */
@Tag("servers")
@Timeout(900)
class CommandsTest {
    @TempDir
    Path folder;

    @Test
    @Tag("etcd")
    void overEtcd() throws Exception {
        try (EtcdServer server = EtcdServer.start()) {
            requirePassed("etcd", server);
        }
    }

    @Test
    @Tag("redis")
    void overRedis() throws Exception {
        try (RedisServer server = RedisServer.start(Persistence.NONE)) {
            requirePassed("redis", server);
        }
    }

    private void requirePassed(String scheme, ServerNode server) throws Exception {
        InetSocketAddress at = server.endpoint();
        Path log = folder.resolve("log");
        ProcessBuilder script = new ProcessBuilder("bash", "src/test/sh/commands.sh")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        script.environment().put("SERENO", Path.of("../sereno").toAbsolutePath().toString());
        String uri = scheme + "://" + at.getHostString() + ":" + at.getPort() + "/cli";
        script.environment().put("SERENO_URI", uri);
        script.environment().put("SERVER", Long.toString(server.pid()));
        Process running = script.start();
        try (Sereno sereno = Sereno.connect(uri)) {
            sereno.membership("workers").join("m1", Duration.ofSeconds(10), Map.of("port", "80"), IfPresent.WAIT);
            boolean ended = running.waitFor(880, TimeUnit.SECONDS);
            String said = Files.readString(log);
            System.out.println(said);
            assertThat(ended).as(said).isTrue();
            assertThat(running.exitValue()).as(said).isZero();
        } finally {
            running.descendants().forEach(ProcessHandle::destroyForcibly);
            running.destroyForcibly();
        }
    }
}
