package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Isolated;

/** Counts the sockets of a client. Runs in a process of its own, since all sockets of the process are counted. */
@Isolated
class SocketsTest extends OneServerTest {
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "no other system lists the sockets of a process in files")
    void aClientHasOneSocketForCallsAndOneForWatchesAndNoneWhenItIsClosed() throws Exception {
        // Sockets that are not the client's; some may be about to close.
        Set<String> before = sockets(Set.of());
        for (int i = 0; i < 20; i++) {
            Backend backend = open();
            all(backend, "d");
            assertThat(sockets(before)).hasSize(1);
            watch(backend, new Target("d", Optional.empty()), new Notices());
            assertThat(sockets(before)).hasSize(2);
            backend.close();
            assertThat(sockets(before)).isEmpty();
        }
    }

    /** The open sockets of this process, as {@code socket:[4711]}, by their unique number. */
    private static Set<String> sockets(Set<String> without) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.map(SocketsTest::target)
                    .filter(target -> target.startsWith("socket:") && !without.contains(target))
                    .collect(Collectors.toSet());
        }
    }

    private static String target(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (NoSuchFileException closedMeanwhile) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
