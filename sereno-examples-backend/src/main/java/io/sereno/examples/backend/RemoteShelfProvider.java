package io.sereno.examples.backend;

import com.google.auto.service.AutoService;
import io.sereno.blocking.BlockingCalls;
import io.sereno.blocking.BlockingClient;
import io.sereno.blocking.Fault;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Opens {@code remoteshelf://host:port/name}: the shelf of that name on a server. */
@AutoService(BackendProvider.class)
public final class RemoteShelfProvider implements BackendProvider {
    private static final Duration IDLE = Duration.ofSeconds(1);

    /** For ServiceLoader. */
    public RemoteShelfProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("remoteshelf");
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.empty();
    }

    @Override
    public Backend open(BackendConfig config) {
        if (!config.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown parameters " + config.parameters().keySet() + "; a remote shelf takes none");
        }
        if (config.endpoints().size() != 1) {
            throw new IllegalArgumentException(
                    "a remote shelf has one host, and was given " + config.endpoints() + "; host:port is accepted");
        }
        InetSocketAddress server = config.endpoints().get(0);
        BlockingCalls<ShelfLine> calls = BlockingCalls.builder("shelf", new Client(server, config.namespace()), config)
                .connections(2)
                .open(ShelfLine::requireOpen);
        return new RemoteShelfBackend(calls, config.time(), config.executor());
    }

    /** What the helper has to know about sockets. */
    record Client(InetSocketAddress server, String namespace) implements BlockingClient<ShelfLine> {
        @Override
        public ShelfLine open(Duration limit) throws IOException {
            return new ShelfLine(server, namespace, limit);
        }

        @Override
        public void close(ShelfLine line) throws IOException {
            line.close();
        }

        @Override
        public void abort(ShelfLine line) throws IOException {
            line.close();
        }

        @Override
        public boolean isUsable(ShelfLine line, Duration idle) throws IOException {
            return idle.compareTo(IDLE) < 0 || line.isOpen();
        }

        /** A broken socket does not tell what the server has read, so a write over it is of unknown outcome. */
        @Override
        public Fault fault(Throwable failure) {
            return failure instanceof ShelfLine.RefusedException
                    ? Fault.REFUSED_FOR_GOOD
                    : BlockingClient.super.fault(failure);
        }

        @Override
        public String where() {
            return "the shelves at " + server.getHostString() + ":" + server.getPort();
        }
    }
}
