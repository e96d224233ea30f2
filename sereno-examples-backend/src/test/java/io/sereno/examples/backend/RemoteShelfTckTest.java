package io.sereno.examples.backend;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.Grade;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.ServerControl;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The kit on the remote shelf, with its fault proxy between client and server. */
class RemoteShelfTckTest extends SerenoTck {
    @Override
    protected BackendFixture fixture() {
        return new Fixture();
    }

    @Override
    protected Grade leastGrade() {
        return Grade.FULL;
    }

    @Override
    protected Path reportFolder() {
        return Path.of("target", "tck-remote");
    }

    private static final class Fixture implements BackendFixture {
        /** Not in the second JVM, which connects to the first one's. */
        private @Nullable ShelfServer started;

        private synchronized ShelfServer running() {
            if (started == null) {
                started = new ShelfServer();
            }
            return started;
        }

        @Override
        public Backend connect(BackendConfig config) {
            return new RemoteShelfProvider().open(config);
        }

        @Override
        public String scheme() {
            return "remoteshelf";
        }

        @Override
        public List<InetSocketAddress> endpoints() {
            return List.of(running().endpoint());
        }

        @Override
        public Optional<ServerControl> server() {
            return Optional.of(running());
        }

        @Override
        public OptionalLong stored(String namespace) {
            Shelf shelf = running().store(namespace).shelf();
            synchronized (shelf) {
                return OptionalLong.of(shelf.size());
            }
        }

        @Override
        public synchronized void close() {
            if (started != null) {
                started.close();
            }
        }
    }
}
