package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Isolated;

/** What a client has open. By itself, as the sockets of all tests of the process are counted. */
@Isolated
class SocketsTest extends OneServerTest {
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "no other system lists the sockets of a process in files")
    void aClientHasOneSocketForCallsAndOneForWatchesAndNoneWhenItIsClosed() throws Exception {
        long before = sockets();
        for (int i = 0; i < 20; i++) {
            Backend backend = open();
            all(backend, "d");
            assertThat(sockets() - before).isEqualTo(1);
            watch(backend, new Target("d", Optional.empty()), new Notices());
            assertThat(sockets() - before).isEqualTo(2);
            backend.close();
            assertThat(sockets() - before).isZero();
        }
    }

    private static long sockets() throws IOException {
        List<Path> open;
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            open = files.toList();
        }
        long sockets = 0;
        for (Path file : open) {
            try {
                sockets += Files.readSymbolicLink(file).toString().startsWith("socket:") ? 1 : 0;
            } catch (NoSuchFileException closedMeanwhile) {
                continue;
            }
        }
        return sockets;
    }
}
