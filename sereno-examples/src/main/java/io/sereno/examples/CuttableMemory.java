package io.sereno.examples;

import com.google.auto.service.AutoService;
import io.sereno.backend.memory.MemoryBackendProvider;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** {@code cuttable-memory:/name} is the store {@code memory:/name} over a wire that can be cut. To be a backend takes no more than this. */
@AutoService(BackendProvider.class)
public final class CuttableMemory implements BackendProvider {
    private static final AtomicReference<FaultyBackend> LATEST = new AtomicReference<>();

    private final BackendProvider memory = new MemoryBackendProvider();

    /** The wire of the client that connected last. */
    static FaultyBackend latestWire() {
        return Objects.requireNonNull(LATEST.get(), "nobody has connected to cuttable-memory:");
    }

    @Override
    public Set<String> schemes() {
        return Set.of("cuttable-memory");
    }

    @Override
    public Optional<String> defaultUri() {
        return memory.defaultUri();
    }

    @Override
    public Backend open(BackendConfig config) {
        FaultyBackend wire = new FaultyBackend(memory.open(config), config.time(), config.executor());
        LATEST.set(wire);
        return wire;
    }
}
