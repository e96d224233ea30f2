package io.sereno.backend.memory;

import com.google.auto.service.AutoService;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Opens {@code memory:} (a separate store for the client) and {@code memory:/name} (the store of that name in this
 * JVM).
 *
 * <p>A store with a name is created by the first client that opens it and ends, with all that it holds, when the last
 * one closes it. The clocks of its clients must show the same time. An unknown parameter, an endpoint, credentials or
 * certificates are rejected with an {@link IllegalArgumentException}, since they would have no effect.
 *
 * <p>Instances are safe for use by multiple threads; {@link #open} does not block.
 */
@AutoService(BackendProvider.class)
public final class MemoryBackendProvider implements BackendProvider {
    private static final ReentrantLock LOCK = new ReentrantLock();
    /** Guarded by the lock: opening and closing use a store and this map in one step. */
    private static final Map<String, MemoryStore> STORES = new HashMap<>();

    /** For ServiceLoader. */
    public MemoryBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("memory");
    }

    /** Empty: a store in memory is never chosen by default, or each process would get its own lock. */
    @Override
    public Optional<String> defaultUri() {
        return Optional.empty();
    }

    @Override
    public Backend open(BackendConfig config) {
        check(config);
        String name = config.namespace();
        if (name.isEmpty()) {
            return new MemoryStore(config.time()).connect(config.executor());
        }
        LOCK.lock();
        try {
            MemoryStore store = STORES.computeIfAbsent(name, n -> new MemoryStore(config.time()));
            return store.connect(config.time(), config.executor(), () -> closed(name));
        } finally {
            LOCK.unlock();
        }
    }

    private static void closed(String name) {
        LOCK.lock();
        try {
            STORES.computeIfPresent(name, (n, store) -> store.isUnused() ? null : store);
        } finally {
            LOCK.unlock();
        }
    }

    private static void check(BackendConfig config) {
        if (!config.parameters().isEmpty()) {
            throw refused("unknown parameters " + config.parameters().keySet());
        }
        if (!config.endpoints().isEmpty()) {
            throw refused("hosts " + config.endpoints());
        }
        if (config.user().isPresent() || config.password().isPresent()) {
            throw refused("a user or a password");
        }
        if (config.trust().isPresent()
                || config.certificates().isPresent()
                || config.privateKey().isPresent()) {
            throw refused("certificates or a key");
        }
    }

    private static IllegalArgumentException refused(String what) {
        return new IllegalArgumentException(
                "a store in memory accepts a name only (memory: or memory:/name), and was given " + what);
    }
}
