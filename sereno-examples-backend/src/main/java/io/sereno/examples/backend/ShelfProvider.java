package io.sereno.examples.backend;

import com.google.auto.service.AutoService;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Opens {@code shelf:/name}: the shelf of that name in this process. Shelves live as long as the process. */
@AutoService(BackendProvider.class)
public final class ShelfProvider implements BackendProvider {
    private static final Map<String, Shelf> SHELVES = new ConcurrentHashMap<>();

    /** For ServiceLoader. */
    public ShelfProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("shelf");
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.empty();
    }

    @Override
    public Backend open(BackendConfig config) {
        if (!config.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown parameters " + config.parameters().keySet() + "; a shelf takes none");
        }
        if (!config.endpoints().isEmpty()) {
            throw new IllegalArgumentException("a shelf has no hosts, and was given " + config.endpoints());
        }
        Shelf shelf = SHELVES.computeIfAbsent(config.namespace(), name -> new Shelf());
        return new ShelfBackend(shelf, config.time(), config.executor());
    }
}
